/** What retention lets go: a base stands for it, whatever dies, and everything goes on from there. */
import {
  env,
  evictDurableObject,
  runDurableObjectAlarm,
  runInDurableObject,
} from "cloudflare:test";
import { describe, expect, test } from "vitest";
import { gunzip, type ArchiveStore } from "#actors/ledger/archive-store.ts";
import type { LedgerActor } from "#actors/ledger/ledger-actor.ts";
import { hotMs, retentionEveryMs } from "#actors/ledger/limits.ts";
import { parseBaseLine } from "#events/base.ts";
import { canonicalJson } from "#events/canonical.ts";
import { unseal, type SealedEvent } from "#events/envelope.ts";
import { paths } from "#events/manifest.ts";
import { segmentOf } from "#events/segment-scan.ts";
import { openSigner } from "#events/note.ts";
import { readLine, toLine } from "#events/segment.ts";
import { describe as tell } from "#projections/verify/finding.ts";
import { verifyMemberEvidence } from "#projections/verify/member-evidence.ts";
import { verifyArchive } from "#projections/verify/verify.ts";
import { liveTogether, signingKey } from "../../support/archives.ts";
import { freshLedger, type LedgerStub } from "../../support/ledgers.ts";

const { ARCHIVE } = env as unknown as { ARCHIVE: R2Bucket };
const publicKeys = [(await openSigner(signingKey)).publicKey];
const batches = liveTogether(3, 14);
const days40 = 40 * 24 * 60 * 60 * 1_000;
/** Five segments, of which four are old. */
const parts = [0, 8, 16, 24, 32].map((from) => batches.slice(from, from + 8));
const rest = batches.slice(40);

async function feed(ledger: LedgerStub, some: readonly SealedEvent[][]): Promise<void> {
  for (const events of some) {
    const [first] = events;
    const { stream = "" } = (first && readLine(toLine(first))) ?? {};
    const reply = await ledger.ingest({ organisation: "acme", stream, epoch: 1, events });
    expect(reply.outcome).toBe("ok");
  }
}

async function filesOf(ledger: LedgerStub): Promise<Map<string, Uint8Array<ArrayBuffer>>> {
  const shard = ledger.name ?? "";
  const { objects } = await ARCHIVE.list({ prefix: `${shard}/` });
  const files = new Map<string, Uint8Array<ArrayBuffer>>();
  for (const { key } of objects) {
    const object = await ARCHIVE.get(key);
    const bytes = (await object?.arrayBuffer()) ?? new ArrayBuffer();
    files.set(key.slice(shard.length + 1), new Uint8Array(bytes));
  }
  return files;
}

const unpack = async (bytes: Uint8Array<ArrayBuffer>) => {
  const text = await gunzip(bytes);
  if (text === undefined) throw new Error("damaged");
  return segmentOf(new TextEncoder().encode(text));
};

async function verify(ledger: LedgerStub) {
  const files = await filesOf(ledger);
  const views = `${canonicalJson(await ledger.exportViews())}\n`;
  files.set(paths.views, new Uint8Array(new TextEncoder().encode(views)));
  const source = {
    shard: ledger.name ?? "",
    list: async () => [...files.keys()],
    read: async (path: string) => files.get(path),
  };
  const { findings, shards } = await verifyArchive([source], { publicKeys, gunzip: unpack });
  return { told: findings.map((finding) => tell(finding)), shard: shards[0] };
}

/** A ledger with five segments, four of them older than policy keeps, out of its own log, too. */
async function aged(): Promise<LedgerStub> {
  const ledger = freshLedger();
  for (const part of parts) {
    await feed(ledger, part);
    await ledger.archiveNow();
  }
  await runInDurableObject(ledger, async (actor: LedgerActor, { storage: { sql } }) => {
    sql.exec("UPDATE segments SET at = at - ? WHERE n < 4", days40);
    await actor.archivist.run(Date.now());
  });
  return ledger;
}

const keep = { archiveDays: 35, legalHold: false };
const later = (times: number) => Date.now() + times * 2 * retentionEveryMs;

/** Lets the actor do all that is due at a moment; says what is in the way. */
function run(ledger: LedgerStub, at: number, section: typeof keep | null = keep) {
  return runInDurableObject(ledger, async (actor: LedgerActor) => {
    actor.retention.policy = async () => section ?? undefined;
    for (let steps = 0; steps < 50; steps += 1) {
      if ((await actor.retention.step(at)) > at) break;
    }
    return actor.retention.trouble;
  });
}

/** A ledger whose old segments went. */
async function letGo(): Promise<LedgerStub> {
  const ledger = await aged();
  await run(ledger, Date.now());
  await feed(ledger, rest);
  await ledger.archiveNow();
  await run(ledger, later(1));
  return ledger;
}

