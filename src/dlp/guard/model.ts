/**
 * The trained part of the guard: a logistic model over hashed features with seven steps a weight
 * (finer ones score no better, and would be half as much again of the Worker's bundle).
 * Its answer is a logit; the largest over a view's windows counts.
 */
import { eachBlock, featureBits } from "./features.ts";
import { blockChars } from "./limits.ts";
import type { View } from "./normalise.ts";
import { packSteps, unpackSteps } from "./packing.ts";

/** A model as scored: `logit = scale * sum(weights of distinct slots) / sqrt(slots + slotsOffset) + bias`. */
export interface GuardModel {
  readonly weights: Int8Array;
  readonly scale: number;
  readonly bias: number;
}

/** A weight is a whole number of steps from `-weightMax` to `weightMax`. */
export const weightMax = 3;

const stepsCount = 2 * weightMax + 1;

/** A model as shipped (`weights.ts`), its weights packed (`packing.ts`). */
export interface PackedModel {
  readonly featureBits: number;
  readonly scale: number;
  readonly bias: number;
  readonly weights: string;
}

/** Unpacks shipped weights. Throws when they were made for other features than this code's. */
export function unpackModel(packed: PackedModel): GuardModel {
  const steps = new Uint8Array(1 << featureBits);
  if (packed.featureBits !== featureBits || !unpackSteps(packed.weights, stepsCount, steps)) {
    throw new Error(
      `Guard weights are for 2^${packed.featureBits} features, this code has 2^${featureBits}: run scripts/train-guard.ts.`,
    );
  }
  const weights = Int8Array.from(steps, (step) => step - weightMax);
  return { weights, scale: packed.scale, bias: packed.bias };
}

/** Weights in the form that `unpackModel` reads. */
export const packWeights = (weights: Int8Array): string =>
  packSteps(
    Uint8Array.from(weights, (weight) => weight + weightMax),
    stepsCount,
  );

/** The more windows, the more chances for a harmless one to look bad: logits off per e-fold of them. */
const windowPenalty = 0.3;

/** Added to a window's slots under the root, so that a handful of them cannot say much. */
export const slotsOffset = 50;

/**
 * Most short texts that people send are harmless, far more than among labelled data: a window of
 * fewer slots than this (about ninety characters) has up to `shortPenalty` logits taken off.
 */
const shortSlots = 400;
const shortPenalty = 1;

/** Which slots occur in the block at hand and in the one before, a bit each. Never read across calls. */
let here = new Int32Array((1 << featureBits) / 32);
let other = new Int32Array(here.length);

/** Largest logit over the windows of a view, less the penalty; `-Infinity` for an empty view. */
export function modelLogit({ weights, scale, bias }: GuardModel, view: View): number {
  let best = Number.NEGATIVE_INFINITY;
  let windows = 0;
  const look = (sum: number, count: number): void => {
    if (count === 0) return;
    windows++;
    const short = count < shortSlots ? shortPenalty * (1 - count / shortSlots) : 0;
    const logit = (scale * sum) / Math.sqrt(count + slotsOffset) + bias - short;
    if (logit > best) best = logit;
  };
  const isWindow = view.folded.length <= blockChars;
  let blocks = 0;
  let sumBefore = 0;
  let countBefore = 0;
  eachBlock(view, (slots, length) => {
    const before = here;
    const now = other;
    here = now;
    other = before;
    now.fill(0);
    // What occurs in this block, and what of that does not occur in the one before: a window's slots
    // are those of its first block and what is new in its second.
    let sum = 0;
    let count = 0;
    let newSum = 0;
    let newCount = 0;
    // Without branches: which slots repeat cannot be guessed.
    for (let at = 0; at < length; at++) {
      const slot = slots[at]!;
      const word = slot >>> 5;
      const bits = now[word]!;
      const isFirst = (~bits >>> slot) & 1;
      const isNew = isFirst & (~before[word]! >>> slot);
      const weight = weights[slot]!;
      now[word] = bits | (1 << slot);
      sum += weight & -isFirst;
      count += isFirst;
      newSum += weight & -isNew;
      newCount += isNew;
    }
    if (isWindow) look(sum, count);
    else if (blocks > 0) look(sumBefore + newSum, countBefore + newCount);
    blocks++;
    sumBefore = sum;
    countBefore = count;
  });
  return windows > 1 ? best - windowPenalty * Math.log(windows) : best;
}
