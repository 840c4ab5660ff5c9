/** The verifier: what is whole passes, and every damage is found and named. */
import { gunzipSync, gzipSync } from "node:zlib";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { canonicalJson } from "#events/canonical.ts";
import { parseCheckpoint } from "#events/checkpoint.ts";
import { hashBody, unseal, type SealedEvent } from "#events/envelope.ts";
import { paths } from "#events/manifest.ts";
import { openSigner, parseNote, toBase64 } from "#events/note.ts";
import { readLine, toLine } from "#events/segment.ts";
import { describe as tell } from "#projections/verify/finding.ts";
import { Sums } from "#projections/verify/sums.ts";
import { verifyArchive } from "#projections/verify/verify.ts";
import {
  inMemory,
  liveTogether,
  packArchive,
  signingKey,
  unzip,
  type Archived,
} from "../../support/archives.ts";

const publicKeys = [(await openSigner(signingKey)).publicKey];
const batches = liveTogether(3, 12);
const whole = await packArchive(batches, { segmentEvents: 20 });

const verify = (files: Archived, more = {}) =>
  verifyArchive([inMemory(files)], { publicKeys, gunzip: unzip, ...more });

/** The archive with a segment's lines changed, and nothing else. */
function withLines(n: number, change: (lines: string[]) => string[]): Archived {
  const text = gunzipSync(whole.get(paths.segment(n)) ?? new Uint8Array()).toString();
  const lines = change(text.slice(0, -1).split("\n"));
  const packed = new Uint8Array(gzipSync(lines.map((line) => `${line}\n`).join("")));
  return new Map([...whole, [paths.segment(n), packed]]);
}

const told = async (files: Archived, more = {}) =>
  (await verify(files, more)).findings.map((finding) => tell(finding));

test("a whole archive has no findings, and every decision in it is made again", async () => {
  const { findings, shards } = await verify(whole);
  expect(findings.map((finding) => tell(finding))).toEqual([]);
  const events = batches.flat();
  const decisions = events
    .map((event) => unseal(event).type)
    .filter((type) => /Admitted|Refused/.test(type));
  expect(decisions.length).toBe(36);
  expect(shards).toMatchObject([{ events: events.length, streams: 3, decisions: 36, segments: 4 }]);
});

describe("tampering", () => {
  test("with any single byte of any artefact is detected", async () => {
    const small = await packArchive(liveTogether(1, 2), { segmentEvents: 3 });
    const sums = new Sums();
    for (const event of liveTogether(1, 2).flat()) sums.apply(unseal(event));
    const views = {
      position: liveTogether(1, 2).flat().length,
      sums: sums.rows(),
    };
    small.set(paths.views, new Uint8Array(new TextEncoder().encode(`${canonicalJson(views)}\n`)));
    expect((await verify(small)).count).toBe(0);
    let bytes = 0;
    for (const [path, content] of small) {
      for (let at = 0; at < content.length; at += 1) {
        const altered = content.slice();
        altered[at] = (altered[at] ?? 0) ^ (1 << (at % 8));
        const { count } = await verify(new Map([...small, [path, altered]]));
        if (count === 0) expect.fail(`${path}: byte ${at} was changed unseen`);
        bytes += 1;
      }
    }
    expect(bytes).toBeGreaterThan(3_000);
  });

  test("with any byte of a larger archive is detected, by any change of it", async () => {
    const files = [...whole.keys()];
    await fc.assert(
      fc.asyncProperty(
        fc.nat(files.length - 1),
        fc.nat(),
        fc.integer({ min: 1, max: 255 }),
        async (which, where, change) => {
          const path = files[which] ?? "";
          const altered = whole.get(path)?.slice() ?? new Uint8Array(0);
          const at = where % altered.length;
          altered[at] = (altered[at] ?? 0) ^ change;
          expect((await verify(new Map([...whole, [path, altered]]))).count).toBeGreaterThan(0);
        },
      ),
      { numRuns: 150 },
    );
  });

  test("an artefact that is gone, or more than there should be, is named", async () => {
    for (const path of whole.keys()) {
      const files = new Map(whole);
      files.delete(path);
      expect(await told(files)).toContain(`l_test_0/${path}: missing: the artefact is not there`);
    }
    const more = new Map([...whole, ["segments/1.gz", new Uint8Array(3)]]);
    expect(await told(more)).toEqual([
      "l_test_0/segments/1.gz: unexpected: no artefact has this name",
    ]);
  });
});

