/**
 * Whether rows were used to train the guard: hashes of one in eight training texts, cut to eight
 * digits, lie in a file that training writes. No text can be had back from them.
 */
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const FILE = join(import.meta.dirname, "guard-seen.json");
const DIGITS = 8;

/** The cut hash of a text that is in the sample, else undefined. */
function sampled(text: string): string | undefined {
  const hash = createHash("sha256").update(text).digest("hex");
  return hash.startsWith("0") || hash.startsWith("1") ? hash.slice(0, DIGITS) : undefined;
}

function sample(texts: readonly string[]): string[] {
  return [...new Set(texts.map(sampled).filter((hash) => hash !== undefined))].toSorted();
}

/** Remembers the texts that the shipped weights were trained on. */
export function rememberTraining(texts: readonly string[]): void {
  writeFileSync(FILE, `${JSON.stringify(sample(texts))}\n`);
}

/** The share of the sampled texts that were trained on, 0 to 1. */
export function shareSeen(texts: readonly string[]): number {
  if (!existsSync(FILE)) return 0;
  const known = new Set(JSON.parse(readFileSync(FILE, "utf8")) as string[]);
  const asked = sample(texts);
  return asked.length === 0 ? 0 : asked.filter((hash) => known.has(hash)).length / asked.length;
}
