/** Evidence about a person: gathered part by part, proven, and whole or found out. */
import { beforeAll, describe, expect, test } from "vitest";
import type { ArchiveStore } from "#actors/ledger/archive-store.ts";
import { evidenceSegmentsMax } from "#actors/ledger/limits.ts";
import {
  gatherMemberBase,
  gatherMemberEvidence,
  type EvidencePlace,
  type MemberEvidencePage,
} from "#actors/ledger/member-evidence.ts";
import { EMPTY_FRONTIER, grow, manifestLeaf, paths, type Frontier } from "#events/manifest.ts";
import { InclusionProofs, leafHash } from "#events/merkle.ts";
import { openSigner } from "#events/note.ts";
import type { MemberBase } from "#projections/verify/member-base.ts";
import { isMemberEvidence, verifyMemberEvidence } from "#projections/verify/member-evidence.ts";
import {
  liveTogether,
  packArchive,
  signingKey,
  unzip,
  type Archived,
} from "../../support/archives.ts";

const shard = "l_test_0";
const stream = "u_1";
let keys: Uint8Array<ArrayBuffer>[];
let files: Archived;
let trees: Frontier[];
let count: number;
const segments = 30;
const namedBy = 31;

beforeAll(async () => {
  keys = [(await openSigner(signingKey)).publicKey];
  const batches = liveTogether(3, 160);
  files = await packArchive(batches, { segmentEvents: 5, base: { segments, namedBy } });
  count = batches.flat().filter(({ body }) => body.includes(`"stream":"${stream}"`)).length;
  trees = [EMPTY_FRONTIER];
  for (let n = 0; files.has(paths.manifest(n)); n += 1) {
    const text = new TextDecoder().decode(files.get(paths.manifest(n)));
    trees.push(grow(trees.at(-1) ?? EMPTY_FRONTIER, manifestLeaf(text)));
  }
});

const store: ArchiveStore = {
  create: async () => false,
  remove: async () => {},
  read: async (path) => files.get(path),
};

function pageFrom(from: EvidencePlace): Promise<MemberEvidencePage> {
  const all = trees.slice(0, -1).map((treeBefore, n) => ({ n, treeBefore }));
  return gatherMemberEvidence(store, shard, all.slice(from.n), { stream, from });
}

/** What the base says of a stream, with its proof. */
async function baseOf(name: string): Promise<MemberBase> {
  const base = await unzip(files.get(paths.base(segments)) ?? new Uint8Array(0));
  const text = base.text(0, base.bytes.length);
  const lines = text.slice(0, -1).split("\n");
  const index = lines.findIndex((line) => line.includes(`"stream":"${name}"`));
  const path = new InclusionProofs(lines.map((line) => leafHash(line))).path(index);
  const by = { n: namedBy, treeBefore: trees[namedBy] };
  return gatherMemberBase(store, { line: lines[index] ?? "", index, path }, by);
}

/** Every part as the gateway answers it; with a base, of an archive that begins with it. */
async function parts(base?: MemberBase): Promise<string[][]> {
  const told: string[][] = [];
  let from: EvidencePlace | null = { n: base === undefined ? 0 : segments, index: 0 };
  let cursor: string | null = null;
  while (from !== null) {
    const { bundles, next }: MemberEvidencePage = await pageFrom(from);
    const head = { v: 1, member: "member-1", stream, shard, from: cursor };
    const first = base === undefined || cursor !== null ? [head] : [head, base];
    cursor = next === null ? null : `${next.n}.${next.index}`;
    const events = bundles.reduce((sum, bundle) => sum + bundle.events.length, 0);
    told.push([...first, ...bundles, { next: cursor, events }].map((line) => JSON.stringify(line)));
    from = next;
  }
  return told;
}

const verify = (lines: readonly string[][]) =>
  verifyMemberEvidence(lines.map((part) => `${part.join("\n")}\n`).join(""), keys);

