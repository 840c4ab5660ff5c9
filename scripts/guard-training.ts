/**
 * The workshop behind `train-guard.ts`: clusters near-duplicates, fits the hashed model, and scores by
 * cross-validation. Deterministic: a seeded generator and a fixed order.
 */
import { eachBlock, featureBits } from "../src/dlp/guard/features.ts";
import { blockChars } from "../src/dlp/guard/limits.ts";
import { foldedText } from "../src/dlp/guard/fold.ts";
import { type GuardModel, slotsOffset, weightMax } from "../src/dlp/guard/model.ts";
import { views } from "../src/dlp/guard/normalise.ts";
import { attackOdds } from "../src/dlp/guard/score.ts";
import { random } from "./guard-grammar.ts";
import type { Row } from "./guard-rows.ts";

const shingleWords = 6;
const nearDuplicate = 0.35;

/**
 * A cluster number per row: rows whose 6-word shingles overlap by a Jaccard of .35 or more are one
 * cluster. Shingles are taken from the last view, so that an obfuscated text meets its plain twin.
 */
export function clusters(rows: readonly Row[]): number[] {
  const parent = rows.map((_, at) => at);
  const find = (at: number): number => {
    let root = at;
    while (parent[root] !== root) root = parent[root]!;
    parent[at] = root;
    return root;
  };
  const sets = rows.map(({ text }) => shingles(text));
  const holders = new Map<string, number[]>();
  for (const [at, set] of sets.entries()) {
    const shared = new Map<number, number>();
    for (const shingle of set) {
      const before = holders.get(shingle) ?? [];
      for (const other of before) shared.set(other, (shared.get(other) ?? 0) + 1);
      before.push(at);
      holders.set(shingle, before);
    }
    for (const [other, both] of shared) {
      const union = set.size + sets[other]!.size - both;
      if (both / union >= nearDuplicate) parent[find(at)] = find(other);
    }
  }
  return rows.map((_, at) => find(at));
}

function shingles(text: string): Set<string> {
  const view = views(text).at(-1)!;
  const words = foldedText(view.folded)
    .split(/[^a-z0-9\u0080-\uffff]+/)
    .filter((word) => word.length > 0);
  if (words.length < shingleWords) return new Set([words.join(" ")]);
  const set = new Set<string>();
  for (let at = 0; at + shingleWords <= words.length; at++)
    set.add(words.slice(at, at + shingleWords).join(" "));
  return set;
}

/** Settings of the fit; chosen on a coarse grid over which the figures hardly move. */
export const settings = { epochs: 10, rate: 1, decay: 4e-4, windowsMax: 8, seed: 20_261_121 };

interface Example {
  readonly slots: Uint32Array;
  readonly attack: boolean;
  readonly weight: number;
}

const cache = new Map<Row, Uint32Array[]>();

/** Windows a row trains with: of its most undone view when it is an attack, of the plain text else. */
function windowsOf(row: Row): Uint32Array[] {
  const known = cache.get(row);
  if (known !== undefined) return known;
  const windows: Uint32Array[] = [];
  const view = row.attack ? views(row.text).at(-1)! : views(row.text)[0]!;
  let before: Uint16Array | undefined;
  let blocks = 0;
  eachBlock(view, (slots, count) => {
    const here = slots.slice(0, count);
    const isWindow = before !== undefined || view.folded.length <= blockChars;
    if (isWindow && windows.length < settings.windowsMax) {
      // The order in which slots are summed is part of what comes out: that of even blocks first.
      const both = blocks % 2 === 0 ? [here, before ?? []] : [before ?? [], here];
      const distinct = Uint32Array.from(new Set(both.flatMap((part) => [...part])));
      if (distinct.length > 0) windows.push(distinct);
    }
    before = here;
    blocks++;
  });
  cache.set(row, windows);
  return windows;
}

/** Fits a logistic model by AdaGrad and rounds it to one byte a weight. */
export function fit(rows: readonly Row[]): GuardModel {
  const examples: Example[] = [];
  for (const row of rows) {
    if (row.hard) continue;
    const windows = windowsOf(row);
    // A long attack counts once; a long harmless text counts more, since every window of it must pass.
    const share = row.attack ? 1 / windows.length : 1 / Math.sqrt(windows.length);
    for (const slots of windows)
      examples.push({ slots, attack: row.attack, weight: row.weight * share });
  }
  const weights = new Float64Array(1 << featureBits);
  const squares = new Float64Array(1 << featureBits).fill(1e-8);
  let bias = 0;
  let biasSquares = 1e-8;
  // The average of the later epochs is steadier than where the last example left the weights.
  const sums = new Float64Array(1 << featureBits);
  let biasSum = 0;
  let kept = 0;
  const next = random(settings.seed);
  for (let epoch = 0; epoch < settings.epochs; epoch++) {
    shuffle(examples, next);
    for (const { slots, attack, weight } of examples) {
      const norm = 1 / Math.sqrt(slots.length + slotsOffset);
      let logit = bias;
      for (const slot of slots) logit += weights[slot]! * norm;
      const error = (1 / (1 + Math.exp(-logit)) - (attack ? 1 : 0)) * weight;
      for (const slot of slots) {
        const gradient = error * norm + settings.decay * weights[slot]!;
        squares[slot]! += gradient * gradient;
        weights[slot]! -= (settings.rate * gradient) / Math.sqrt(squares[slot]!);
      }
      biasSquares += error * error;
      bias -= (0.1 * settings.rate * error) / Math.sqrt(biasSquares);
    }
    if (epoch < settings.epochs / 2) continue;
    kept++;
    biasSum += bias;
    for (let slot = 0; slot < weights.length; slot++) sums[slot]! += weights[slot]!;
  }
  return quantise(
    sums.map((sum) => sum / kept),
    biasSum / kept,
  );
}

