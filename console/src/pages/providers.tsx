export function Providers(_props: { rest: string | undefined }) {
  return null;
}
