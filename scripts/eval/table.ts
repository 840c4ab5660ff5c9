/** The figures as a table, with what peers score on data of the same making. */
import type { Evaluation } from "../guard-report.ts";
import type { GuardScore } from "./guard.ts";
import { shippedFigures } from "./guard-figures.ts";
import type { PiiScore, SecretsScore } from "./spans.ts";

/** Peers, measured in November 2026 on the unseen half of the same data. Percent. */
const PII_PEERS = [
  ["@openredaction/openredaction 1.0.4", 51.9, 65.8, 58.0, 52.0, 49.5],
  ["@redactpii/node 1.0.17", 70.2, 36.5, 48.0, 0.5, 29.7],
  ["@arcjet/redact 1.12.0", 79.9, 29.7, 43.3, 0.6, 12.3],
  ["13 regexes with checksums", 87.3, 66.1, 75.2, 0.0, 6.9],
] as const;
const SECRET_PEERS = [
  ["@secretlint/core preset 12.0.0", 99.6, 17.1, 0.3],
  ["@openredaction/openredaction 1.0.4", 27.5, 18.5, 38.1],
  ["10 regexes", 88.0, 46.7, 15.5],
] as const;
const GUARD_PEERS = [
  ["llm_guardrail 2.1.2 (injection)", 8.0, 0.751],
  ["llm_guardrail 2.1.2 (jailbreak)", 38.6, 0.727],
] as const;

type Cell = string | number;

function percent(fraction: number): string {
  return (fraction * 100).toFixed(1);
}

function print(title: string, head: readonly string[], lines: readonly (readonly Cell[])[]): void {
  const all = [head, ...lines.map((line) => line.map(String))];
  const widths = head.map((_, i) => Math.max(...all.map((line) => (line[i] ?? "").length)));
  console.log(`\n${title}`);
  for (const line of all) {
    console.log(
      line
        .map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0)))
        .join("  "),
    );
  }
}

/** Prints everything; the guard's part says so when there is no guard. */
export function printTables(pii: PiiScore, secrets: SecretsScore, guard: GuardScore | null): void {
  print(
    "Structured personal data (percent)",
    ["", "precision", "recall", "F1", "clean touched", "hard negatives"],
    [
      [
        "this gateway",
        percent(pii.precision),
        percent(pii.recall),
        percent(pii.f1),
        percent(pii.cleanTouched),
        percent(pii.hardNegatives),
      ],
      ...PII_PEERS.map(([name, ...figures]) => [
        name,
        ...figures.map((figure) => figure.toFixed(1)),
      ]),
    ],
  );
  print(
    "By type",
    ["", "found", "of", "recall"],
    Object.entries(pii.byType)
      .toSorted(([a], [b]) => a.localeCompare(b))
      .map(([type, tally]) => [type, tally.found, tally.of, percent(tally.recall)]),
  );
  print(
    "Secrets (percent)",
    ["", "precision", "recall", "negatives", "prefixed", "assigned"],
    [
      [
        "this gateway",
        percent(secrets.precision),
        percent(secrets.recall),
        percent(secrets.negatives),
        percent(secrets.prefixedRecall),
        percent(secrets.assignedRecall),
      ],
      ...SECRET_PEERS.map(([name, ...figures]) => [
        name,
        ...figures.map((figure) => figure.toFixed(1)),
        "",
        "",
      ]),
    ],
  );
  if (guard === null) {
    console.log("\nPrompt guard: null (src/dlp/guard/score.ts is absent)");
    return;
  }
  print(
    "Prompt guard",
    ["", "recall at 1 % FPR", "AUC"],
    [
      ["this gateway", percent(guard.recallAt1pctFpr), guard.auc.toFixed(3)],
      ...GUARD_PEERS.map(([name, recall, auc]) => [name, recall.toFixed(1), auc.toFixed(3)]),
    ],
  );
  if (guard.trainedOn > 0.01) {
    console.log(
      `\nThe guard was TRAINED ON ${percent(guard.trainedOn)} % of these rows: its figures here say nothing of\n` +
        "unseen texts. Those that do are below, and anew for DIR with\n" +
        "node scripts/train-guard.ts --data DIR --evaluate",
    );
  }
  print(
    "Guard by source (percent flagged)",
    ["", "texts", "flagged"],
    Object.entries(guard.bySource).map(([source, tally]) => [
      source,
      tally.of,
      percent(tally.flagged),
    ]),
  );
  printUnseen(shippedFigures());
}

/** What the shipped weights' training found of texts, and of whole families, that it left out. */
function printUnseen(found: Evaluation): void {
  print(
    "Guard, texts unseen in training (cross-validation over the training's own data)",
    ["", "recall at 1 % FPR", "AUC"],
    [["this gateway", percent(found.recallAt1pctFpr), found.auc.toFixed(3)]],
  );
  print(
    "Guard, families left out of training (percent flagged at that threshold)",
    ["left out", "source", "texts", "flagged"],
    Object.entries(found.leaveSourceOut).flatMap(([family, table]) =>
      Object.entries(table).map(([source, { flagged, rows }]) => [
        family,
        source,
        rows,
        percent(flagged / rows),
      ]),
    ),
  );
}
