/**
 * What the prompt guard finds of texts that its training never saw, as `scripts/train-guard.ts --card`
 * measured it: the shipped weights know their data by heart, so nothing measured on that tells this.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Evaluation } from "../guard-report.ts";

const FILE = join(import.meta.dirname, "guard-figures.json");

/** Keeps the figures of one evaluation, for the model card and for `npm run eval:dlp`. */
export function rememberFigures(found: Evaluation): void {
  writeFileSync(FILE, `${JSON.stringify(found, undefined, 1)}\n`);
}

/** The figures of the weights that are shipped. */
export function shippedFigures(): Evaluation {
  return JSON.parse(readFileSync(FILE, "utf8")) as Evaluation;
}
