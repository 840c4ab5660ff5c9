/** Syntax trees of bundles, as the parser that vite brings makes them, and edits of their texts. */

export interface Node {
  type: string;
  start: number;
  end: number;
  [key: string]: unknown;
}

export const isNode = (value: unknown): value is Node =>
  typeof value === "object" && value !== null && typeof (value as Node).type === "string";

/** A text with parts of it replaced, none of which overlap. */
export function applied(
  code: string,
  edits: readonly { at: number; end: number; text: string }[],
): string {
  const parts: string[] = [];
  let from = 0;
  for (const { at, end, text } of [...edits].sort((a, b) => a.at - b.at || a.end - b.end)) {
    parts.push(code.slice(from, at), text);
    from = end;
  }
  return [...parts, code.slice(from)].join("");
}
