/** The archive of a shard in R2: written once, finished after any crash, trimmed after it is kept. */
import {
  env,
  evictDurableObject,
  runDurableObjectAlarm,
  runInDurableObject,
} from "cloudflare:test";
import { describe, expect, test } from "vitest";
import { gunzip, type ArchiveStore } from "#actors/ledger/archive-store.ts";
import type { LedgerActor } from "#actors/ledger/ledger-actor.ts";
import { hotMs } from "#actors/ledger/limits.ts";
import { canonicalJson } from "#events/canonical.ts";
import type { SealedEvent } from "#events/envelope.ts";
import { paths } from "#events/manifest.ts";
import { segmentOf } from "#events/segment-scan.ts";
import { openSigner } from "#events/note.ts";
import { readLine, toLine } from "#events/segment.ts";
import { verifyArchive } from "#projections/verify/verify.ts";
import { liveTogether, signingKey } from "../../support/archives.ts";
import { freshLedger, rowsWritten, viewsOf, type LedgerStub } from "../../support/ledgers.ts";

const { ARCHIVE } = env as unknown as { ARCHIVE: R2Bucket };
const publicKeys = [(await openSigner(signingKey)).publicKey];

async function feed(ledger: LedgerStub, batches: readonly SealedEvent[][]): Promise<void> {
  for (const events of batches) {
    const [first] = events;
    const { stream = "" } = (first && readLine(toLine(first))) ?? {};
    const reply = await ledger.ingest({ organisation: "acme", stream, epoch: 1, events });
    expect(reply.outcome).toBe("ok");
  }
}

async function filesOf(shard: string): Promise<Map<string, Uint8Array<ArrayBuffer>>> {
  const { objects } = await ARCHIVE.list({ prefix: `${shard}/` });
  const files = new Map<string, Uint8Array<ArrayBuffer>>();
  for (const { key } of objects) {
    const object = await ARCHIVE.get(key);
    files.set(
      key.slice(shard.length + 1),
      new Uint8Array((await object?.arrayBuffer()) ?? new ArrayBuffer()),
    );
  }
  return files;
}

const unpack = async (bytes: Uint8Array<ArrayBuffer>) => {
  const text = await gunzip(bytes);
  if (text === undefined) throw new Error("damaged");
  return segmentOf(new TextEncoder().encode(text));
};

/** Verifies what R2 has of a shard, and the views that the ledger tells. */
async function verify(ledger: LedgerStub, views = true) {
  const shard = ledger.name ?? "";
  const files = await filesOf(shard);
  if (views) {
    const exported = canonicalJson(await ledger.exportViews());
    files.set(paths.views, new Uint8Array(new TextEncoder().encode(`${exported}\n`)));
  }
  const source = {
    shard,
    list: async () => [...files.keys()],
    read: async (path: string) => files.get(path),
  };
  return verifyArchive([source], { publicKeys, gunzip: unpack });
}

const batches = liveTogether(3, 12);
const count = batches.flat().length;

test("what a shard took is archived in its order, signed, and verifies with its views", async () => {
  const ledger = freshLedger();
  await feed(ledger, batches.slice(0, 20));
  const some = batches.slice(0, 20).flat().length;
  expect(await ledger.archiveNow()).toEqual({ segments: 1, archived: some, events: some });
  await feed(ledger, batches.slice(20));
  expect(await runDurableObjectAlarm(ledger)).toBe(true);
  expect(await ledger.archiveStatus()).toEqual({ segments: 2, archived: count, events: count });
  const { findings, shards } = await verify(ledger);
  expect(findings).toEqual([]);
  expect(shards).toMatchObject([{ segments: 2, events: count, decisions: 36 }]);
  expect(await ledger.archiveNow()).toMatchObject({ segments: 2 });
});

/** A store that dies once: before its `step`th write, or right after it. */
function dying(store: ArchiveStore, step: number, after: boolean): ArchiveStore {
  let writes = 0;
  return {
    async create(path, bytes) {
      writes += 1;
      if (writes === step && !after) throw new Error("died before it was written");
      const made = await store.create(path, bytes);
      if (writes === step && after) throw new Error("died after it was written");
      return made;
    },
    read: (path) => store.read(path),
    remove: (paths) => store.remove(paths),
  };
}

