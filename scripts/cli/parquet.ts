/** The audit list as a Parquet file on disk. */
import { writeFileSync } from "node:fs";
import { asyncBufferFromFile, parquetReadObjects } from "hyparquet";
import { fileWriter, ParquetWriter } from "hyparquet-writer";
import { cellsOf, isSameCell, parquetSchema, writeEntries } from "#projections/out/parquet.ts";
import type { Finding } from "#projections/verify/finding.ts";

/** Writes lines of JSON, an entry each, into a file; returns how many. */
export async function writeParquet(lines: AsyncIterable<string>, file: string): Promise<number> {
  // The file is its owner's alone before anything is in it.
  writeFileSync(file, "", { mode: 0o600 });
  const writer = new ParquetWriter({
    writer: fileWriter(file),
    schema: [...parquetSchema],
    createdBy: "tallygate",
  });
  return writeEntries(entriesOf(lines), writer);
}

async function* entriesOf(lines: AsyncIterable<string>): AsyncGenerator<object> {
  for await (const line of lines) if (line !== "") yield JSON.parse(line) as object;
}

function wrong(message: string): Finding[] {
  return [{ kind: "unexpected", message, shard: "export" }];
}

/** What of a file is not what the lines of an export say: the first row of which that holds. */
export async function compareParquet(file: string, texts: readonly string[]): Promise<Finding[]> {
  let rows: Record<string, unknown>[];
  try {
    rows = await parquetReadObjects({ file: await asyncBufferFromFile(file) });
  } catch (error) {
    return wrong(`the file cannot be read as Parquet: ${(error as Error).message}`);
  }
  const entries = texts.filter((text) => text !== "").map((text) => JSON.parse(text) as object);
  if (rows.length !== entries.length) {
    return wrong(`the export has ${rows.length} entries, the proof ${entries.length}`);
  }
  for (const [index, row] of rows.entries()) {
    const cells = Object.entries(cellsOf(entries[index] as Record<string, unknown>));
    const other = cells.find(([name, cell]) => !isSameCell(row[name], cell));
    if (other === undefined && Object.keys(row).length <= cells.length) continue;
    const column = other === undefined ? "" : ` (${other[0]})`;
    return wrong(`entry ${index + 1} of the export is not what the log says${column}`);
  }
  return [];
}
