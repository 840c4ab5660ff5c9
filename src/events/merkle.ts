/**
 * Merkle trees over a log as RFC 6962 defines them (section 2.1): one root for many events, a short
 * proof that one of them is in it, and a short proof that a later tree only added to an earlier one.
 *
 * Hashes are 64 hex digits. A leaf is hashed with the prefix 0x00 and a node with 0x01, so neither
 * can pass for the other. The verifiers are total: a malformed proof is a wrong one.
 */
import { createHash } from "node:crypto";
import { readHash, sha256Hex, sha256Into, writeHash } from "./sha256.ts";

/** A SHA-256, hex. */
export type Hash = string;

/** The hash of a leaf's bytes (text is taken as UTF-8). */
export function leafHash(leaf: string | Uint8Array): Hash {
  return createHash("sha256").update(LEAF).update(leaf).digest("hex");
}

const LEAF = Uint8Array.of(0);

/** A node's bytes, written anew for each: a tree has as many nodes as leaves. */
const node = new Uint8Array(65);
node[0] = 1;

function nodeHash(left: Hash, right: Hash): Hash {
  writeHash(left, node, 1);
  writeHash(right, node, 33);
  return sha256Hex(node);
}

/** SHA-256 of nothing: written out, because a hash taken here would be taken at every start. */
const EMPTY_ROOT = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/** The largest power of two below `size`; `size` is at least 2. */
function split(size: number): number {
  let k = 1;
  while (k * 2 < size) k *= 2;
  return k;
}

/** The root of a tree over leaf hashes, in order; that of no leaves is the hash of nothing. */
export function merkleRoot(leaves: readonly Hash[]): Hash {
  return rootOf(leaves, 0, leaves.length);
}

function rootOf(leaves: readonly Hash[], from: number, to: number): Hash {
  const size = to - from;
  if (size === 0) return EMPTY_ROOT;
  if (size === 1) return leaves[from] as Hash;
  const middle = from + split(size);
  return nodeHash(rootOf(leaves, from, middle), rootOf(leaves, middle, to));
}

/** The same over leaf hashes as bytes, 32 each, one after the other; uses the bytes up. */
export function merkleRootOf(hashes: Uint8Array): Hash {
  let size = hashes.length / 32;
  if (size === 0) return EMPTY_ROOT;
  // Level by level in place: two become one, and the last of an odd number stands a level higher.
  for (; size > 1; size = (size + 1) >>> 1) {
    for (let left = 0; left + 1 < size; left += 2) {
      for (let byte = 0; byte < 64; byte += 1) node[byte + 1] = hashes[left * 32 + byte] ?? 0;
      sha256Into(node, hashes, left * 16);
    }
    if (size % 2 === 1) hashes.copyWithin(((size - 1) / 2) * 32, (size - 1) * 32, size * 32);
  }
  return readHash(hashes, 0);
}

/** A tree that takes its leaves one by one and keeps only the roots of its whole subtrees. */
export class MerkleTree {
  readonly #roots: Hash[] = [];
  size = 0;

