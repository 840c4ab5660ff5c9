/** A segment as Parquet: its events, typed, and proven back to the checkpoint by the file alone. */
import { cpSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects } from "hyparquet";
import { fileWriter, ParquetWriter } from "hyparquet-writer";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readPublicKey } from "#events/note.ts";
import expected from "../../../docs/reference/log-vectors/expected.json" with { type: "json" };
import { tallygate } from "../../support/tallygate.ts";
import { verifySegment } from "../../../scripts/cli/segment-parquet.ts";

const vectors = path.resolve(import.meta.dirname, "../../../docs/reference/log-vectors");
const keys = expected.keys.map(({ publicKey }) => publicKey);
const publicKeys = keys.flatMap((key) => readPublicKey(key) ?? []);
let folder: string;
let file: string;

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), "tallygate-parquet-"));
  file = path.join(folder, "segment.parquet");
  const shard = readdirSync(vectors).find((name) => name.startsWith("l_")) ?? "";
  cpSync(path.join(vectors, shard), path.join(folder, "archive", shard), { recursive: true });
  const archive = path.join(folder, "archive");
  const made = await tallygate(["export", "--segment", "2", "--archive", archive, "--out", file]);
  expect([made.code, made.err]).toEqual([0, expect.stringContaining("segment 2")]);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const rowsOf = async () => parquetReadObjects({ file: await asyncBufferFromFile(file) });

test("holds every event of the segment, with its columns and its line", async () => {
  const rows = await rowsOf();
  expect(rows.map(({ hash }) => hash as string)).toEqual(expected.segments[2]?.events);
  const [row] = rows;
  const event = JSON.parse(String(row?.["line"])) as { at: number; seq: number; data: object };
  expect(row).toMatchObject({
    index: 0n,
    at: new Date(event.at),
    seq: BigInt(event.seq),
    data: JSON.stringify(event.data),
  });
});

test("is verified by the command, with the key and nothing else", async () => {
  const good = await tallygate(["verify", file, ...keys.flatMap((key) => ["--key", key])]);
  expect([good.code, good.out]).toEqual([0, expect.stringContaining("are what was signed")]);
  const other = Buffer.alloc(32, 7).toString("base64");
  const bad = await tallygate(["verify", file, "--key", other]);
  expect([bad.code, bad.out]).toEqual([1, expect.stringContaining("no known key has signed")]);
});

/** The same file, its rows and proof changed. */
async function changed(
  change: (rows: Record<string, unknown>[]) => Record<string, unknown>[],
  proofOf: (proof: string) => string = (proof) => proof,
): Promise<string[]> {
  const other = path.join(folder, "changed.parquet");
  const buffer = await asyncBufferFromFile(file);
  const { schema, key_value_metadata: known = [] } = await parquetMetadataAsync(buffer);
  const rows = change(await rowsOf());
  const kvMetadata = known.map(({ key, value = "" }) => ({ key, value: proofOf(value) }));
  const writer = new ParquetWriter({ writer: fileWriter(other), schema, kvMetadata });
  const names = schema.slice(1).map(({ name }) => name);
  const data = names.map((name) => ({ name, data: rows.map((row) => row[name]) }));
  await writer.write({ columnData: data });
  await writer.finish();
  const { findings } = await verifySegment(other, publicKeys);
  return findings.map(({ message }) => message);
}

const elsewhere = (proof: string) => proof.replace('"n":2', '"n":1');

function other(was: unknown): unknown {
  if (was instanceof Date) return new Date(was.getTime() + 1);
  if (typeof was === "bigint") return was + 1n;
  return typeof was === "string" ? was.replace(/[a-z0-9](?=[^a-z0-9]*$)/, "x") : "somebody";
}

describe("what is changed in the file is told:", () => {
  test("nothing, when it is only written anew", async () => {
    expect(await changed((rows) => rows)).toEqual([]);
  });

  test("an event that is left out, or put elsewhere", async () => {
    expect(await changed((rows) => rows.slice(1))).not.toEqual([]);
    expect(await changed((rows) => rows.slice(0, -1))).toContainEqual(
      expect.stringMatching(/has \d+ events, the manifest says/),
    );
    expect(await changed((rows) => rows.toReversed())).not.toEqual([]);
  });

  test.each(["stream", "at", "seq", "type", "data", "member", "hash", "line"])(
    "a cell of the column %s",
    async (column) => {
      const wrong = await changed((rows) =>
        rows.map((row, n) => (n === 1 ? { ...row, [column]: other(row[column]) } : row)),
      );
      expect(wrong).not.toEqual([]);
    },
  );

  test("a proof of another segment, or none", async () => {
    expect(await changed((rows) => rows, elsewhere)).not.toEqual([]);
    expect(
      await changed(
        (rows) => rows,
        () => "",
      ),
    ).toEqual([expect.stringContaining("no proof")]);
  });
});

test("which shard and where to is asked, where it is not said", async () => {
  const archive = path.join(folder, "archive");
  const nowhere = await tallygate(["export", "--segment", "2", "--archive", archive]);
  expect([nowhere.code, nowhere.err]).toEqual([2, expect.stringContaining("--out")]);
  const args = ["export", "--segment", "2", "--archive", archive, "--out", file];
  const other = await tallygate([...args, "--shard", "l_other"]);
  expect([other.code, other.err]).toEqual([2, expect.stringContaining("Which shard?")]);
});
