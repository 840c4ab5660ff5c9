/**
 * Features of the model: hashed character 3- to 5-grams, words, word pairs, and neighbouring word
 * classes. A feature is a slot in one table of weights; whether it occurs in a window counts, not how
 * often.
 */
import type { Folded } from "./fold.ts";
import { blockChars } from "./limits.ts";
import type { View } from "./normalise.ts";
import type { Tokens } from "./tokens.ts";

/** log2 of the number of weights. */
export const featureBits = 16;
const shift = 32 - featureBits;
const multiplier = 0x01000193;
const golden = 0x9e3779b1;

/** At most: three n-grams, two shapes, and a word with its class at every second unit. */
const slotsPerUnitMax = 10;

/** Scratch space for the slots of a block, never read across calls. */
const blockSlots = new Uint16Array(blockChars * slotsPerUnitMax + 64);

/**
 * Calls `visit` with the slots of each block of a view, repeats included. The array is reused: valid up
 * to `count`, until `visit` returns. Linear: each unit is hashed once.
 */
export function eachBlock(view: View, visit: (slots: Uint16Array, count: number) => void): void {
  const { folded, tokens } = view;
  let token = 0;
  for (let from = 0; from < folded.length; from += blockChars) {
    const to = Math.min(folded.length, from + blockChars);
    const firstToken = token;
    while (token < tokens.count && tokens.ends[token]! <= to) token++;
    const chars = charSlots(folded.codes, Math.max(0, from - 4), to, blockSlots);
    const shapes = shapeSlots(folded, from, to, blockSlots, chars);
    visit(blockSlots, wordSlots(tokens, firstToken, token, blockSlots, shapes));
  }
}

function charSlots(codes: Uint16Array, from: number, to: number, slots: Uint16Array): number {
  let count = 0;
  let a = 0;
  let b = 0;
  let c = 0;
  let d = 0;
  for (let at = from; at < to; at++) {
    const e = codes[at]! + 1;
    if (at - from >= 4) {
      const three = (Math.imul(Math.imul(c, multiplier) + d, multiplier) + e) | 0;
      const four = (three + Math.imul(b, 0x2c1b3c6d)) | 0;
      const five = (four + Math.imul(a, 0x297a2d39)) | 0;
      slots[count++] = Math.imul(three, golden) >>> shift;
      slots[count++] = Math.imul(four ^ 0x51ed270b, golden) >>> shift;
      slots[count++] = Math.imul(five ^ 0x2545f491, golden) >>> shift;
    }
    a = b;
    b = c;
    c = d;
    d = e;
  }
  return count;
}

/**
 * Runs of shapes: small letters, capitals, digits and each sign for itself. Adversarial suffixes show
 * in how signs meet words (`](text`, `PARduino.INST]`), not in which words they use.
 */
function shapeSlots(
  folded: Folded,
  from: number,
  to: number,
  slots: Uint16Array,
  start: number,
): number {
  const { codes, capitals } = folded;
  let count = start;
  let a = 0;
  let b = 0;
  let c = 0;
  let d = 0;
  for (let at = from; at < to; at++) {
    const code = codes[at]!;
    let shape = code;
    if (code >= 0x61 && code <= 0x7a) shape = capitals[at] === 1 ? 1 : 2;
    else if (code >= 0x30 && code <= 0x39) shape = 3;
    else if (code > 0x7f) shape = 4;
    if (shape === d) continue;
    a = b;
    b = c;
    c = d;
    d = shape;
    if (shape === 0x20) continue;
    const three = (b << 16) | (c << 8) | d;
    slots[count++] = Math.imul(three + 0x165667b1, golden) >>> shift;
    slots[count++] = Math.imul((three ^ Math.imul(a, 0x2c1b3c6d)) + 0x27d4eb2f, golden) >>> shift;
  }
  return count;
}

function wordSlots(
  { hashes, classes }: Tokens,
  from: number,
  to: number,
  slots: Uint16Array,
  start: number,
): number {
  let count = start;
  let last = from > 0 ? hashes[from - 1]! : 0;
  let lastClass = 0x7c;
  let classBefore = 0x7c;
  for (let at = from; at < to; at++) {
    const hash = hashes[at]!;
    slots[count++] = Math.imul(hash ^ 0x6c8e9cf5, golden) >>> shift;
    slots[count++] = Math.imul((Math.imul(last, multiplier) ^ hash) + 0x1b873593, golden) >>> shift;
    last = hash;
    const letter = classes[at]!;
    if (letter === 0x2e) continue;
    const pair = (lastClass << 8) | letter;
    slots[count++] = Math.imul(pair + 0x3c6ef372, golden) >>> shift;
    slots[count++] = Math.imul(((classBefore << 16) | pair) + 0x0daa66d2, golden) >>> shift;
    classBefore = lastClass;
    lastClass = letter;
  }
  return count;
}
