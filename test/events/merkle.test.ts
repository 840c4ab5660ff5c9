/** Merkle trees against the vectors that the Certificate Transparency project publishes. */
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { EMPTY_FRONTIER, grow } from "#events/manifest.ts";
import {
  consistencyFrom,
  consistencyProof,
  inclusionProof,
  InclusionProofs,
  includes,
  isConsistent,
  leafHash,
  merkleRoot,
  merkleRootOf,
  PathInPassing,
} from "#events/merkle.ts";

const inputs = [
  "",
  "00",
  "10",
  "2021",
  "3031",
  "40414243",
  "5051525354555657",
  "606162636465666768696a6b6c6d6e6f",
];

const roots = [
  "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
  "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
  "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
  "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
  "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
  "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
  "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
  "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
  "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
];

const leaves = inputs.map((hex) => leafHash(Buffer.from(hex, "hex")));

test.each(roots.map((root, size) => [size, root] as const))(
  "the published tree of %i leaves has the published root",
  (size, root) => {
    expect(merkleRoot(leaves.slice(0, size))).toBe(root);
  },
);

test("the published audit path of the first of eight leaves is the one made here", () => {
  expect(inclusionProof(leaves, 0)).toEqual([
    "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
    "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
    "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
  ]);
});

/** A tree of any size with distinct leaves. */
const treeOf = (size: number) => Array.from({ length: size }, (_, n) => leafHash(`leaf ${n}`));

test("every leaf of every tree up to 40 is proven, and no other leaf or place is", () => {
  for (let size = 1; size <= 40; size += 1) {
    const tree = treeOf(size);
    const root = merkleRoot(tree);
    for (let index = 0; index < size; index += 1) {
      const leaf = tree[index] as string;
      const proof = inclusionProof(tree, index);
      expect(includes({ leaf, index, size, root }, proof)).toBe(true);
      expect(new InclusionProofs(tree).path(index)).toEqual(proof);
      const passing = new PathInPassing();
      for (const [at, hash] of tree.entries()) passing.add(hash, at === index);
      expect(passing.end()).toEqual({ index, path: proof });
      expect(includes({ leaf: leafHash("other"), index, size, root }, proof)).toBe(false);
      expect(includes({ leaf, index: (index + 1) % size, size, root }, proof)).toBe(size === 1);
    }
  }
});

test("leaves as bytes have the root that they have as text, for every size up to 70", () => {
  for (let size = 0; size <= 70; size += 1) {
    const tree = treeOf(size);
    const bytes = new Uint8Array(Buffer.from(tree.join(""), "hex"));
    expect(merkleRootOf(bytes)).toBe(merkleRoot(tree));
  }
});

test("every growth between trees up to 40 is proven", () => {
  for (let later = 1; later <= 40; later += 1) {
    const tree = treeOf(later);
    for (let earlier = 1; earlier <= later; earlier += 1) {
      const growth = {
        earlierSize: earlier,
        earlierRoot: merkleRoot(tree.slice(0, earlier)),
        laterSize: later,
        laterRoot: merkleRoot(tree),
      };
      expect(isConsistent(growth, consistencyProof(tree, earlier))).toBe(true);
    }
  }
});

describe("a proof is worthless when", () => {
  const options = { seed: 9162, numRuns: 300 };
  const sizes = fc.integer({ min: 2, max: 70 });

  test("any hash of an inclusion proof is changed, missing or extra", () => {
    fc.assert(
      fc.property(sizes, fc.nat(), fc.nat(), (size, n, at) => {
        const tree = treeOf(size);
        const index = n % size;
        const about = { leaf: tree[index] as string, index, size, root: merkleRoot(tree) };
        const proof = inclusionProof(tree, index);
        const place = at % proof.length;
        expect(includes(about, proof.with(place, leafHash("x")))).toBe(false);
        expect(includes(about, proof.toSpliced(place, 1))).toBe(false);
        expect(includes(about, [...proof, leafHash("x")])).toBe(false);
      }),
      options,
    );
  });

  test("the earlier tree was rewritten before it grew", () => {
    fc.assert(
      fc.property(sizes, fc.nat(), fc.nat(), (later, n, m) => {
        const earlier = 1 + (n % (later - 1));
        const tree = treeOf(later);
        const rewritten = tree.with(m % earlier, leafHash("rewritten"));
        const growth = {
          earlierSize: earlier,
          earlierRoot: merkleRoot(tree.slice(0, earlier)),
          laterSize: later,
          laterRoot: merkleRoot(rewritten),
        };
        expect(isConsistent(growth, consistencyProof(rewritten, earlier))).toBe(false);
        expect(isConsistent(growth, consistencyProof(tree, earlier))).toBe(false);
      }),
      options,
    );
  });

  test("it is not made of hashes or its numbers make no sense", () => {
    const tree = treeOf(5);
    const about = { leaf: tree[1] as string, index: 1, size: 5, root: merkleRoot(tree) };
    const proof = inclusionProof(tree, 1);
    expect(includes(about, proof.with(0, "zz"))).toBe(false);
    for (const index of [-1, 5, 1.5, Number.NaN]) {
      expect(includes({ ...about, index }, proof)).toBe(false);
      expect(() => inclusionProof(tree, index)).toThrow(RangeError);
    }
    for (const earlier of [0, 6, 2.5]) {
      expect(() => consistencyProof(tree, earlier)).toThrow(RangeError);
    }
    const same = { earlierSize: 5, earlierRoot: about.root, laterSize: 5, laterRoot: about.root };
    expect(isConsistent(same, [leafHash("x")])).toBe(false);
    expect(isConsistent({ ...same, earlierSize: 0 }, [])).toBe(false);
    expect(isConsistent({ ...same, earlierSize: 6 }, [])).toBe(false);
  });
});

test("a tree's right edge and what came after give the same proof as all of its leaves", () => {
  const leaves = Array.from({ length: 40 }, (_, n) => leafHash(`leaf ${n}`));
  for (let earlier = 1; earlier <= leaves.length; earlier += 1) {
    const { roots } = leaves.slice(0, earlier).reduce(grow, EMPTY_FRONTIER);
    for (let later = earlier; later <= leaves.length; later += 1) {
      const whole = consistencyProof(leaves.slice(0, later), earlier);
      expect(consistencyFrom(roots, earlier, leaves.slice(earlier, later))).toEqual(whole);
    }
  }
  expect(() => consistencyFrom([], 0, leaves)).toThrow(RangeError);
});
