/** Exports with proofs: what verifies, and what is found of every kind of tampering. */
import { expect, test } from "vitest";
import { gatherEvidence } from "#actors/ledger/evidence.ts";
import { canonicalJson } from "#events/canonical.ts";
import { unseal } from "#events/envelope.ts";
import { EMPTY_FRONTIER, grow, manifestLeaf, paths, type Frontier } from "#events/manifest.ts";
import { openSigner } from "#events/note.ts";
import { auditTable } from "#projections/audit.ts";
import type { AuditEntry } from "#projections/audit-entry.ts";
import { Workbench } from "#projections/fold-batch.ts";
import { headOf, textOf, type ListFormat } from "#projections/out/audit-list.ts";
import { endLine, EXPORT_ORIGIN, ListProof } from "#projections/out/list-proof.ts";
import { ListCheck, type ListReport } from "#projections/verify/list-proof.ts";
import { liveTogether, packArchive, signingKey } from "../../support/archives.ts";

const shard = "l_test_0";
const batches = liveTogether(2, 12);
const files = await packArchive(batches, { segmentEvents: 20 });
const signer = await openSigner(signingKey);
const publicKeys = [signer.publicKey];
const store = { read: async (path: string) => files.get(path) } as never;
const utf8 = new TextEncoder();

/** Every segment, with the tree of the manifests before it. */
function segments() {
  const all: { n: number; treeBefore: Frontier | undefined }[] = [];
  let tree = EMPTY_FRONTIER;
  for (let n = 0; files.has(paths.manifest(n)); n += 1) {
    all.push({ n, treeBefore: tree });
    tree = grow(tree, manifestLeaf(new TextDecoder().decode(files.get(paths.manifest(n)))));
  }
  return all;
}

const bench = new Workbench(() => undefined);
for (const event of batches.flat()) bench.apply(unseal(event));
// As the view keeps them.
const entries = bench
  .entries()
  .map((entry) => auditTable.fromRow(auditTable.toRow(entry)))
  .toSorted((a, b) => (a.id < b.id ? 1 : -1));

interface Made {
  exported: string;
  proof: string;
}

/** An export of some entries, in two pages, as the gateway makes it. */
async function made(
  format: ListFormat,
  some: readonly AuditEntry[] = entries,
  key = signer,
): Promise<Made> {
  const list = new ListProof(format);
  let proof = list.begin();
  const half = Math.ceil(some.length / 2);
  for (const page of [some.slice(0, half), some.slice(half)]) {
    const queries = page.map(({ source }) => source);
    const bundle = await gatherEvidence(store, shard, segments(), queries);
    proof += list.page(
      page.map((entry) => ({ entry, shard })),
      [bundle],
    );
  }
  const asked = { organisation: "acme", at: 1, query: canonicalJson({ kind: "request" }) };
  proof += endLine(await key.sign(EXPORT_ORIGIN, list.end(asked)));
  return { exported: headOf(format) + some.map((entry) => textOf(entry, format)).join(""), proof };
}

async function verified(exported: Uint8Array, proof: Uint8Array): Promise<ListReport> {
  const check = new ListCheck({ publicKeys, exported });
  const lines = new TextDecoder().decode(proof).split("\n");
  const rest = lines.pop() ?? "";
  for (const line of lines) await check.take(line);
  if (rest !== "") await check.take(rest);
  return check.end(rest !== "");
}

const ofText = ({ exported, proof }: Made) => verified(utf8.encode(exported), utf8.encode(proof));
const messages = ({ findings }: ListReport) => findings.map(({ message }) => message).join("; ");

test.each(["ndjson", "csv"] as const)("an export as %s is what its proof says", async (format) => {
  const report = await ofText(await made(format));
  expect(report).toMatchObject({ entries: entries.length, findings: [], count: 0 });
  expect(report.entries).toBeGreaterThan(20);
  expect(report.statement).toMatchObject({ organisation: "acme", unproven: 0, format });
});

/** The bytes with a bit of one changed. */
function flipped(bytes: Uint8Array, at: number): Uint8Array {
  const copy = bytes.slice();
  copy[at] = (copy[at] ?? 0) ^ (1 << (at % 8));
  return copy;
}

test("a byte that is changed, in the export or its proof, is found and named", async () => {
  const { exported, proof } = await made("csv", entries.slice(0, 3));
  const [export1, proof1] = [utf8.encode(exported), utf8.encode(proof)];
  for (let at = 0; at < export1.length; at += 5) {
    const report = await verified(flipped(export1, at), proof1);
    expect(messages(report), `byte ${at}`).toMatch(/of the export is not what the log says/);
  }
  const end = proof.lastIndexOf("\n", proof.length - 2);
  const places = [
    ...Array.from({ length: Math.floor(end / 37) }, (_, n) => n * 37),
    ...Array.from({ length: proof1.length - end }, (_, n) => end + n),
  ];
  for (const at of places) {
    const report = await verified(export1, flipped(proof1, at));
    expect(report.count, `byte ${at} of the proof`).toBeGreaterThan(0);
  }
});

test("an entry that is left out, put elsewhere or added is found, in the export and in its proof", async () => {
  const { exported, proof } = await made("ndjson", entries.slice(0, 4));
  const lines = exported.trimEnd().split("\n");
  const [a = "", b = "", ...rest] = lines;
  const others = {
    "entry 1, .* of the export is not": [b, a, ...rest],
    "entry 2, .* of the export is not": [a, ...rest],
    "bytes after its last entry": [...lines, a],
  };
  for (const [message, other] of Object.entries(others)) {
    const report = await ofText({ exported: `${other.join("\n")}\n`, proof });
    expect(messages(report)).toMatch(new RegExp(message));
  }
  // The proof is cut to fit: its end says how much there was.
  const shorter = await made("ndjson", entries.slice(0, 3));
  const cut = shorter.proof.split("\n").slice(0, -2);
  const signed = proof.split("\n").at(-2) ?? "";
  const report = await ofText({ ...shorter, proof: `${[...cut, signed].join("\n")}\n` });
  expect(messages(report)).toMatch(/the proof is not the one that was signed/);
  expect(messages(report)).toMatch(/what follows from the proof is not what was signed/);
});

test("who signs with another key, or tells of other events than the log has, is found", async () => {
  const other = await openSigner(btoa("y".repeat(32)));
  expect(messages(await ofText(await made("csv", entries, other)))).toBe(
    "no known key has signed it",
  );
  const { exported, proof } = await made("ndjson");
  const told = proof.replace('\\"member\\":\\"member-1\\"', '\\"member\\":\\"member-9\\"');
  expect(told).not.toBe(proof);
  expect(messages(await ofText({ exported, proof: told }))).toMatch(/the event was altered/);
  const end = proof.lastIndexOf("\n", proof.length - 2) + 1;
  const unsigned = await ofText({ exported, proof: proof.slice(0, end) });
  expect(messages(unsigned)).toBe("it does not end with what was signed");
});

test("an entry whose events the archive does not have is carried as it was, and counted", async () => {
  const [first, second] = entries;
  if (first === undefined || second === undefined) throw new Error("there are no entries");
  const source = { ...first.source, seqs: [...first.source.seqs, 9_999] };
  const report = await ofText(await made("csv", [{ ...first, source }, second]));
  expect(report).toMatchObject({ entries: 2, count: 0, statement: { unproven: 1 } });
});