describe("a crash", () => {
  test.each([1, 2, 3].flatMap((step) => [false, true].map((after) => ({ step, after }))))(
    "at write $step (after it: $after) is finished with the same content, once",
    async ({ step, after }) => {
      const ledger = freshLedger();
      await feed(ledger, batches.slice(0, 10));
      await runInDurableObject(ledger, async (actor: LedgerActor) => {
        const { archivist } = actor;
        const { store } = archivist;
        archivist.store = dying(store, step, after);
        await archivist.run(Date.now());
        expect(archivist.status()).toMatchObject({ archived: 0, trouble: /died/ });
        archivist.store = store;
      });
      const written = await filesOf(ledger.name ?? "");
      expect(written.size).toBe(after ? step : step - 1);
      // What comes meanwhile goes to the next segment.
      await feed(ledger, batches.slice(10));
      expect(await ledger.archiveNow()).toEqual({ segments: 2, archived: count, events: count });
      const files = await filesOf(ledger.name ?? "");
      for (const [path, bytes] of written) expect(files.get(path)).toEqual(bytes);
      expect(files.size).toBe(6);
      const { findings, shards } = await verify(ledger);
      expect(findings).toEqual([]);
      expect(shards).toMatchObject([{ events: count, decisions: 36 }]);
    },
  );

  test("of the transaction that notes a segment is finished too", async () => {
    const ledger = freshLedger();
    await feed(ledger, batches);
    await ledger.archiveNow();
    await runInDurableObject(ledger, (_actor, { storage: { sql } }) => {
      sql.exec("INSERT INTO segment_plan SELECT 1, n, pos, events, at, NULL FROM segments");
      sql.exec("DELETE FROM segments");
      sql.exec("DELETE FROM archived");
    });
    expect(await ledger.archiveNow()).toEqual({ segments: 1, archived: count, events: count });
    expect((await verify(ledger)).findings).toEqual([]);
  });
});

test("a segment that another runtime packed differently is taken as it is", async () => {
  const ledger = freshLedger();
  await feed(ledger, batches);
  await ledger.archiveNow();
  const shard = ledger.name ?? "";
  const other = freshLedger();
  const name = other.name ?? "";
  const packed = (await filesOf(shard)).get(paths.segment(0)) ?? new Uint8Array(0);
  // The time in the head of a gzip file, which says nothing of its content.
  packed[4] = (packed[4] ?? 0) + 1;
  await ARCHIVE.put(`${name}/${paths.segment(0)}`, packed);
  await feed(other, batches);
  expect(await other.archiveNow()).toEqual({ segments: 1, archived: count, events: count });
  expect((await filesOf(name)).get(paths.segment(0))).toEqual(packed);
  expect((await verify(other)).findings).toEqual([]);
});

test("an artefact with another content is an alarm, and nothing goes on over it", async () => {
  const ledger = freshLedger();
  await feed(ledger, batches);
  await ARCHIVE.put(`${ledger.name}/${paths.manifest(0)}`, "{}\n");
  expect(await ledger.archiveNow()).toMatchObject({ archived: 0, trouble: /says something else/ });
  expect(await ledger.faults()).toMatchObject([{ kind: "mismatch" }]);
});

/** Whose events a batch holds. */
const streamOf = ([first]: SealedEvent[]) => (first && readLine(toLine(first))?.stream) ?? "";

