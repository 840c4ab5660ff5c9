/**
 * The rows that the prompt guard is trained and scored with: labelled corpora, texts of the personal
 * data corpora as further harmless text, and texts of our own, written or made from grammars.
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { attacksEnglish, attacksForeign } from "./guard-attacks.ts";
import { everydayContrast, everydayEnglish } from "./guard-everyday.ts";
import { everydayForeign } from "./guard-everyday-foreign.ts";
import { type Grammar, expand, random } from "./guard-grammar.ts";
import { benignForTraining } from "./guard-texts.ts";

/** One labelled text. `scored` rows make the figures; the others only train (weight below 1). */
export interface Row {
  readonly id: string;
  readonly text: string;
  readonly attack: boolean;
  /** A plain instruction inside a document, without attack wording: reported apart, never trained on. */
  readonly hard: boolean;
  readonly source: string;
  readonly variant: string;
  readonly scored: boolean;
  readonly weight: number;
}

/** Every third row of the PII and secrets corpora is enough to show the model forms and code. */
const supportStride = 3;
const supportWeight = 0.3;
const ownWeight = 1;

function jsonLines(path: string): Record<string, unknown>[] {
  if (!existsSync(path)) return [];
  const lines = readFileSync(path, "utf8").split("\n");
  return lines
    .filter((line) => line.length > 0)
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

/** Rows of a directory in the corpora's format; `support` adds the rows that only train. */
export function loadRows(dir: string, support: boolean): Row[] {
  const rows: Row[] = [];
  for (const file of ["injection", "benign"]) {
    for (const line of jsonLines(join(dir, `${file}.jsonl`))) {
      rows.push(rowOf(line, String(line["source"]), line["label"] === 1, true, 1));
    }
  }
  if (rows.length === 0) throw new Error(`No injection.jsonl or benign.jsonl with rows in ${dir}.`);
  if (!support) return rows;
  for (const file of ["pii", "secrets"]) {
    const lines = jsonLines(join(dir, `${file}.jsonl`)).filter((_, at) => at % supportStride === 0);
    for (const line of lines) rows.push(rowOf(line, file, false, false, supportWeight));
  }
  for (const [language, texts] of Object.entries(benignForTraining)) {
    for (const [at, text] of texts.entries()) {
      rows.push(
        rowOf({ id: `own-${language}-${at}`, text }, "own-benign", false, false, ownWeight),
      );
    }
  }
  for (const made of madeTexts) addMade(rows, made);
  return rows;
}

/** Texts of one set of grammars: how many a template, and how much each weighs in training. */
interface Made {
  readonly source: string;
  readonly attack: boolean;
  readonly grammars: readonly Grammar[];
  readonly each: number;
  readonly weight: number;
}

/**
 * Weights of texts that no corpus holds. Harmless ones weigh half of a row, as there are many; attacks
 * in English little, as the corpora have enough of them; those in other languages more, since without
 * them the everyday requests in those languages teach that nothing foreign is an attack.
 */
const madeTexts: readonly Made[] = [
  { source: "own-everyday", attack: false, grammars: [everydayEnglish], each: 12, weight: 0.5 },
  { source: "own-everyday", attack: false, grammars: [everydayContrast], each: 10, weight: 0.5 },
  { source: "own-everyday", attack: false, grammars: everydayForeign, each: 5, weight: 0.2 },
  { source: "own-attacks", attack: true, grammars: [attacksEnglish], each: 12, weight: 0.1 },
  { source: "own-attacks", attack: true, grammars: attacksForeign, each: 10, weight: 0.3 },
];

const madeSeed = 20_261_121;

/** Adds texts made from grammars; they only train. */
function addMade(rows: Row[], { source, attack, grammars, each, weight }: Made): void {
  const next = random(madeSeed);
  const texts = new Set(grammars.flatMap((grammar) => expand(grammar, each, next)));
  for (const text of texts) {
    rows.push(rowOf({ id: `${source}-${rows.length}`, text }, source, attack, false, weight));
  }
}

function rowOf(
  line: Record<string, unknown>,
  source: string,
  attack: boolean,
  scored: boolean,
  weight: number,
): Row {
  const { id, text, hard, variant } = line;
  return {
    id: String(id),
    text: String(text),
    attack,
    hard: hard === true,
    source,
    variant: typeof variant === "string" ? variant : "",
    scored,
    weight,
  };
}