const sorted = (rows: object[]) => rows.map((row) => canonicalJson(row)).sort();

const old = [0, 1, 2, 3];
const position = parts.slice(0, 4).flat(2).length;

describe("segments that policy no longer keeps", () => {
  test("go once a checkpoint signs the base that stands for them", async () => {
    const ledger = await aged();
    expect(await run(ledger, Date.now())).toBeUndefined();
    let files = await filesOf(ledger);
    expect(files.has(paths.base(4))).toBe(true);
    expect(files.size).toBe(16);
    // Nothing signs it yet.
    await run(ledger, later(1));
    expect((await filesOf(ledger)).size).toBe(16);
    await feed(ledger, rest);
    await ledger.archiveNow();
    expect((await verify(ledger)).told).toEqual([]);
    await run(ledger, later(2));
    files = await filesOf(ledger);
    const gone = old.flatMap((n) => [paths.segment(n), paths.manifest(n)]);
    expect(gone.filter((path) => files.has(path))).toEqual([]);
    const left = [3, 4, 5].map((n) => paths.checkpoint(n));
    expect([...files.keys()].filter((path) => path.startsWith("checkpoints"))).toEqual(left);
    const { told, shard } = await verify(ledger);
    expect(told).toEqual([]);
    expect(shard).toMatchObject({ base: { segments: 4, position }, segments: 2 });
    expect(await ledger.archiveStatus()).toMatchObject({ first: 4, bases: [4], segments: 6 });
  });

  test.each([
    ["without the section", null],
    ["under a legal hold", { ...keep, legalHold: true }],
  ])("stay %s", async (_name, section) => {
    const ledger = await aged();
    await run(ledger, Date.now(), section);
    await feed(ledger, rest);
    await ledger.archiveNow();
    await run(ledger, later(1), section);
    expect((await filesOf(ledger)).size).toBe(18);
  });

  test("stay when a hold comes before they are removed, and while a sink lacks them", async () => {
    const ledger = await aged();
    await run(ledger, Date.now());
    await feed(ledger, rest);
    await ledger.archiveNow();
    await run(ledger, later(1), { ...keep, legalHold: true });
    expect((await filesOf(ledger)).size).toBe(19);
    await runInDurableObject(ledger, (_actor, { storage: { sql } }) => {
      sql.exec("INSERT INTO dead_letters VALUES ('siem', 3, 0, 400, 0)");
    });
    expect(await run(ledger, later(2))).toMatch(/a sink has not got/);
    expect((await filesOf(ledger)).size).toBe(19);
    await runInDurableObject(ledger, (_actor, { storage: { sql } }) => {
      sql.exec("DELETE FROM dead_letters");
    });
    await run(ledger, later(3));
    expect((await filesOf(ledger)).size).toBe(8);
  });

  test("go by the shard's own alarm where nobody writes to it any more", async () => {
    const ledger = await aged();
    await runInDurableObject(ledger, async (actor: LedgerActor, { storage }) => {
      actor.retention.policy = async () => keep;
      await storage.deleteAlarm();
    });
    await evictDurableObject(ledger);
    const before = await runInDurableObject(ledger, (actor: LedgerActor) => {
      actor.retention.policy = async () => keep;
      return actor.archivist.status().events;
    });
    for (let wakes = 0; wakes < 40 && (await ledger.archiveStatus()).first !== 4; wakes += 1) {
      expect(await runDurableObjectAlarm(ledger)).toBe(true);
      await runInDurableObject(ledger, (_actor, { storage: { sql } }) => {
        sql.exec("UPDATE meta SET v = '0' WHERE k = 'retention-due'");
      });
    }
    await run(ledger, Date.now());
    const { told, shard } = await verify(ledger);
    expect(told).toEqual([]);
    // The last one holds no event: it names the base.
    expect(shard).toMatchObject({ base: { segments: 4 }, segments: 2, events: before - position });
    expect((await filesOf(ledger)).has(paths.segment(3))).toBe(false);
    const next = await runInDurableObject(ledger, (_actor, { storage }) => storage.getAlarm());
    expect(next).not.toBeNull();
    // Nothing has come since, so there is nothing to make another base for.
    await run(ledger, later(30));
    expect(await ledger.archiveStatus()).toMatchObject({ bases: [4], segments: 6 });
    await feed(ledger, rest);
    await ledger.archiveNow();
    expect((await verify(ledger)).told).toEqual([]);
    expect(await ledger.rebuildViews()).toMatchObject({ differences: 0 });
  });

  test("are known to be gone: nothing is told of them, everything of what came after", async () => {
    const ledger = await letGo();
    const events = batches.flat().map((sealed) => unseal(sealed));
    const decisions = events.filter(({ type }) => /Admitted|Refused/.test(type));
    const [first] = decisions;
    const last = decisions.at(-1);
    if (first === undefined || last === undefined) throw new Error("no decisions");
    await runInDurableObject(ledger, async (actor: LedgerActor) => {
      const gone = "is not kept any more";
      const { stream, seq, at } = first;
      await expect(actor.explain({ stream, seq })).rejects.toThrow(gone);
      await expect(actor.viewsAt(at)).rejects.toThrow(gone);
      await expect(actor.principalAt({ stream, until: { seq } })).rejects.toThrow(gone);
      await expect(actor.history({ stream, from: 1, limit: 10 })).rejects.toThrow(gone);
    });
    expect(await ledger.explain({ stream: last.stream, seq: last.seq })).toMatchObject({
      same: true,
    });
    const then = await ledger.viewsAt(Number.MAX_SAFE_INTEGER);
    const now = await ledger.exportViews();
    expect(then.position).toBe(now.position);
    expect(sorted(then.sums)).toEqual(sorted(now.sums));
    const state = await ledger.principalAt({ stream: last.stream, until: { seq: last.seq } });
    expect(state.seq).toBe(last.seq);
  });

  test("are stood for in a person's evidence by what the base says of them", async () => {
    const ledger = await letGo();
    const stream = "u_1";
    const from = { n: 0, index: 0 };
    const { base, bundles, next } = await ledger.memberEvidence({ stream, from });
    const head = { v: 1, member: "member-1", stream, shard: ledger.name, from: null };
    const text = [head, base, ...bundles, { next, events: 0 }].map((line) => JSON.stringify(line));
    const report = await verifyMemberEvidence(text.join("\n"), publicKeys);
    expect(report.findings).toEqual([]);
    const last = readLine(bundles.at(-1)?.events.at(-1)?.line ?? "");
    expect(report.events).toBe((last?.seq ?? 0) - (report.base?.seq ?? 0));
    expect(report.base).toMatchObject({ segments: 4 });
    // Who came after the base has all of theirs, and no base.
    expect(await ledger.memberEvidence({ stream: "u_9", from })).toEqual({
      bundles: [],
      next: null,
    });
  });

  test("stay while the bucket is locked, whose reason is told, and go after that", async () => {
    const ledger = await aged();
    await run(ledger, Date.now());
    await feed(ledger, rest);
    await ledger.archiveNow();
    const before = [...(await filesOf(ledger)).keys()].sort();
    let store: ArchiveStore | undefined;
    const lock = (isLocked: boolean) =>
      runInDurableObject(ledger, ({ archivist }: LedgerActor) => {
        store ??= archivist.store;
        archivist.store = isLocked ? locked(store) : store;
      });
    await lock(true);
    expect(await run(ledger, later(1))).toBe("the object is locked");
    expect([...(await filesOf(ledger)).keys()].sort()).toEqual(before);
    expect(await ledger.archiveStatus()).toMatchObject({ trouble: "the object is locked" });
    expect((await verify(ledger)).told).toEqual([]);
    await lock(false);
    expect(await run(ledger, later(2))).toBeUndefined();
    expect((await filesOf(ledger)).size).toBe(8);
    expect((await verify(ledger)).told).toEqual([]);
  });

  test("leave views that a rebuild from the base gives again, also after more events", async () => {
    const ledger = await letGo();
    const before = await ledger.exportViews();
    expect(await ledger.rebuildViews()).toMatchObject({ differences: 0 });
    expect(await ledger.exportViews()).toEqual(before);
    // Holds from before the base expire after it.
    await feed(ledger, liveTogether(3, 45));
    expect(await ledger.rebuildViews()).toMatchObject({ differences: 0 });
    // A row that is not the fold of base and events is found all the same.
    await runInDurableObject(ledger, (_actor, { storage: { sql } }) => {
      sql.exec('UPDATE "sumsByDay" SET "costNanos" = "costNanos" + 1');
    });
    expect((await ledger.rebuildViews()).differences).toBeGreaterThan(0);
  });

  test("are not needed by views of a newer version", async () => {
    const ledger = await letGo();
    const before = await ledger.exportViews();
    await runInDurableObject(ledger, (_actor, { storage: { sql } }) => {
      sql.exec("UPDATE meta SET v = 'older' WHERE k = 'views'");
    });
    await evictDurableObject(ledger);
    await runInDurableObject(ledger, async (actor: LedgerActor) => {
      for (let steps = 0; steps < 20; steps += 1) await actor.onAlarm();
    });
    expect(await ledger.exportViews()).toEqual(before);
    expect((await ledger.auditEvents({ filter: {}, limit: 500 })).entries.length).toBeGreaterThan(
      0,
    );
  });
});

