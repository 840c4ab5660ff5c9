export function Requests(_props: { rest: string | undefined }) {
  return null;
}