test("a lost shard collects everything again, leaves its old archive alone and says so, and begins a new one once that is moved", async () => {
  const ledger = freshLedger();
  const shard = ledger.name ?? "";
  await feed(ledger, batches.slice(0, 20));
  await ledger.archiveNow();
  await feed(ledger, batches.slice(20));
  await ledger.archiveNow();
  const views = (await ledger.exportViews()).sums;
  const old = await filesOf(shard);
  expect(old.size).toBe(6);
  await runInDurableObject(ledger, (_actor, { storage }) => storage.deleteAll());
  await evictDurableObject(ledger);
  // Each stream sends all that it has, one stream after the other.
  await feed(
    ledger,
    batches.toSorted((a, b) =>
      streamOf(a) < streamOf(b) ? -1 : Number(streamOf(a) > streamOf(b)),
    ),
  );
  expect((await ledger.exportViews()).sums).toEqual(views);
  expect(await ledger.archiveNow()).toMatchObject({
    archived: 0,
    events: count,
    trouble: /holds other events/,
  });
  expect(await ledger.faults()).toMatchObject([{ kind: "mismatch" }]);
  expect(await filesOf(shard)).toEqual(old);
  // What an operator does: the folder goes elsewhere, under its own name.
  const elsewhere = `lost/${shard}`;
  for (const [path, bytes] of old) await ARCHIVE.put(`${elsewhere}/${path}`, bytes);
  await ARCHIVE.delete([...old.keys()].map((path) => `${shard}/${path}`));
  expect(await ledger.archiveNow()).toEqual({ segments: 1, archived: count, events: count });
  expect(await ledger.faults()).toEqual([]);
  expect((await verify(ledger)).findings).toEqual([]);
  const kept = await filesOf(elsewhere);
  const source = {
    shard,
    list: async () => [...kept.keys()],
    read: async (path: string) => kept.get(path),
  };
  const { findings, shards } = await verifyArchive([source], { publicKeys, gunzip: unpack });
  expect([findings, shards[0]?.events]).toEqual([[], count]);
});

/** A ledger whose archived events are old enough to go. */
async function trimmed() {
  const ledger = freshLedger();
  await feed(ledger, batches);
  await ledger.archiveNow();
  const before = await viewsOf(ledger);
  const rows = () =>
    runInDurableObject(ledger, (_actor, { storage: { sql } }) =>
      Number(sql.exec("SELECT count(*) AS n FROM log").one()["n"]),
    );
  const full = await rows();
  await runInDurableObject(ledger, async (actor: LedgerActor, { storage: { sql } }) => {
    sql.exec("UPDATE segments SET at = at - ?", hotMs + 60_000);
    await actor.archivist.run(Date.now());
  });
  return { ledger, before, full, rows: await rows() };
}

describe("trimming", () => {
  test("keeps heads and views, and a rebuild from the archive gives the same views", async () => {
    const { ledger, before, full, rows } = await trimmed();
    expect([full > 30, rows]).toEqual([true, 3]);
    expect(await viewsOf(ledger)).toBe(before);
    expect(await ledger.rebuildViews()).toEqual({ events: count, differences: 0 });
    expect(await viewsOf(ledger)).toBe(before);
    // An old batch is known still, and the next event follows its head.
    await feed(ledger, batches);
    await feed(ledger, liveTogether(3, 14));
    await ledger.archiveNow();
    expect((await verify(ledger)).findings).toEqual([]);
  });

  test("that dies after it noted what goes loses nothing, and goes on", async () => {
    const ledger = freshLedger();
    await feed(ledger, batches);
    await ledger.archiveNow();
    const before = await viewsOf(ledger);
    await runInDurableObject(ledger, async (actor: LedgerActor, { storage: { sql } }) => {
      sql.exec("UPDATE segments SET at = at - ?", hotMs + 60_000);
      sql.exec("UPDATE archived SET trimmed = ?", count);
      expect((await actor.archivist.eventsFrom(0, 5)).length).toBe(5);
    });
    await evictDurableObject(ledger);
    await feed(ledger, liveTogether(3, 14));
    expect(await ledger.rebuildViews()).toMatchObject({ differences: 0 });
    await ledger.archiveNow();
    expect((await verify(ledger)).findings).toEqual([]);
    expect(before).not.toBe(await viewsOf(ledger));
  });

  test("does not touch what the archive does not have", async () => {
    const ledger = freshLedger();
    await feed(ledger, batches);
    await runInDurableObject(ledger, (_actor, { storage: { sql } }) => {
      expect(() => sql.exec("DELETE FROM log WHERE pos = 0")).toThrow("the archive does not have");
    });
    await ledger.archiveNow();
    await runInDurableObject(ledger, (_actor, { storage: { sql } }) => {
      expect(sql.exec("DELETE FROM log WHERE pos = 0").rowsWritten).toBeGreaterThan(0);
    });
  });
});

test("a segment costs a handful of rows, however many events it has", async () => {
  const ledger = freshLedger();
  await feed(ledger, batches);
  const before = await rowsWritten(ledger);
  await ledger.archiveNow();
  expect((await rowsWritten(ledger)) - before).toBeLessThanOrEqual(4);
});