/** A store as it is under a bucket lock: what is written cannot be removed. */
function locked(store: ArchiveStore): ArchiveStore {
  return {
    create: (path, bytes) => store.create(path, bytes),
    read: (path) => store.read(path),
    remove: () => Promise.reject(new Error("the object is locked")),
  };
}

/** A store that dies once: before its `step`th change, or right after it. */
function dying(store: ArchiveStore, step: number, after: boolean): ArchiveStore {
  let changes = 0;
  const change = async <T>(work: () => Promise<T>): Promise<T> => {
    changes += 1;
    if (changes === step && !after) throw new Error("died before it");
    const done = await work();
    if (changes === step && after) throw new Error("died after it");
    return done;
  };
  return {
    create: (path, bytes) => change(() => store.create(path, bytes)),
    read: (path) => store.read(path),
    remove: (gone) => change(() => store.remove(gone)),
  };
}

describe("a crash", () => {
  test.each([1, 2].flatMap((step) => [false, true].map((after) => ({ step, after }))))(
    "at change $step of the archive (after it: $after) leaves what verifies, and is made good",
    async ({ step, after }) => {
      const ledger = await aged();
      let store: ArchiveStore | undefined;
      const die = (on: boolean) =>
        runInDurableObject(ledger, ({ archivist }: LedgerActor) => {
          store ??= archivist.store;
          archivist.store = on ? dying(store, 1, after) : store;
        });
      await die(step === 1);
      expect(await run(ledger, Date.now())).toEqual(
        step === 1 ? expect.stringMatching(/died/) : undefined,
      );
      await die(false);
      expect((await verify(ledger)).told).toEqual([]);
      await run(ledger, later(1));
      await feed(ledger, rest);
      await ledger.archiveNow();
      await die(step === 2);
      expect(await run(ledger, later(2))).toEqual(
        step === 2 ? expect.stringMatching(/died/) : undefined,
      );
      await die(false);
      expect((await verify(ledger)).told).toEqual([]);
      expect(await ledger.rebuildViews()).toMatchObject({ differences: 0 });
      await evictDurableObject(ledger);
      await run(ledger, later(3));
      const files = await filesOf(ledger);
      expect(files.size).toBe(8);
      expect((await verify(ledger)).told).toEqual([]);
    },
  );

  test("of the transaction that notes a base finds its file, and makes no second", async () => {
    const ledger = await aged();
    await run(ledger, Date.now());
    const written = (await filesOf(ledger)).get(paths.base(4));
    await runInDurableObject(ledger, (_actor, { storage: { sql } }) => {
      sql.exec("DELETE FROM bases");
    });
    await evictDurableObject(ledger);
    expect(await run(ledger, later(1))).toBeUndefined();
    expect((await filesOf(ledger)).get(paths.base(4))).toEqual(written);
    await feed(ledger, rest);
    await ledger.archiveNow();
    expect((await verify(ledger)).told).toEqual([]);
  });
});

