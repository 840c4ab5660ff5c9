/** The shell around every decider, on a real actor: what is stored, and what becomes of failures. */
import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, test } from "vitest";
import { recentEventsMax, snapshotTailMax } from "#actors/kit/limits.ts";
import type { LedgerActor } from "#actors/ledger/ledger-actor.ts";
import type { UserActor } from "#actors/user/user-actor.ts";
import { EMPTY_HEAD, readChain, type SealedEvent } from "#events/envelope.ts";
import { budgetOf, requestOf, settlementOf } from "../user/fixtures.ts";

const { USERS, LEDGER } = env as unknown as {
  USERS: DurableObjectNamespace<UserActor>;
  LEDGER: DurableObjectNamespace<LedgerActor>;
};
let actors = 0;

function principal() {
  const stream = `kit-${actors++}-${Date.now()}`;
  const home = { organisation: "acme", stream, ledger: `kit-ledger-${stream}` };
  const stub = USERS.getByName(stream);
  const budgets = [budgetOf({ startsAt: 0, resetsAt: Date.now() + 86_400_000, limitNanos: 1e9 })];
  const commandOf = (id: string) => {
    const request = requestOf(id, { deadlineAt: Date.now() + 600_000, budgets });
    return { home, at: Date.now(), request };
  };
  const admit = (id: string) => stub.admit(commandOf(id));
  const settle = (id: string) =>
    stub.settle([{ home, at: Date.now(), settlement: settlementOf(id, 40) }]);
  const sql = <R extends Record<string, SqlStorageValue>>(query: string): Promise<R[]> =>
    runInDurableObject(stub, (_actor, state) => state.storage.sql.exec<R>(query).toArray());
  const events = () => sql<SealedEvent & Record<string, SqlStorageValue>>("SELECT * FROM events");
  return { stream, home, stub, commandOf, admit, settle, sql, events };
}

describe("the stream of an actor", () => {
  test("can be added to and not changed: triggers refuse updates and deletes", async () => {
    const { admit, sql, events } = principal();
    await admit("a");
    const before = await events();
    await expect(sql("UPDATE events SET body = '{}'")).rejects.toThrow("append-only");
    await expect(sql("DELETE FROM events")).rejects.toThrow("append-only");
    expect(await events()).toEqual(before);
  });

  test("is one chain in the order of the commands, however they share commits", async () => {
    const { admit, events } = principal();
    const ids = Array.from({ length: 60 }, (_, index) => `r${index}`);
    await Promise.all(ids.map((id) => admit(id)));
    const chain = readChain(EMPTY_HEAD, await events());
    if ("fault" in chain) throw new Error(chain.fault);
    expect(chain.events.map(({ cause }) => cause.command)).toEqual(ids);
  });

  test("a commit that fails changes neither memory nor storage", async () => {
    const { stub, commandOf, admit, events } = principal();
    await admit("a");
    const failure = await runInDurableObject(stub, async (actor, { storage: { sql } }) => {
      sql.exec(
        "CREATE TRIGGER full BEFORE INSERT ON events BEGIN SELECT RAISE(ABORT, 'disk full'); END",
      );
      const said = await actor.admit(commandOf("b")).catch((error: Error) => error.message);
      sql.exec("DROP TRIGGER full");
      return said;
    });
    expect(failure).toContain("disk full");
    expect(await events()).toHaveLength(1);
    const reply = await admit("c");
    expect(reply).toMatchObject({ outcome: "admitted", seq: 2 });
    expect(reply.outcome === "admitted" && reply.limits[0]?.remaining).toBe(1e9 - 200);
  });
});

describe("the way to the ledger", () => {
  test("sends again what an actor forgot that it sent, and the ledger has it once", async () => {
    const { stub, stream, home, admit, settle, sql, events } = principal();
    await admit("a");
    await runDurableObjectAlarm(stub);
    const ledger = LEDGER.getByName(home.ledger);
    expect(await ledger.rawEvents({ stream, from: 1, limit: 10 })).toHaveLength(1);
    expect(await sql("SELECT v FROM meta WHERE k = 'exported'")).toEqual([]);
    await evictDurableObject(stub);
    await settle("a");
    await runDurableObjectAlarm(stub);
    expect(await ledger.rawEvents({ stream, from: 1, limit: 10 })).toEqual(await events());
    expect(await ledger.faults()).toEqual([]);
    await admit("b");
    expect(await sql("SELECT v FROM meta WHERE k = 'exported'")).toEqual([{ v: "2" }]);
  });

  test("a commit that failed is not sent, nor are more than memory keeps left out", async () => {
    const { stub, stream, home, commandOf, admit, events } = principal();
    await admit("a");
    await runInDurableObject(stub, async (actor, { storage: { sql } }) => {
      sql.exec(
        "CREATE TRIGGER full AFTER INSERT ON events BEGIN SELECT RAISE(ABORT, 'disk full'); END",
      );
      await actor.admit(commandOf("b")).catch(() => undefined);
      sql.exec("DROP TRIGGER full");
    });
    await runDurableObjectAlarm(stub);
    const ledger = LEDGER.getByName(home.ledger);
    expect(await ledger.rawEvents({ stream, from: 1, limit: 10 })).toEqual(await events());
    const ids = Array.from({ length: recentEventsMax + 10 }, (_, index) => `r${index}`);
    await Promise.all(ids.map((id) => admit(id)));
    await runDurableObjectAlarm(stub);
    await admit("last");
    await runDurableObjectAlarm(stub);
    const kept = await events();
    expect(kept).toHaveLength(ids.length + 2);
    // It takes only what follows, so the last are there when all are.
    const from = kept.length - 9;
    expect(await ledger.rawEvents({ stream, from, limit: 10 })).toEqual(kept.slice(-10));
    expect(await ledger.faults()).toEqual([]);
  });
});

describe("an actor that wakes", () => {
  test("knows from its snapshot and the tail what it knew before", async () => {
    const { stub, admit, settle, sql } = principal();
    for (let index = 0; index <= snapshotTailMax; index++) await admit(`r${index}`);
    await runDurableObjectAlarm(stub);
    expect(await sql("SELECT k FROM meta WHERE k = 'snapshot'")).toHaveLength(1);
    await settle("r0");
    const before = await admit("last");
    await evictDurableObject(stub);
    expect(await admit("last")).toEqual(before);
  });
});