const isOfChain = (text: string): boolean => !/: (decision|budget): /.test(text);

describe("the chain alone", () => {
  const depth = "chain" as const;

  test("takes a whole archive, decides nothing again and compares no views", async () => {
    const views = new Uint8Array(new TextEncoder().encode("{}\n"));
    const { count, shards } = await verify(new Map([...whole, [paths.views, views]]), { depth });
    expect(count).toBe(0);
    expect(shards).toMatchObject([{ events: batches.flat().length, decisions: 0, segments: 4 }]);
  });

  test("detects any single byte of any artefact that was altered", async () => {
    const small = await packArchive(liveTogether(1, 2), { segmentEvents: 3 });
    for (const [path, content] of small) {
      for (let at = 0; at < content.length; at += 1) {
        const altered = content.slice();
        altered[at] = (altered[at] ?? 0) ^ (1 << (at % 8));
        const { count } = await verify(new Map([...small, [path, altered]]), { depth });
        if (count === 0) expect.fail(`${path}: byte ${at} was changed unseen`);
      }
    }
  });

  test("finds what every check finds of events that are gone, repeated or altered", async () => {
    const changes: ((lines: string[]) => string[])[] = [
      (lines) => lines.filter((_, n) => n !== 4),
      (lines) => [...lines.slice(0, 5), ...lines.slice(4)],
      (lines) => lines.map((line, n) => (n === 2 ? line.replace('"v":1}', '"v":2}') : line)),
      (lines) => lines.map((line, n) => (n === 6 ? line.replace('{"at":17', '{"at":16') : line)),
    ];
    for (const change of changes) {
      const files = withLines(1, change);
      expect(await told(files, { depth })).toEqual((await told(files)).filter(isOfChain));
    }
  });
});

const at = (n: number) => readLine(toLine(batches.flat()[20 + n] as SealedEvent));

describe("an event that was", () => {
  const file = "l_test_0/segments/0000000001.ndjson.gz";

  test("dropped is named by its stream and number", async () => {
    const findings = await told(withLines(1, (lines) => lines.filter((_, n) => n !== 4)));
    const { stream, seq = 0 } = at(4) ?? {};
    const next = batches
      .flat()
      .slice(25)
      .find((event) => readLine(toLine(event))?.stream === stream);
    const line = batches.flat().indexOf(next as SealedEvent) - 20;
    expect(findings).toContain(
      `${file}:${line}: chain: events ${seq} to ${seq} of the stream are missing before it (stream ${stream}, event ${seq + 1})`,
    );
  });

  test("repeated is named by its line", async () => {
    const findings = await told(withLines(1, (lines) => [...lines.slice(0, 5), ...lines.slice(4)]));
    const { stream, seq = 0 } = at(4) ?? {};
    expect(findings).toContain(
      `${file}:6: chain: event ${seq} is repeated or out of order; ${seq + 1} was expected (stream ${stream}, event ${seq})`,
    );
  });

  test("swapped with another is seen", async () => {
    const findings = await told(withLines(1, ([a = "", b = "", ...rest]) => [b, a, ...rest]));
    expect(findings.join("\n")).toContain("its events are not those that were signed");
  });

  test("altered is named by its line", async () => {
    const findings = await told(
      withLines(1, (lines) =>
        lines.map((line, n) => (n === 2 ? line.replace('"v":1}', '"v":2}') : line)),
      ),
    );
    const { stream, seq } = at(2) ?? {};
    expect(findings).toContain(
      `${file}:3: chain: the event was altered (stream ${stream}, event ${seq})`,
    );
  });
});

test("what is wrong in several streams of a segment is told in the order of its lines", async () => {
  const altered = [2, 3, 4, 9, 10, 11];
  const findings = await told(
    withLines(1, (lines) =>
      lines.map((line, n) => (altered.includes(n) ? line.replace('"v":1}', '"v":2}') : line)),
    ),
  );
  const places = findings.filter((text) => text.includes("was altered"));
  expect(places.map((text) => Number(/gz:(\d+):/.exec(text)?.[1]))).toEqual(
    altered.map((n) => n + 1),
  );
  expect(new Set(places.map((text) => /stream (\w+)/.exec(text)?.[1])).size).toBe(3);
});

