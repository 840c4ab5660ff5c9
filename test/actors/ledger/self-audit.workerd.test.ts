/** A shard that audits itself, and rebuilds beside traffic: what is wrong is named, nothing is lost. */
import {
  env,
  evictDurableObject,
  runDurableObjectAlarm,
  runInDurableObject,
} from "cloudflare:test";
import { describe, expect, test } from "vitest";
import type { LedgerActor } from "#actors/ledger/ledger-actor.ts";
import { policyName } from "#actors/kit/names.ts";
import type { PolicyActor } from "#actors/policy/policy-actor.ts";
import { parseJson } from "#events/parse-json.ts";
import { hotMs, rebuildEventsMax } from "#actors/ledger/limits.ts";
import { readRebuilding } from "#actors/ledger/rebuilding.ts";
import type { SealedEvent } from "#events/envelope.ts";
import { readLine, toLine } from "#events/segment.ts";
import { liveTogether } from "../../support/archives.ts";
import { foundOrganisation } from "../policy/admin.ts";
import { freshLedger, viewsOf, type LedgerStub } from "../../support/ledgers.ts";

/** Batches of one stream each, as large as senders make them. */
function batchesOf(events: readonly SealedEvent[]): [string, SealedEvent[]][] {
  const streams = new Map<string, SealedEvent[]>();
  for (const event of events) {
    const stream = readLine(toLine(event))?.stream ?? "";
    streams.set(stream, [...(streams.get(stream) ?? []), event]);
  }
  return [...streams].flatMap(([stream, all]) =>
    Array.from({ length: Math.ceil(all.length / 256) }, (_, n): [string, SealedEvent[]] => [
      stream,
      all.slice(n * 256, (n + 1) * 256),
    ]),
  );
}

async function feed(ledger: LedgerStub, events: readonly SealedEvent[]): Promise<void> {
  for (const [stream, batch] of batchesOf(events)) {
    const reply = await ledger.ingest({ organisation: "acme", stream, epoch: 1, events: batch });
    expect(reply.outcome).toBe("ok");
  }
}

// More than one step folds, and more than one compares.
const history = liveTogether(2, 640).flat();
const more = liveTogether(2, 660).flat();

const run = (ledger: LedgerStub, statement: string, ...values: (string | number)[]) =>
  runInDurableObject(ledger, (_actor, { storage: { sql } }) =>
    sql.exec(statement, ...values).toArray(),
  );

/** Makes an audit due; between two of its steps `meanwhile` happens. Answers how many steps it took. */
async function audit(ledger: LedgerStub, meanwhile: (step: number) => Promise<unknown>) {
  const due = JSON.stringify({ dueAt: 0 });
  await run(
    ledger,
    "INSERT INTO meta VALUES ('self-audit', ?) ON CONFLICT DO UPDATE SET v = excluded.v",
    due,
  );
  for (let step = 0; step < 60; step += 1) {
    await runDurableObjectAlarm(ledger);
    const { last } = await ledger.selfAudit();
    if (last !== undefined) return { last, steps: step + 1 };
    await meanwhile(step);
  }
  return expect.fail("the audit does not end");
}

const nothing = async (): Promise<void> => {};
const tablesBeside = "SELECT name FROM sqlite_master WHERE name LIKE '%\\_fresh' ESCAPE '\\'";

/** Lets what is archived be old enough to go from the log. */
async function trim(ledger: LedgerStub): Promise<void> {
  await ledger.archiveNow();
  await runInDurableObject(ledger, async (actor: LedgerActor, { storage: { sql } }) => {
    sql.exec("UPDATE segments SET at = at - ?", hotMs + 60_000);
    await actor.archivist.run(Date.now());
  });
}

/** Takes the archive away until the actor is evicted. */
function hideArchive(ledger: LedgerStub): Promise<void> {
  return runInDurableObject(ledger, (actor: LedgerActor) => {
    const { store } = actor.archivist;
    actor.archivist.store = { ...store, read: () => Promise.reject(new Error("out of reach")) };
  });
}