  add(leaf: Hash): void {
    let right = leaf;
    // Each one at the end of the size's binary digits is a subtree that this leaf makes whole.
    for (let n = this.size; n % 2 === 1; n = (n - 1) / 2) {
      right = nodeHash(this.#roots.pop() ?? "", right);
    }
    this.#roots.push(right);
    this.size += 1;
  }

  /** The root of the leaves so far. */
  root(): Hash {
    if (this.size === 0) return EMPTY_ROOT;
    return this.#roots.reduceRight((right, left) => nodeHash(left, right));
  }
}

/**
 * The audit path of leaf `index`, nearest sibling first (RFC 6962, section 2.1.1). Throws a
 * RangeError when there is no such leaf.
 */
export function inclusionProof(leaves: readonly Hash[], index: number): Hash[] {
  if (!Number.isInteger(index) || index < 0 || index >= leaves.length) {
    throw new RangeError(`no leaf ${index} in a tree of ${leaves.length}`);
  }
  const path: Hash[] = [];
  let from = 0;
  let to = leaves.length;
  while (to - from > 1) {
    const middle = from + split(to - from);
    if (index < middle) {
      path.push(rootOf(leaves, middle, to));
      to = middle;
    } else {
      path.push(rootOf(leaves, from, middle));
      from = middle;
    }
  }
  return path.reverse();
}

/** What an inclusion proof is about. */
export interface Inclusion {
  leaf: Hash;
  index: number;
  size: number;
  root: Hash;
}

/** Whether a proof shows that `leaf` is number `index` in a tree (RFC 9162, section 2.1.3.2). */
export function includes({ leaf, index, size, root }: Inclusion, proof: readonly Hash[]): boolean {
  if (!isPosition(index) || !isPosition(size) || index >= size || !proof.every(isHash))
    return false;
  let node = index;
  let last = size - 1;
  let hash = leaf;
  for (const sibling of proof) {
    if (last === 0) return false;
    if (node % 2 === 1 || node === last) {
      hash = nodeHash(sibling, hash);
      // A right edge without a sibling on its level is carried up to where it has one.
      while (node % 2 === 0 && node !== 0) {
        node = Math.floor(node / 2);
        last = Math.floor(last / 2);
      }
    } else {
      hash = nodeHash(hash, sibling);
    }
    node = Math.floor(node / 2);
    last = Math.floor(last / 2);
  }
  return last === 0 && hash === root;
}

/**
 * The proof that the tree over all leaves begins with the tree over the first `earlier` of them
 * (RFC 6962, section 2.1.2). Throws a RangeError unless `earlier` is from 1 to their number.
 */
export function consistencyProof(leaves: readonly Hash[], earlier: number): Hash[] {
  if (!Number.isInteger(earlier) || earlier < 1 || earlier > leaves.length) {
    throw new RangeError(`no tree of ${earlier} within one of ${leaves.length}`);
  }
  return consistencyPath(earlier, leaves.length, (from, to) => rootOf(leaves, from, to));
}

function consistencyPath(
  earlier: number,
  later: number,
  rootAt: (from: number, to: number) => Hash,
): Hash[] {
  const path: Hash[] = [];
  let from = 0;
  let to = later;
  let known = true;
  while (earlier < to) {
    const middle = from + split(to - from);
    if (earlier <= middle) {
      path.push(rootAt(middle, to));
      to = middle;
    } else {
      path.push(rootAt(from, middle));
      from = middle;
      known = false;
    }
  }
  // The verifier has the earlier root itself, unless a part of it was left out on the way.
  if (!known) path.push(rootAt(from, to));
  return path.reverse();
}

/**
 * The same proof for whoever has no leaves of the earlier tree: of that the roots of its whole
 * subtrees, largest first, are enough.
 */
export function consistencyFrom(
  roots: readonly Hash[],
  earlier: number,
  added: readonly Hash[],
): Hash[] {
  const later = earlier + added.length;
  if (earlier < 1) throw new RangeError("no proof from an empty tree");
  // Where each whole subtree of the earlier tree begins, by where it ends.
  const whole = new Map<string, Hash>();
  let from = 0;
  for (const root of roots) {
    const size = 2 ** Math.floor(Math.log2(earlier - from));
    whole.set(`${from} ${from + size}`, root);
    from += size;
  }
  const rootAt = (begin: number, end: number): Hash => {
    const known = whole.get(`${begin} ${end}`);
    if (known !== undefined) return known;
    if (begin >= earlier) return rootOf(added, begin - earlier, end - earlier);
    const middle = begin + split(end - begin);
    return nodeHash(rootAt(begin, middle), rootAt(middle, end));
  };
  return consistencyPath(earlier, later, rootAt);
}

/** Two trees of one log. */
export interface Growth {
  earlierSize: number;
  earlierRoot: Hash;
  laterSize: number;
  laterRoot: Hash;
}

/** Whether a proof shows that the later tree only added leaves (RFC 9162, section 2.1.4.2). */
export function isConsistent(growth: Growth, proof: readonly Hash[]): boolean {
  const { earlierSize, earlierRoot, laterSize, laterRoot } = growth;
  if (!isPosition(earlierSize) || !isPosition(laterSize) || !proof.every(isHash)) return false;
  if (earlierSize === 0 || earlierSize > laterSize) return false;
  if (earlierSize === laterSize) return proof.length === 0 && earlierRoot === laterRoot;
  let node = earlierSize - 1;
  let last = laterSize - 1;
  while (node % 2 === 1) {
    node = Math.floor(node / 2);
    last = Math.floor(last / 2);
  }
  // A tree of a power of two is a node of the later one, so its root starts the path.
  const path = node === 0 ? [earlierRoot, ...proof] : [...proof];
  const first = path.shift();
  if (first === undefined) return false;
  let earlier = first;
  let later = first;
  for (const sibling of path) {
    if (last === 0) return false;
    if (node % 2 === 1 || node === last) {
      earlier = nodeHash(sibling, earlier);
      later = nodeHash(sibling, later);
      while (node % 2 === 0 && node !== 0) {
        node = Math.floor(node / 2);
        last = Math.floor(last / 2);
      }
    } else {
      later = nodeHash(later, sibling);
    }
    node = Math.floor(node / 2);
    last = Math.floor(last / 2);
  }
  return last === 0 && earlier === earlierRoot && later === laterRoot;
}

function isPosition(n: number): boolean {
  return Number.isSafeInteger(n) && n >= 0;
}

function isHash(hash: Hash): boolean {
  return /^[0-9a-f]{64}$/.test(hash);
}

/** The audit path of one leaf of a tree that is read once and is too large to keep. */
export class PathInPassing {
  readonly #roots: { hash: Hash; size: number; isAbove: boolean }[] = [];
  readonly #path: Hash[] = [];
  #size = 0;
  #index: number | undefined;