test.each([
  ["of a form that is read", "6", true],
  ["of one that is not", "1", false],
])("a base after an upgrade goes on from states %s", async (_name, form, isKept) => {
  const ledger = await letGo();
  await runInDurableObject(ledger, async (actor: LedgerActor, { storage: { sql } }) => {
    sql.exec(
      "INSERT INTO meta VALUES ('base-state-form', ?) ON CONFLICT DO UPDATE SET v = ?",
      form,
      form,
    );
    sql.exec("UPDATE segments SET at = ? WHERE n = 4", Date.now() - hotMs - days40 / 4);
    sql.exec("UPDATE bases SET through = 0");
  });
  await run(ledger, later(2));
  const bytes = (await filesOf(ledger)).get(paths.base(5)) ?? new Uint8Array(0);
  const lines = ((await gunzip(bytes)) ?? "").slice(0, -1).split("\n");
  const states = lines.flatMap((text) => {
    const line = parseBaseLine(text);
    return line?.kind === "stream" ? [line.state !== null && line.tally !== null] : [];
  });
  expect(states).toEqual([isKept, isKept, isKept]);
});

test("the next base stands for the one before and what came since, which then go", async () => {
  const ledger = await letGo();
  await runInDurableObject(ledger, (_actor, { storage: { sql } }) => {
    sql.exec("UPDATE segments SET at = ? WHERE n = 4", Date.now() - hotMs - days40 / 4);
    sql.exec("UPDATE bases SET through = 0");
  });
  await run(ledger, later(2));
  await feed(ledger, liveTogether(3, 20));
  await ledger.archiveNow();
  expect((await verify(ledger)).told).toEqual([]);
  await run(ledger, later(3));
  const files = await filesOf(ledger);
  expect([...files.keys()].filter((path) => path.startsWith("bases"))).toEqual([paths.base(5)]);
  const { told, shard } = await verify(ledger);
  expect(told).toEqual([]);
  expect(shard).toMatchObject({ base: { segments: 5 } });
  expect(await ledger.rebuildViews()).toMatchObject({ differences: 0 });
});
