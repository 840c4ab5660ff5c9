/** Reading the labelled data: one JSON object a line, offsets in Unicode code points. */
import { readFileSync } from "node:fs";
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

/** The rows of one file of the data directory. */
export function rows<T>(directory: string, name: string): T[] {
  return readFileSync(join(directory, `${name}.jsonl`), "utf8")
    .split("\n")
    .filter((line) => line.trim() !== "")
    .map((line) => JSON.parse(line) as T);
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
