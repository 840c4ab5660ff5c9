/** Reading the labelled data: one JSON object a line, offsets in Unicode code points. */
import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import * as z from "zod";

const Span = z.object({ start: z.int().min(0), end: z.int().min(0), type: z.string() });
export type Span = z.infer<typeof Span>;

const text = { id: z.string().default(""), text: z.string(), source: z.string().default("") };

const SpanRow = z.object({
  ...text,
  spans: z.array(Span),
  target: z.string().optional(),
  weak: z.boolean().optional(),
  assigned: z.boolean().optional(),
});
/** A row of pii.jsonl or secrets.jsonl. */
export type SpanRow = z.infer<typeof SpanRow>;

const InjectionRow = z.object({
  ...text,
  label: z.union([z.number(), z.string(), z.boolean()]),
  hard: z.boolean().optional(),
});

const BenignRow = z.object({ ...text, use: z.array(z.string()) });
/** A row of benign.jsonl. */
export type BenignRow = z.infer<typeof BenignRow>;

const SHAPES = { pii: SpanRow, secrets: SpanRow, injection: InjectionRow, benign: BenignRow };
type File = keyof typeof SHAPES;
type RowOf<F extends File> = z.infer<(typeof SHAPES)[F]>;

/** The files a data directory may have, without their ending. */
export const FILES = Object.keys(SHAPES) as File[];

/** Data that cannot be scored; the message is one line for whoever runs the command. */
export class DataProblem extends Error {}

const fileOf = (directory: string, name: File): string => join(directory, `${name}.jsonl`);

/** Throws when the directory has none of the files. */
export function checkData(directory: string): void {
  if (!existsSync(directory)) throw new DataProblem(`--data: there is no directory ${directory}`);
  if (!statSync(directory).isDirectory()) {
    throw new DataProblem(`--data: ${directory} is a file; name the directory that it is in`);
  }
  if (FILES.some((name) => existsSync(fileOf(directory, name)))) return;
  const half = ["dev", "heldout"].filter((name) => existsSync(join(directory, name)));
  const hint = half.length === 0 ? "" : `; did you mean ${join(directory, half[0] ?? "")}?`;
  const names = FILES.map((name) => `${name}.jsonl`).join(", ");
  throw new DataProblem(`--data: ${directory} has none of ${names}${hint}`);
}

/** A sentence for each file that is not there, or has no rows: its figures say nothing. */
export function missingParts(directory: string): string[] {
  return FILES.flatMap((name) => {
    const there = existsSync(fileOf(directory, name));
    if (there && rows(directory, name).length > 0) return [];
    return [`${name}.jsonl ${there ? "has no rows" : "is not there"}: what it is for is 0 below`];
  });
}

const known = new Map<string, readonly unknown[]>();

/** The rows of one file of the data directory; none when it is not there. */
export function rows<F extends File>(directory: string, name: F): RowOf<F>[] {
  const path = fileOf(directory, name);
  if (!existsSync(path)) return [];
  // A directory is read more than once in a run, and does not change meanwhile.
  const stamp = `${path} ${statSync(path).mtimeMs}`;
  let all = known.get(stamp);
  if (all === undefined) {
    const lines = readFileSync(path, "utf8")
      .replace(/^\ufeff/, "")
      .split("\n");
    all = lines.flatMap((line, index) =>
      line.trim() === "" ? [] : [rowOf(name, line, `${path} line ${index + 1}`)],
    );
    known.set(stamp, all);
  }
  return all as RowOf<F>[];
}

function rowOf<F extends File>(name: F, line: string, where: string): RowOf<F> {
  let row: unknown;
  try {
    row = JSON.parse(line);
  } catch {
    throw new DataProblem(`--data: ${where} is no JSON object`);
  }
  const parsed = SHAPES[name].safeParse(row);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const place = issue === undefined || issue.path.length === 0 ? "it" : issue.path.join(".");
    throw new DataProblem(`--data: ${where}: ${place}: ${issue?.message ?? "is unreadable"}`);
  }
  const { spans = [] } = parsed.data as { spans?: Span[] };
  const { length } = Array.from(parsed.data.text);
  const bad = spans.findIndex(({ start, end }) => start >= end || end > length);
  if (bad !== -1) {
    throw new DataProblem(`--data: ${where}: spans.${bad} does not lie in the text`);
  }
  return parsed.data as RowOf<F>;
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
