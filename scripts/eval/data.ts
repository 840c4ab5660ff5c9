/** Reading the labelled data: one JSON object a line, offsets in Unicode code points. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

export interface Span {
  start: number;
  end: number;
  type: string;
}

/** A row of pii.jsonl or secrets.jsonl. */
export interface SpanRow {
  id: string;
  text: string;
  spans: Span[];
  source: string;
  target?: string;
  weak?: boolean;
  assigned?: boolean;
}

/** A row of benign.jsonl. */
export interface BenignRow {
  id: string;
  text: string;
  source: string;
  use: string[];
}

/** A row of injection.jsonl. */
export interface InjectionRow {
  id: string;
  text: string;
  label: number | string | boolean;
  source: string;
  hard?: boolean;
}

/** The files a data directory may have, without their ending. */
export const FILES = ["pii", "secrets", "injection", "benign"] as const;

/** Data that cannot be scored; the message is one line for whoever runs the command. */
export class DataProblem extends Error {}

/** Throws when the directory has none of the files. */
export function checkData(directory: string): void {
  if (!existsSync(directory)) throw new DataProblem(`--data: there is no directory ${directory}`);
  if (!FILES.some((name) => existsSync(join(directory, `${name}.jsonl`))))
    throw new DataProblem(
      `--data: ${directory} has none of ${FILES.map((name) => `${name}.jsonl`).join(", ")}`,
    );
}

function parse(line: string, where: string): { text: string } {
  try {
    const row: unknown = JSON.parse(line);
    if (typeof row === "object" && row !== null && "text" in row && typeof row.text === "string")
      return { ...row, text: row.text };
  } catch {
    // Said below, with the place.
  }
  throw new DataProblem(`--data: ${where} is no JSON object with a text`);
}

/** The rows of one file of the data directory; none when it is not there. */
export function rows<T>(directory: string, name: (typeof FILES)[number]): T[] {
  const path = join(directory, `${name}.jsonl`);
  if (!existsSync(path)) return [];
  return readFileSync(path, "utf8")
    .split("\n")
    .flatMap((line, index) =>
      line.trim() === "" ? [] : [parse(line, `${path} line ${index + 1}`) as T],
    );
}

/** The same spans in UTF-16 units: they differ only where the text has astral characters. */
export function utf16Spans(text: string, spans: readonly Span[]): Span[] {
  if (!/[\ud800-\udbff]/.test(text)) return [...spans];
  const units: number[] = [];
  let unit = 0;
  for (const character of text) {
    units.push(unit);
    unit += character.length;
  }
  units.push(unit);
  return spans.map((span) => ({
    ...span,
    start: units[span.start] ?? unit,
    end: units[span.end] ?? unit,
  }));
}
