export function Audit(_props: { rest: string | undefined }) {
  return null;
}
