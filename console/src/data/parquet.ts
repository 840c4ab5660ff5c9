/** Entries as a Parquet file in memory; its own chunk, since few ever want one. */
import { ByteWriter, ParquetWriter } from "hyparquet-writer";
import { parquetSchema, writeEntries } from "#projections/out/parquet.ts";

export async function parquetOf(
  entries: AsyncIterable<object>,
  onProgress: (entries: number) => void,
): Promise<{ blob: Blob; entries: number }> {
  const bytes = new ByteWriter();
  const writer = new ParquetWriter({
    writer: bytes,
    schema: [...parquetSchema],
    createdBy: "tallygate",
  });
  const count = await writeEntries(entries, writer, onProgress);
  const type = "application/vnd.apache.parquet";
  return { blob: new Blob([bytes.getBuffer()], { type }), entries: count };
}
