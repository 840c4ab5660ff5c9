/** Hashes, canonical JSON and trees as RFC 8785 and RFC 6962 say, by nothing of the gateway's. */
import { createHash } from "node:crypto";

/** A tree's whole subtrees, largest first. */
export type Tree = readonly { size: number; root: Buffer }[];

export const sha256 = (...parts: (Uint8Array | string)[]): Buffer => {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return hash.digest();
};
export const leafOf = (entry: Uint8Array | string): Buffer => sha256(Buffer.of(0), entry);
export const nodeOf = (left: Buffer, right: Buffer): Buffer => sha256(Buffer.of(1), left, right);

/** RFC 8785, as far as an archive's values go: keys sorted, nothing between them. */
export function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([key, one]) => `${JSON.stringify(key)}:${canonical(one)}`).join(",")}}`;
}

/** A tree as its whole subtrees, largest first (RFC 6962): one more leaf. */
export function grown(tree: Tree, leaf: Buffer): Tree {
  const parts = [...tree, { size: 1, root: leaf }];
  for (;;) {
    const [left, right] = parts.slice(-2);
    if (left === undefined || right === undefined || left.size !== right.size) return parts;
    parts.splice(-2, 2, { size: left.size * 2, root: nodeOf(left.root, right.root) });
  }
}
export const rootOfTree = (tree: Tree): Buffer =>
  tree.length === 0
    ? sha256("")
    : tree.map(({ root }) => root).reduceRight((right, left) => nodeOf(left, right));
/** The root over entries' leaves. */
export const rootOf = (leaves: readonly Buffer[]): Buffer =>
  rootOfTree(leaves.reduce<Tree>(grown, []));
