export function Policy(_props: { rest: string | undefined }) {
  return null;
}
