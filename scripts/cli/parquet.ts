/** The audit list as a Parquet file on disk. */
import { writeFileSync } from "node:fs";
import { fileWriter, ParquetWriter } from "hyparquet-writer";
import { parquetSchema, writeEntries } from "#projections/out/parquet.ts";

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
