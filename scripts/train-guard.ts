/**
 * Trains the prompt guard and says how good it is.
 *
 *   node scripts/train-guard.ts --data DIR              fits on all rows, writes weights.ts
 *   node scripts/train-guard.ts --data DIR --evaluate   cross-validation and leave-source-out tables
 *   node scripts/train-guard.ts --data DIR --card       the same, written into the model card and
 *                                                       into eval/guard-figures.json
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
import { guardScore } from "../src/dlp/guard/score.ts";
import { type Row, loadRows } from "./guard-rows.ts";
import { rememberFigures } from "./eval/guard-figures.ts";
import { rememberTraining } from "./eval/guard-seen.ts";
import { cardOf } from "./guard-card.ts";
import {
  type BySource,
  type Figures,
  bySource,
  evaluate,
  figuresOf,
  targetRate,
  totalOf,
} from "./guard-report.ts";
import { crossValidate, deals, fit, oddsAtRate } from "./guard-training.ts";

const percent = (part: number, whole = 1): string => `${((100 * part) / whole).toFixed(1)} %`;

function printTable(table: BySource): void {
  for (const [name, { flagged, rows }] of Object.entries(table)) {
    console.log(
      `  ${name.padEnd(48)} ${`${flagged}/${rows}`.padStart(9)}  ${percent(flagged, rows).padStart(7)}`,
    );
  }
}

function printFigures(title: string, all: Figures): void {
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

function report(rows: readonly Row[], json: boolean, card: boolean): void {
  const found = evaluate(rows);
  if (card) {
    rememberFigures(found);
    writeFileSync(
      join(import.meta.dirname, "../docs/reference/guard-model-card.md"),
      cardOf(found),
    );
  }
  if (json) {
    console.log(JSON.stringify(found));
    return;
  }
  printFigures(
    `Cross-validation, five folds of near-duplicate clusters, dealt ${deals} times (each row counts ${deals} times)`,
    found,
  );
  console.log("  flagged at 1 % false positives overall:");
  printTable(found.bySource);
  for (const [name, table] of Object.entries(found.leaveSourceOut)) {
    console.log(`\nLeft out of training: ${name} (at the threshold above)`);
    printTable(table);
  }
  console.log("\nEveryday prompts that no training saw, flagged at the default threshold:");
  printTable({ ...found.everyday, all: totalOf(found.everyday) });
  console.log("\nHarmless prompts in the words of attacks, likewise:");
  printTable({ ...found.lookAlikes, all: totalOf(found.lookAlikes) });
  const others = totalOf(found.languages);
  console.log(
    `\nBenign check texts in ${Object.keys(found.languages).length} languages: ${others.flagged}/${others.rows} flagged`,
  );
}

function shipped(rows: readonly Row[], json: boolean): void {
  const scored = rows.map((row) => ({ row, odds: guardScore(row.text) }));
  const odds = oddsAtRate(scored, 0.01);
  if (json) {
    console.log(JSON.stringify({ ...figuresOf(scored), bySource: bySource(scored, odds) }));
    return;
  }
  printFigures("Shipped weights (flattering on the rows they were trained on)", figuresOf(scored));
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
    card: { type: "boolean", default: false },
    json: { type: "boolean", default: false },
  },
});
if (values.data === undefined) {
  console.error(
    "Usage: node scripts/train-guard.ts --data DIR [--evaluate | --card | --shipped] [--json]",
  );
  process.exitCode = 2;
} else if (values.shipped) shipped(loadRows(values.data, false), values.json);
else if (values.evaluate || values.card)
  report(loadRows(values.data, true), values.json, values.card);
else train(loadRows(values.data, true));
