export function Budgets(_props: { rest: string | undefined }) {
  return null;
}