describe("a self-audit", () => {
  test("of what is whole finds nothing, while the shard takes more and restarts at every step", async () => {
    const ledger = freshLedger();
    await feed(ledger, history);
    const { last, steps } = await audit(ledger, async (step) => {
      if (step === 1) await feed(ledger, more);
      await evictDurableObject(ledger);
    });
    expect(last).toMatchObject({ events: more.length, differences: 0 });
    expect(steps).toBeGreaterThan(4);
    expect(await ledger.faults()).toEqual([]);
    expect(await run(ledger, tablesBeside)).toEqual([]);
  });

  test("names the view and the row that is not the fold of the log, makes an event of it, and a rebuild mends it", async () => {
    await foundOrganisation("acme");
    const ledger = freshLedger();
    await feed(ledger, history);
    const before = await viewsOf(ledger);
    await run(ledger, `UPDATE sums SET "costNanos" = "costNanos" + 1 WHERE "user" = 'member-1'`);
    const { last } = await audit(ledger, nothing);
    expect(last.differences).toBeGreaterThan(1);
    expect(last.first).toMatch(/^sums \[\d+,"m","","member-1","red",/);
    const [fault] = await ledger.faults();
    expect(fault).toMatchObject({ kind: "mismatch" });
    expect(fault?.message).toContain(last.first);
    await runDurableObjectAlarm(ledger);
    expect(await toldOf(ledger)).toEqual([
      { shard: ledger.name, at: last.at, events: history.length, ...difference(last) },
    ]);
    expect(await viewsOf(ledger)).not.toBe(before);
    expect(await ledger.rebuildViews()).toEqual({ events: history.length, ...difference(last) });
    expect(await viewsOf(ledger)).toBe(before);
    await runDurableObjectAlarm(ledger);
    expect(await toldOf(ledger)).toHaveLength(2);
  });

  test("finds rows that are gone and rows that are too many", async () => {
    const ledger = freshLedger();
    await feed(ledger, history.slice(0, 200));
    await run(ledger, "DELETE FROM audit WHERE id = (SELECT max(id) FROM audit)");
    await run(ledger, `UPDATE sums SET "user" = 'nobody' WHERE "user" = 'member-0'`);
    const { last } = await audit(ledger, nothing);
    expect(last.first).toMatch(/^audit \["/);
    expect(last.differences).toBeGreaterThan(2);
  });

  test("goes by the archive where there is one: an altered log and views that fit it are found", async () => {
    const ledger = freshLedger();
    await feed(ledger, history.slice(0, 200));
    await ledger.archiveNow();
    await run(ledger, "DROP TRIGGER log_no_update");
    await run(ledger, "UPDATE log SET events = replace(events, 'member-1', 'member-2')");
    await run(ledger, "UPDATE meta SET v = 'another' WHERE k = 'views'");
    await evictDurableObject(ledger);
    const { last } = await audit(ledger, nothing);
    expect(last.first).toMatch(/^audit \["/);
  });

  test("reads what the log no longer has from the archive", async () => {
    const ledger = freshLedger();
    await feed(ledger, history);
    await trim(ledger);
    await feed(ledger, more);
    const { last } = await audit(ledger, nothing);
    expect(last).toMatchObject({ events: more.length, differences: 0 });
  });

  test("that cannot read the archive says so, and goes on where it was", async () => {
    const ledger = freshLedger();
    await feed(ledger, history);
    await trim(ledger);
    await hideArchive(ledger);
    await run(
      ledger,
      `INSERT INTO meta VALUES ('self-audit', '{"dueAt":0}') ON CONFLICT DO UPDATE SET v = excluded.v`,
    );
    await runDurableObjectAlarm(ledger);
    expect(await ledger.selfAudit()).toMatchObject({ trouble: "out of reach" });
    await evictDurableObject(ledger);
    const { last } = await audit(ledger, nothing);
    expect(last).toMatchObject({ events: history.length, differences: 0 });
  });
});

const difference = ({
  differences,
  first,
}: {
  differences: number;
  first?: string | undefined;
}) => ({
  differences,
  first,
});

/** What the organisation's policy stream says of a shard's views. */
async function toldOf(ledger: LedgerStub): Promise<unknown[]> {
  const { POLICY } = env as unknown as { POLICY: DurableObjectNamespace<PolicyActor> };
  const policy = POLICY.getByName(policyName("a secret for tests", "acme"));
  return runInDurableObject(policy, (_actor, { storage: { sql } }) =>
    [...sql.exec<{ body: string }>("SELECT body FROM events WHERE body LIKE '%ViewsDiffered%'")]
      .map(({ body }) => (parseJson(body) as { data: { shard: string } }).data)
      .filter(({ shard }) => shard === ledger.name),
  );
}

describe("a rebuild", () => {
  test("goes on beside traffic, of which nothing is lost", async () => {
    const ledger = freshLedger();
    await feed(ledger, history);
    const rebuilding = ledger.rebuildViews();
    await feed(ledger, more);
    const { events, differences } = await rebuilding;
    expect(differences).toBe(0);
    expect(events).toBeGreaterThanOrEqual(history.length);
    const other = freshLedger();
    await feed(other, history);
    await feed(other, more);
    expect(await viewsOf(ledger)).toBe(await viewsOf(other));
  });

  // Two fold, six compare; in the last the tables are swapped.
  test.each([1, 2, 3, 4, 5, 6, 7, 8])(
    "that dies within its transaction %i leaves the views, and ends by itself",
    async (transaction) => {
      const ledger = freshLedger();
      await feed(ledger, history);
      await ledger.archiveNow();
      const before = await viewsOf(ledger);
      await run(ledger, `UPDATE sums SET "costNanos" = 7 WHERE "user" = 'member-1'`);
      const wrong = await viewsOf(ledger);
      await runInDurableObject(ledger, async (actor: LedgerActor, { storage }) => {
        const real = storage.transactionSync.bind(storage);
        let begun = 0;
        storage.transactionSync = (work) =>
          real(() => {
            begun += 1;
            const result = work();
            // An alarm that comes in between dies, too.
            if (begun >= transaction) throw new Error("died");
            return result;
          });
        await expect(actor.rebuildViews()).rejects.toThrow("died");
      });
      await evictDurableObject(ledger);
      expect(await viewsOf(ledger)).toBe(wrong);
      await feed(ledger, more);
      for (let alarms = 0; alarms < 60; alarms += 1) {
        const { running, last } = await ledger.selfAudit();
        if (running === undefined && last !== undefined) break;
        await runDurableObjectAlarm(ledger);
      }
      expect(await ledger.selfAudit()).toMatchObject({ last: { events: more.length } });
      const other = freshLedger();
      await feed(other, more);
      expect(await viewsOf(ledger)).toBe(await viewsOf(other));
      expect(before).not.toBe(wrong);
      expect(await run(ledger, tablesBeside)).toEqual([]);
    },
  );
});

/** As newer code wakes on the storage of older code. */
async function raise(ledger: LedgerStub): Promise<void> {
  await run(ledger, "UPDATE meta SET v = 'audit:0' WHERE k = 'views'");
  await run(ledger, "DROP TABLE audit");
  await evictDurableObject(ledger);
}

describe("views of a newer version", () => {
  test("of a long log are folded part by part, and whoever asks meanwhile is told so", async () => {
    const ledger = freshLedger();
    await feed(ledger, history);
    const before = await viewsOf(ledger);
    await raise(ledger);
    const asked = runInDurableObject(ledger, (actor: LedgerActor) =>
      actor.auditEvents({ filter: {}, limit: 1 }).catch((error: unknown) => error),
    );
    expect(readRebuilding(await asked)).toEqual({ done: 0, of: history.length });
    let alarms = 0;
    while ((await ledger.selfAudit()).rebuilding === true) {
      await runDurableObjectAlarm(ledger);
      await evictDurableObject(ledger);
      alarms += 1;
    }
    // What is left in the end is short enough to be folded as the actor wakes.
    expect(alarms).toBe(Math.floor(history.length / rebuildEventsMax));
    expect(await viewsOf(ledger)).toBe(before);
    expect((await ledger.auditEvents({ filter: {}, limit: 1 })).entries).toHaveLength(1);
  });

  test("miss nothing of what comes while they are folded, out of the archive and the log", async () => {
    const ledger = freshLedger();
    await feed(ledger, history);
    await trim(ledger);
    await raise(ledger);
    await hideArchive(ledger);
    await runDurableObjectAlarm(ledger);
    expect(await ledger.faults()).toMatchObject([{ message: /cannot be folded: out of reach/ }]);
    await evictDurableObject(ledger);
    await runDurableObjectAlarm(ledger);
    await feed(ledger, more);
    expect(await ledger.selfAudit()).toMatchObject({ rebuilding: true });
    while ((await ledger.selfAudit()).rebuilding === true) await runDurableObjectAlarm(ledger);
    const other = freshLedger();
    await feed(other, more);
    expect(await viewsOf(ledger)).toBe(await viewsOf(other));
  });
});