describe("evidence about a person", () => {
  test("has every event of theirs, in parts that the archive's size does not change", async () => {
    const all = await parts();
    expect(all.length).toBe(Math.ceil((trees.length - 1) / evidenceSegmentsMax));
    expect(isMemberEvidence(`${all[0]?.join("\n") ?? ""}\n`)).toBe(true);
    expect(await verify(all)).toEqual({ member: "member-1", stream, events: count, findings: [] });
  });

  test("goes on from the same cursor with the same part", async () => {
    const { next } = await pageFrom({ n: 0, index: 0 });
    expect(await pageFrom(next ?? { n: 0, index: 0 })).toEqual(
      await pageFrom({ n: evidenceSegmentsMax, index: 0 }),
    );
  });

  test.each<[string, (all: string[][]) => string[][], RegExp]>([
    ["a part in the middle", (all) => all.toSpliced(1, 1), /part of it is not there/],
    ["the last part", (all) => all.slice(0, -1), /ends before the last part/],
    ["a segment", (all) => [(all[0] ?? []).toSpliced(3, 1), ...all.slice(1)], /events are missing/],
    [
      "an event",
      ([first = [], ...rest]) => {
        const bundle = JSON.parse(first[2] ?? "") as { events: unknown[] };
        bundle.events.shift();
        return [first.toSpliced(2, 1, JSON.stringify(bundle)), ...rest];
      },
      /events are missing/,
    ],
    [
      "the last event of the last part",
      (all) => {
        const last = all.at(-1) ?? [];
        const bundle = JSON.parse(last.at(-2) ?? "") as { events: unknown[] };
        bundle.events.pop();
        return [...all.slice(0, -1), last.toSpliced(-2, 1, JSON.stringify(bundle))];
      },
      /are not all here|holds no event/,
    ],
    ["its head", (all) => [(all[0] ?? []).slice(1), ...all.slice(1)], /another shard|whose it is/],
  ])("without %s is found out", async (_what, spoil, finding) => {
    const { findings } = await verify(spoil(await parts()));
    expect(findings.map(({ message }) => message).join("\n")).toMatch(finding);
  });

  test("whose event was altered, or that another key signed, is found out", async () => {
    const altered = (await parts()).map((part) =>
      part.map((line) => line.replace("192.0.2.7", "192.0.2.8")),
    );
    expect((await verify(altered)).findings[0]).toMatchObject({ message: /altered/ });
    const [publicKey] = keys;
    const other = new Uint8Array(publicKey ?? []);
    other[0] = (other[0] ?? 0) ^ 1;
    const text = (await parts()).map((part) => part.join("\n")).join("\n");
    const { findings } = await verifyMemberEvidence(text, [other]);
    expect(findings[0]).toMatchObject({ kind: "signature" });
  });
});

const seqOf = ({ base }: MemberBase) => (JSON.parse(base.line) as { seq: number }).seq;
const other = (base: MemberBase, more: object) => ({ ...base, base: { ...base.base, ...more } });

describe("evidence about a person whose oldest events went", () => {
  test("is proven from the base on, and says so", async () => {
    const base = await baseOf(stream);
    const { findings, ...report } = await verify(await parts(base));
    expect(findings).toEqual([]);
    const seq = seqOf(base);
    expect(seq).toBeGreaterThan(10);
    expect(report).toMatchObject({ events: count - seq, base: { segments, seq } });
  });

  test("without what the base says has no beginning", async () => {
    const [first = [], ...rest] = await parts(await baseOf(stream));
    const { findings } = await verify([first.toSpliced(1, 1), ...rest]);
    expect(findings[0]).toMatchObject({ message: /does not follow the beginning/ });
  });

  test("whose last event the base has is known to have no other", async () => {
    const [[head = "", base = ""] = []] = await parts(await baseOf(stream));
    const alone = [head, base, JSON.stringify({ next: null, events: 0 })];
    // The segment that names the base has events of theirs, so it cannot be the end.
    expect((await verify([alone])).findings).toMatchObject([{ message: /not all here/ }]);
  });

  test.each<[string, (base: MemberBase) => MemberBase | Promise<MemberBase>, RegExp]>([
    ["another stream's line", () => baseOf("u_2"), /not the stream's/],
    [
      "a line that was altered",
      (base) =>
        other(base, {
          line: base.base.line.replace(/"seq":(\d+)/, (_all, seq) => `"seq":${+seq - 1}`),
        }),
      /not in the base/,
    ],
    ["another place", (base) => other(base, { index: base.base.index + 1 }), /not in the base/],
    ["no path", (base) => other(base, { path: [] }), /not in the base/],
    [
      "a manifest that names no base",
      async (base) => {
        const by = { n: namedBy - 1, treeBefore: trees[namedBy - 1] };
        return gatherMemberBase(store, base.base, by);
      },
      /not in the base/,
    ],
    [
      "a manifest that the log does not have",
      (base) => ({ ...base, segment: { ...base.segment, path: [] } }),
      /does not cover it/,
    ],
  ])("with %s in place of it is found out", async (_what, spoil, finding) => {
    const { findings } = await verify(await parts(await spoil(await baseOf(stream))));
    expect(findings.map(({ message }) => message).join("\n")).toMatch(finding);
  });

  test("with a base after its first event is found out", async () => {
    const all = await parts(await baseOf(stream));
    const [[head = "", base = "", bundle = "", ...rest] = [], ...others] = all;
    const { findings } = await verify([[head, bundle, base, ...rest], ...others]);
    expect(findings.map(({ message }) => message)).toContain("a base stands where none can");
  });
});
