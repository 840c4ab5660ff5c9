/**
 * A sealed segment of the archive as a Parquet file, a row an event, with its proof: each row has the
 * event's line as the segment has it, and the file's metadata the segment's manifest, its path in the
 * log and the checkpoint that signs it. Whoever has the file and the public key needs nothing else.
 */
import { writeFileSync } from "node:fs";
import { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects } from "hyparquet";
import { fileWriter, ParquetWriter } from "hyparquet-writer";
import { parseBaseLine } from "#events/base.ts";
import { unseal } from "#events/envelope.ts";
import { EMPTY_FRONTIER, grow, manifestLeaf, paths, type Frontier } from "#events/manifest.ts";
import { InclusionProofs } from "#events/merkle.ts";
import { parseManifest } from "#events/manifest.ts";
import { tryParseJson } from "#events/parse-json.ts";
import { eventLeaf, readLine } from "#events/segment.ts";
import { isSameCell, type Cell } from "#projections/out/parquet.ts";
import type { ShardArtefacts } from "#projections/verify/artefacts.ts";
import { verifyEvidence, type Evidence } from "#projections/verify/evidence.ts";
import type { Finding } from "#projections/verify/finding.ts";
import { gunzipText } from "./artefacts.ts";

/** Where the proof stands in the file's metadata. */
const PROOF = "tallygate.segment";

type Proof = { v: 1; shard: string } & Evidence["segments"][number];

const text = { type: "BYTE_ARRAY", converted_type: "UTF8" } as const;
const whole = { type: "INT64" } as const;

/** What each column is, and how it follows from the line. */
const columns = {
  index: whole,
  stream: text,
  epoch: whole,
  seq: whole,
  at: { type: "INT64", converted_type: "TIMESTAMP_MILLIS" },
  type: text,
  v: whole,
  organisation: text,
  member: text,
  request: text,
  data: text,
  prev: text,
  hash: text,
  line: text,
} as const;
type Column = keyof typeof columns;
const names = Object.keys(columns) as Column[];

/** An event's row, out of its line. */
function rowOf(line: string, index: number): Record<Column, Cell> {
  const read = readLine(line);
  if (read === undefined) throw new Error(`line ${index + 1} is no event`);
  const event = unseal(read);
  const { requestId } = event.data as { requestId?: unknown };
  return {
    index: BigInt(index),
    stream: event.stream,
    epoch: BigInt(event.epoch),
    seq: BigInt(event.seq),
    at: new Date(event.at),
    type: event.type,
    v: BigInt(event.v),
    organisation: event.organisation,
    member: event.cause.member,
    request: typeof requestId === "string" ? requestId : undefined,
    data: JSON.stringify(event.data),
    prev: event.prev,
    hash: event.hash,
    line,
  };
}

const utf8 = new TextDecoder();

/** An artefact's text, unpacked. */
async function unpacked(packed: Uint8Array<ArrayBuffer>): Promise<string> {
  const segment = await gunzipText(packed);
  return segment.text(0, segment.bytes.length);
}

async function textOf(artefacts: ShardArtefacts, file: string): Promise<string> {
  const bytes = await artefacts.read(file);
  if (bytes === undefined) throw new Error(`${artefacts.shard} has no ${file}.`);
  return utf8.decode(bytes);
}

/** The tree of the manifests before segment `n`: from the first, or from the base that begins. */
async function treeBefore(artefacts: ShardArtefacts, n: number): Promise<Frontier> {
  const files = new Set(await artefacts.list());
  let first = 0;
  while (first < n && !files.has(paths.manifest(first))) first += 1;
  let tree: Frontier = EMPTY_FRONTIER;
  if (first > 0) {
    const base = await artefacts.read(paths.base(first));
    const head = base && parseBaseLine((await unpacked(base)).split("\n", 1)[0] ?? "");
    if (head?.kind !== "head") throw new Error(`${artefacts.shard} has no base to begin with.`);
    ({ tree } = head);
  }
  for (let before = first; before < n; before += 1) {
    tree = grow(tree, manifestLeaf(await textOf(artefacts, paths.manifest(before))));
  }
  return tree;
}

/** Writes segment `n` into a file; returns how many events it has. */
export async function writeSegment(
  artefacts: ShardArtefacts,
  n: number,
  file: string,
): Promise<number> {
  const { shard } = artefacts;
  const manifest = await textOf(artefacts, paths.manifest(n));
  const checkpoint = await textOf(artefacts, paths.checkpoint(n));
  const packed = await artefacts.read(paths.segment(n));
  if (packed === undefined) throw new Error(`${shard} has no ${paths.segment(n)}.`);
  const lines = (await unpacked(packed)).split("\n").slice(0, -1);
  // A log's last leaf has the whole subtrees before it for its path, smallest first.
  const path = [...(await treeBefore(artefacts, n)).roots].reverse();
  const proof: Proof = { v: 1, shard, n, manifest, path, checkpoint };
  const rows = lines.map((line, index) => rowOf(line, index));
  // The file is its owner's alone before anything is in it.
  writeFileSync(file, "", { mode: 0o600 });
  const writer = new ParquetWriter({
    writer: fileWriter(file),
    schema: [
      { name: "events", num_children: names.length },
      ...names.map((name) => ({
        name,
        ...columns[name],
        repetition_type: "OPTIONAL" as const,
      })),
    ],
    createdBy: "tallygate",
    kvMetadata: [{ key: PROOF, value: JSON.stringify(proof) }],
  });
  await writer.write({
    columnData: names.map((name) => ({ name, data: rows.map((row) => row[name]) })),
  });
  await writer.finish();
  return lines.length;
}

/** Checks such a file: every event of the segment, as it was signed, and no cell but what follows. */
export async function verifySegment(
  file: string,
  publicKeys: readonly Uint8Array<ArrayBuffer>[],
): Promise<{ events: number; findings: Finding[] }> {
  const buffer = await asyncBufferFromFile(file);
  const { key_value_metadata: known = [] } = await parquetMetadataAsync(buffer);
  const proof = tryParseJson(known.find(({ key }) => key === PROOF)?.value ?? "") as
    | Proof
    | undefined;
  const shard = typeof proof?.shard === "string" ? proof.shard : "";
  const damaged = (message: string) => ({
    events: 0,
    findings: [{ kind: "damaged" as const, message, shard, file }],
  });
  if (proof?.v !== 1) return damaged("it is no segment of an archive: it has no proof");
  const rows = await parquetReadObjects({ file: buffer });
  const lines = rows.map((row) => String(row["line"]));
  const { n, manifest, path, checkpoint } = proof;
  const tree = new InclusionProofs(lines.map((line) => eventLeaf(readLine(line)?.hash ?? "")));
  const events = lines.map((line, index) => ({ line, n, index, path: tree.path(index) }));
  const segments = [{ n, manifest, path, checkpoint }];
  const findings =
    lines.length === 0 ? [] : await verifyEvidence({ v: 1, shard, events, segments }, publicKeys);
  const said = parseManifest(manifest)?.events;
  if (said !== lines.length) {
    const message = `it has ${lines.length} events, the manifest says ${said ?? "nothing"}`;
    findings.push({ kind: "missing", message, shard, file });
  }
  for (const [index, row] of rows.entries()) {
    const should = readLine(lines[index] ?? "") && rowOf(lines[index] ?? "", index);
    const wrong = names.find((name) => !isSameCell(row[name], should?.[name]));
    if (wrong === undefined) continue;
    const message = `its column ${wrong} is not what the event says`;
    findings.push({ kind: "damaged", message, shard, file, line: index + 1 });
  }
  return { events: lines.length, findings };
}
