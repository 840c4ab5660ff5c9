/**
 * Labelled rows that no detector was tuned on: values with valid check digits in sentences and records
 * of seven languages. The same seed makes the same rows. For judging whole classes of misses; no row
 * of it is shipped.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import type { BenignRow, SpanRow } from "../data.ts";
import { Dice } from "./dice.ts";
import { frameOf } from "./frames.ts";
import { LABELS } from "./labels.ts";
import { negativeOf } from "./negatives.ts";
import { secretOf } from "./secrets.ts";
import { VALUES } from "./values.ts";

export interface MadeRows {
  pii: SpanRow[];
  secrets: SpanRow[];
  benign: BenignRow[];
}

/** The frame with the value in every place that asks for it. */
function filled(frame: string, value: string, type: string): Pick<SpanRow, "text" | "spans"> {
  const spans: SpanRow["spans"] = [];
  let text = "";
  frame.split("@").forEach((part, i) => {
    if (i > 0) {
      spans.push({ start: text.length, end: text.length + value.length, type });
      text += value;
    }
    text += part;
  });
  return { text, spans };
}

/** `perType` rows of every structured type, five times as many of secrets and of negatives. */
export function makeRows(seed: number, perType: number): MadeRows {
  const dice = new Dice(seed);
  const rows: MadeRows = { pii: [], secrets: [], benign: [] };
  for (const type of Object.keys(LABELS)) {
    for (let i = 0; i < perType; i += 1) {
      const value = VALUES[type]?.(dice) ?? "";
      rows.pii.push({
        id: `${type}-${i}`,
        source: "made",
        ...filled(frameOf(type, dice), value, type),
      });
    }
  }
  for (let i = 0; i < perType * 5; i += 1) {
    const { frame, value, assigned } = secretOf(dice);
    rows.secrets.push({
      id: `secret-${i}`,
      source: "made",
      assigned,
      ...filled(frame, value, "SECRET"),
    });
    const none = { spans: [], source: "own-negative" };
    rows.secrets.push({ id: `none-${i}`, ...none, text: negativeOf("secrets", dice) });
    rows.pii.push({ id: `none-${i}`, ...none, text: negativeOf("data", dice) });
  }
  return rows;
}

/** Writes the rows as a data directory of the evaluation. */
export function writeMade(directory: string, seed: number, perType: number): void {
  mkdirSync(directory, { recursive: true });
  for (const [name, rows] of Object.entries(makeRows(seed, perType))) {
    const lines = (rows as readonly unknown[]).map((row) => `${JSON.stringify(row)}\n`);
    writeFileSync(join(directory, `${name}.jsonl`), lines.join(""));
  }
}
