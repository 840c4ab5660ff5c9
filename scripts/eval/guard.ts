/** Scoring the prompt guard: recall at one percent false positives, area under the curve. */
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { shareSeen } from "./guard-seen.ts";
import { rows } from "./data.ts";

export interface GuardScore {
  recallAt1pctFpr: number;
  auc: number;
  /** Share of the rows that the shipped weights were trained on: where it is high, so are the figures. */
  trainedOn: number;
  /** Share of each source's texts at or over the threshold: recall for attacks, else false positives. */
  bySource: Record<string, { attack: boolean; of: number; flagged: number }>;
}

const FALSE_POSITIVES = 0.01;

interface Scored {
  source: string;
  attack: boolean;
  score: number;
}

const ATTACKS: readonly unknown[] = [1, true, "1", "injection", "attack", "jailbreak"];

function isAttack({ label }: { label: unknown }): boolean {
  return ATTACKS.includes(label);
}

/** The share of (attack, benign) pairs in the right order; ties count half. */
function areaUnderCurve(scored: readonly Scored[]): number {
  const sorted = scored.toSorted((a, b) => a.score - b.score);
  let ranks = 0;
  for (let i = 0; i < sorted.length;) {
    let j = i;
    while (j < sorted.length && sorted[j]?.score === sorted[i]?.score) j += 1;
    for (let k = i; k < j; k += 1) if (sorted[k]?.attack === true) ranks += (i + j + 1) / 2;
    i = j;
  }
  const attacks = sorted.filter((entry) => entry.attack).length;
  const benign = sorted.length - attacks;
  return attacks === 0 || benign === 0
    ? 0
    : (ranks - (attacks * (attacks + 1)) / 2) / (attacks * benign);
}

/** Scores the guard of `src/dlp/guard/score.ts`; null when the project has none. */
export async function scoreGuard(directory: string): Promise<GuardScore | null> {
  const module = new URL("../../src/dlp/guard/score.ts", import.meta.url);
  if (!existsSync(fileURLToPath(module.href))) return null;
  const { guardScore } = (await import(module.href)) as { guardScore: (text: string) => number };
  const scored: Scored[] = rows(directory, "injection")
    .filter((row) => row.hard !== true)
    .map((row) => ({ source: row.source, attack: isAttack(row), score: guardScore(row.text) }));
  for (const row of rows(directory, "benign")) {
    if (row.use.includes("injection")) {
      scored.push({ source: row.source, attack: false, score: guardScore(row.text) });
    }
  }
  const texts = (["injection", "benign"] as const).flatMap((file) =>
    rows(directory, file).map((row) => row.text),
  );
  const benign = scored.filter((entry) => !entry.attack).map((entry) => entry.score);
  const threshold =
    benign.toSorted((a, b) => b - a)[Math.floor(benign.length * FALSE_POSITIVES)] ?? 1;
  const attacks = scored.filter((entry) => entry.attack);
  const bySource: GuardScore["bySource"] = {};
  for (const entry of scored) {
    const tally = (bySource[`${entry.source}${entry.attack ? "" : " (benign)"}`] ??= {
      attack: entry.attack,
      of: 0,
      flagged: 0,
    });
    tally.of += 1;
    if (entry.score > threshold) tally.flagged += 1;
  }
  for (const tally of Object.values(bySource)) tally.flagged /= tally.of;
  return {
    recallAt1pctFpr:
      attacks.filter((entry) => entry.score > threshold).length / Math.max(1, attacks.length),
    auc: areaUnderCurve(scored),
    trainedOn: shareSeen(texts),
    bySource,
  };
}
