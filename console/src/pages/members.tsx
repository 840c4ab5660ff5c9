export function Members(_props: { rest: string | undefined }) {
  return null;
}