/** The same lives, with facts of one stream changed and everything after them sealed anew. */
function rewritten(change: (data: Record<string, unknown>, type: string) => void): SealedEvent[][] {
  const heads = new Map<string, string>();
  return batches.map((batch) =>
    batch.map((sealed) => {
      const { hash: _hash, ...envelope } = unseal(sealed);
      change(envelope.data as Record<string, unknown>, envelope.type);
      envelope.prev = heads.get(envelope.stream) ?? envelope.prev;
      const body = canonicalJson(envelope);
      heads.set(envelope.stream, hashBody(body));
      return { seq: sealed.seq, body, hash: hashBody(body) };
    }),
  );
}

describe("a history that its keeper wrote anew", () => {
  test("with another key is not the known one's", async () => {
    const key = toBase64(new Uint8Array(32).fill(8));
    const other = await packArchive(batches, { segmentEvents: 20, key });
    expect(await told(other)).toEqual(
      [0, 1, 2, 3].map(
        (n) => `l_test_0/${paths.checkpoint(n)}: signature: no known key has signed it`,
      ),
    );
    const both = [...publicKeys, (await openSigner(key)).publicKey];
    expect((await verify(other, { publicKeys: both })).count).toBe(0);
  });

  test("with the same key differs from a checkpoint that was seen before", async () => {
    const seen = parseNote(new TextDecoder().decode(whole.get(paths.checkpoint(2))));
    const trusted = [parseCheckpoint(seen?.text ?? "")];
    expect((await verify(whole, { trusted })).count).toBe(0);
    const other = await packArchive(
      rewritten((data) => {
        if (data["member"] !== undefined) data["userAgent"] = "another";
      }),
      { segmentEvents: 20 },
    );
    expect((await verify(other)).count).toBe(0);
    expect(await told(other, { trusted })).toEqual([
      `l_test_0/${paths.checkpoint(2)}: fork: the history up to here is not the one that was seen before`,
    ]);
    const cut = new Map([...whole].filter(([path]) => !/000[23]\./.test(path)));
    expect(await told(cut, { trusted })).toEqual([
      "l_test_0: fork: 3 segments were seen before, 2 are here: the tail is gone",
    ]);
  });

  test("with a decision that its past does not give is found, whoever signed it", async () => {
    const cheaper = await packArchive(
      rewritten((data, type) => {
        if (type === "RequestSettled") data["overrunNanos"] = 7;
      }),
      { segmentEvents: 20 },
    );
    expect((await told(cheaper))[0]).toContain(
      'decision: RequestSettled: decided again its "overrunNanos" is 0',
    );
    const richer = await packArchive(
      rewritten((data, type) => {
        if (type === "RequestAdmitted")
          for (const budget of data["budgets"] as { limitNanos: number }[]) budget.limitNanos = 999;
      }),
      { segmentEvents: 20 },
    );
    const findings = await told(richer);
    expect(findings.some((text) => text.includes('budget: budget "monthly" of 999 has 1000'))).toBe(
      true,
    );
    expect(findings.some((text) => text.includes("decided again it is RequestRefused"))).toBe(true);
  });
});

test("the one event of a segment that names its policy by another hash is the one that is told", async () => {
  let asked = 0;
  const other = rewritten((data) => {
    if (data["policyHash"] === undefined) return;
    asked += 1;
    if (asked === 3) data["policyHash"] = "ba".repeat(32);
  });
  const line = other.flat().findIndex(({ body }) => body.includes('"policyHash":"ba'));
  const findings = await told(await packArchive(other, { segmentEvents: 50 }));
  const { stream, seq } = readLine(toLine(other.flat()[line] as SealedEvent)) ?? {};
  expect(findings).toEqual([
    `l_test_0/${paths.segment(0)}:${line + 1}: policy: policy version 1 is named with two hashes (stream ${stream}, event ${seq})`,
  ]);
});

test("a policy version that two shards name with two hashes is found, whichever came first", async () => {
  const other = await packArchive(
    rewritten((data) => {
      if (data["policyHash"] !== undefined) data["policyHash"] = "ba".repeat(32);
    }),
    { shard: "l_test_1", segmentEvents: 20 },
  );
  const shards = [inMemory(whole), inMemory(other, "l_test_1")];
  const { findings } = await verifyArchive(shards, { publicKeys, gunzip: unzip });
  expect(findings.map((finding) => tell(finding))).toEqual([
    "l_test_1: policy: policy version 1 is named with two hashes",
  ]);
});
