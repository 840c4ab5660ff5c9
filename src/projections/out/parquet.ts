/**
 * The audit list as a Parquet file: typed columns, row group by row group, memory for one. The format's
 * own writer is passed in: the command line writes into a file, a browser into memory.
 */

/** Rows in one group: what is in memory at once. */
const rowGroupRows = 20_000;

export type Cell = string | bigint | Date | undefined;
type Entry = Readonly<Record<string, unknown>>;

const text = (value: unknown): Cell => (typeof value === "string" ? value : undefined);
const whole = (value: unknown): Cell =>
  typeof value === "number" && Number.isSafeInteger(value) ? BigInt(value) : undefined;
const moment = (value: unknown): Cell => (typeof value === "string" ? new Date(value) : undefined);
/** Lists and objects, as JSON. */
const nested = (value: unknown): Cell => (value === undefined ? undefined : JSON.stringify(value));

const kinds = {
  text: { read: text, schema: { type: "BYTE_ARRAY", converted_type: "UTF8" } },
  whole: { read: whole, schema: { type: "INT64" } },
  moment: { read: moment, schema: { type: "INT64", converted_type: "TIMESTAMP_MILLIS" } },
  nested: { read: nested, schema: { type: "BYTE_ARRAY", converted_type: "UTF8" } },
} as const;

const fields: Record<keyof typeof kinds, string> = {
  text: "id kind user team keyId tier route action resource modelAsked modelServed provider outcome code by costUsd dlp cache finish promptHash answerHash policyHash ip userAgent",
  whole:
    "at status inputTokens outputTokens cachedTokens costNanos savedNanos latencyMs firstByteMs policyVersion count",
  moment: "time",
  nested: "tags metadata findings attempts",
};

const columns = (Object.keys(kinds) as (keyof typeof kinds)[]).flatMap((kind) =>
  fields[kind].split(" ").map((name) => ({ name, ...kinds[kind] })),
);

/** What a file begins with, as `ParquetWriter` of hyparquet-writer takes it. */
export const parquetSchema = [
  { name: "entries", num_children: columns.length },
  ...columns.map(({ name, schema }) => ({ name, ...schema, repetition_type: "OPTIONAL" as const })),
];

/** An entry's row: what each column has. */
export function cellsOf(entry: Entry): Record<string, Cell> {
  return Object.fromEntries(columns.map(({ name, read }) => [name, read(entry[name])]));
}

/** Whether a cell that was read from a file is one that was written. */
export function isSameCell(is: unknown, should: Cell): boolean {
  if (should === undefined) return is === undefined || is === null;
  if (should instanceof Date) return is instanceof Date && is.getTime() === should.getTime();
  return is === should;
}

/** The part of `ParquetWriter` that is used here. */
export interface RowGroupWriter {
  write(group: {
    columnData: { name: string; data: Cell[] }[];
    rowGroupSize: number;
  }): void | Promise<void>;
  finish(): void | Promise<void>;
}

/** Writes entries as they come; `onProgress` hears how many so far. Returns how many. */
export async function writeEntries(
  entries: AsyncIterable<object>,
  writer: RowGroupWriter,
  onProgress?: (entries: number) => void,
): Promise<number> {
  let rows: Entry[] = [];
  let count = 0;
  const write = async (): Promise<void> => {
    if (rows.length === 0) return;
    const columnData = columns.map(({ name, read }) => ({
      name,
      data: rows.map((row) => read(row[name])),
    }));
    await writer.write({ columnData, rowGroupSize: rowGroupRows });
    rows = [];
  };
  for await (const entry of entries) {
    rows.push(entry as Entry);
    count += 1;
    onProgress?.(count);
    if (rows.length >= rowGroupRows) await write();
  }
  await write();
  await writer.finish();
  return count;
}