  /** Takes the next leaf; `isIt` for the one whose path is wanted. */
  add(hash: Hash, isIt: boolean): void {
    if (isIt) this.#index = this.#size;
    this.#size += 1;
    this.#roots.push({ hash, size: 1, isAbove: isIt });
    while (this.#roots.at(-1)?.size === this.#roots.at(-2)?.size) this.#join();
  }

  /** Its number and its path, nearest sibling first; undefined when it was not among the leaves. */
  end(): { index: number; path: Hash[] } | undefined {
    while (this.#roots.length > 1) this.#join();
    return this.#index === undefined ? undefined : { index: this.#index, path: this.#path };
  }

  #join(): void {
    const [left, right] = this.#roots.splice(-2);
    if (left === undefined || right === undefined) return;
    if (left.isAbove) this.#path.push(right.hash);
    if (right.isAbove) this.#path.push(left.hash);
    this.#roots.push({
      hash: nodeHash(left.hash, right.hash),
      size: left.size + right.size,
      isAbove: left.isAbove || right.isAbove,
    });
  }
}

/** Audit paths of many leaves of one tree: every node is hashed once, for all of them. */
export class InclusionProofs {
  readonly #levels: Hash[][];

  constructor(leaves: readonly Hash[]) {
    this.#levels = [[...leaves]];
    for (let level = leaves; level.length > 1;) {
      const above: Hash[] = [];
      for (let at = 0; at < level.length; at += 2) {
        const [left = "", right] = [level[at], level[at + 1]];
        // The last of an odd number has no sibling: it stands a level higher as it is.
        above.push(right === undefined ? left : nodeHash(left, right));
      }
      this.#levels.push(above);
      level = above;
    }
  }

  /** The path of leaf `index`, nearest sibling first: the same as `inclusionProof`. */
  path(index: number): Hash[] {
    const path: Hash[] = [];
    let at = index;
    for (const level of this.#levels) {
      const sibling = level[at % 2 === 0 ? at + 1 : at - 1];
      if (sibling !== undefined) path.push(sibling);
      at >>>= 1;
    }
    return path;
  }
}