function shuffle(examples: Example[], next: () => number): void {
  for (let at = examples.length - 1; at > 0; at--) {
    const other = Math.floor(next() * (at + 1));
    const held = examples[at]!;
    examples[at] = examples[other]!;
    examples[other] = held;
  }
}

/** The share of weights that are not cut: the few largest would make all steps coarse. */
const keptWhole = 0.99;

function quantise(weights: Float64Array, bias: number): GuardModel {
  const sizes = Float64Array.from(weights, Math.abs).sort();
  const largest = sizes[Math.floor(sizes.length * keptWhole)]!;
  const scale = Number((largest / weightMax).toPrecision(6));
  const steps = Int8Array.from(weights, (weight) =>
    Math.max(-weightMax, Math.min(weightMax, Math.round(weight / scale))),
  );
  return { weights: steps, scale, bias: Number(bias.toPrecision(6)) };
}

/** A row with the odds a model gave it that never saw its cluster (or source). */
export interface Scored {
  readonly row: Row;
  readonly odds: number;
}

const folds = 5;

/** Spreads clusters over folds evenly and in no order. */
function foldOf(cluster: number, deal: number): number {
  let mixed = Math.imul(cluster + 1 + deal * 7_919, 0x9e3779b1) >>> 0;
  mixed ^= mixed >>> 15;
  mixed = Math.imul(mixed, 0x2c1b3c6d) >>> 0;
  return ((mixed ^ (mixed >>> 12)) >>> 0) % folds;
}

/** How often the rows are dealt into folds anew: one deal moves the threshold by half a per cent. */
export const deals = 3;

/**
 * Scores every scored row by a model fitted without its fold of clusters, once a deal; the rows of all
 * deals stand in one list.
 */
export function crossValidate(rows: readonly Row[]): Scored[] {
  const cluster = clusters(rows);
  const out: Scored[] = [];
  for (let round = 0; round < deals * folds; round++) {
    const deal = Math.floor(round / folds);
    const inside = (at: number): boolean => foldOf(cluster[at]!, deal) === round % folds;
    const model = fit(rows.filter((_, at) => !inside(at)));
    for (const [at, row] of rows.entries()) {
      if (inside(at) && row.scored) out.push({ row, odds: attackOdds(model, row.text) });
    }
  }
  return out;
}

/** Scores the rows of some sources by a model fitted on all other sources. */
export function leaveOut(rows: readonly Row[], left: (row: Row) => boolean): Scored[] {
  const model = fit(rows.filter((row) => !left(row)));
  return rows.filter((row) => left(row)).map((row) => ({ row, odds: attackOdds(model, row.text) }));
}

/** The smallest odds at which at most `rate` of the benign rows are flagged. */
export function oddsAtRate(scored: readonly Scored[], rate: number): number {
  const benign = scored
    .filter(({ row }) => !row.attack)
    .map(({ odds }) => odds)
    .sort((a, b) => b - a);
  return (benign[Math.floor(benign.length * rate)] ?? 0) * (1 + 1e-9);
}

/** Share of attacks (hard ones left out) above odds. */
export function recallAbove(scored: readonly Scored[], odds: number): number {
  const attacks = scored.filter(({ row }) => row.attack && !row.hard);
  return attacks.filter((one) => one.odds > odds).length / attacks.length;
}

/** Chance that a random attack scores above a random benign text, ties counted half. */
export function areaUnderCurve(scored: readonly Scored[]): number {
  const sorted = scored.filter(({ row }) => !row.hard).toSorted((a, b) => a.odds - b.odds);
  let rankSum = 0;
  let attacks = 0;
  for (let at = 0; at < sorted.length;) {
    let end = at;
    while (end < sorted.length && sorted[end]!.odds === sorted[at]!.odds) end++;
    for (let same = at; same < end; same++) {
      if (!sorted[same]!.row.attack) continue;
      rankSum += (at + 1 + end) / 2;
      attacks++;
    }
    at = end;
  }
  const benign = sorted.length - attacks;
  return (rankSum - (attacks * (attacks + 1)) / 2) / (attacks * benign);
}
