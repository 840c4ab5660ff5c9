/** An actor whose storage is put back to an earlier state, on real actors with a real ledger. */
import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, test } from "vitest";
import type { LedgerActor } from "#actors/ledger/ledger-actor.ts";
import type { PolicyActor } from "#actors/policy/policy-actor.ts";
import type { UserActor } from "#actors/user/user-actor.ts";
import { hashSecret, parseKey } from "#policy/api-key.ts";
import { EMPTY_HEAD, readChain, type EventEnvelope, type SealedEvent } from "#events/envelope.ts";
import { connect, foundOrganisation, stubOf } from "../policy/admin.ts";
import { budgetOf, requestOf, settlementOf } from "../user/fixtures.ts";

const { USERS, LEDGER } = env as unknown as {
  USERS: DurableObjectNamespace<UserActor>;
  LEDGER: DurableObjectNamespace<LedgerActor>;
};
const settings = env as unknown as { TALLYGATE_RESTORED_AT?: string };
let actors = 0;

/** A principal with a budget of 500 nanos; a request holds 100 and costs 40. */
function principal() {
  const stream = `u_restore-${actors++}-${Date.now()}`;
  const home = { organisation: "acme", stream, ledger: `restore-ledger-${stream}` };
  const stub = USERS.getByName(stream);
  /** A stub that saw its actor restart is of no use any more. */
  const open = () => USERS.getByName(stream);
  const ledger = LEDGER.getByName(home.ledger);
  const budgets = [budgetOf({ startsAt: 0, resetsAt: Date.now() + 86_400_000, limitNanos: 500 })];
  const admit = (id: string) => {
    const request = requestOf(id, { deadlineAt: Date.now() + 600_000, budgets });
    return open().admit({ home, at: Date.now(), request });
  };
  const settle = (id: string, costNanos = 40) =>
    open().settle([{ home, at: Date.now(), settlement: settlementOf(id, costNanos) }]);
  const flush = () => runDurableObjectAlarm(stub);
  const rows = <R extends Record<string, SqlStorageValue>>(query: string): Promise<R[]> =>
    runInDurableObject(open(), (_actor, state) => state.storage.sql.exec<R>(query).toArray());
  const events = async (): Promise<EventEnvelope[]> => {
    const chain = readChain(
      EMPTY_HEAD,
      await rows<SealedEvent & Record<string, SqlStorageValue>>(
        "SELECT seq, body, hash FROM events ORDER BY seq",
      ),
    );
    if ("fault" in chain) throw new Error(chain.fault);
    return chain.events;
  };
  const collected = async () => (await ledger.history({ stream, from: 1, limit: 1_000 })).length;
  /** The storage as it was after `seq` events. */
  const rewind = (seq: number, exported = seq): Promise<void> =>
    runInDurableObject(stub, (_actor, { storage: { sql } }) => {
      sql.exec("DROP TRIGGER events_no_delete");
      sql.exec("DELETE FROM events WHERE seq > ?", seq);
      sql.exec("DELETE FROM meta WHERE k IN ('snapshot', 'asked')");
      sql.exec("INSERT OR REPLACE INTO meta (k, v) VALUES ('exported', ?)", String(exported));
    });
  /** Puts it back there, as a backup taken then would. */
  const restore = async (seq: number, exported = seq) => {
    await rewind(seq, exported);
    await evictDurableObject(stub);
  };
  const spent = async () => (await open().readBudgets(Date.now()))[0];
  return {
    stream,
    home,
    stub,
    ledger,
    admit,
    settle,
    flush,
    rows,
    events,
    collected,
    rewind,
    restore,
    spent,
  };
}

const idOf = (key: string | undefined): string => String(key).split("_")[2] ?? "";

/** As an operator says it after putting a backup back. */
async function restoredNow(
  work: () => Promise<void>,
  at = new Date(Date.now()).toISOString(),
): Promise<void> {
  settings.TALLYGATE_RESTORED_AT = at;
  try {
    await work();
  } finally {
    delete settings.TALLYGATE_RESTORED_AT;
  }
}

test("an actor that cannot read when it was restored decides nothing, and says which setting it is", async () => {
  const { admit, flush, events, restore, stream, stub } = principal();
  await admit("a");
  await flush();
  const before = await events();
  await restore(2);
  const told = /TALLYGATE_RESTORED_AT cannot be read: it is no time/;
  const woken = (who: typeof stub) =>
    expect(runInDurableObject(who, () => 1)).rejects.toThrow(told);
  await restoredNow(() => woken(USERS.getByName(stream)), "yesterday-ish");
  expect((await admit("b")).outcome).toBe("admitted");
  expect((await events()).length).toBe(before.length + 1);
  // One that never was asked anything, too: its storage may be what was lost.
  const fresh = principal();
  const request = requestOf("c", { budgets: [] });
  await restoredNow(
    () =>
      expect(
        runInDurableObject(fresh.stub, (actor: UserActor) =>
          actor.admit({ home: fresh.home, at: Date.now(), request }),
        ),
      ).rejects.toThrow(told),
    "yesterday-ish",
  );
});

describe("an actor that was restored, and has nothing new", () => {
  test("takes back what it forgot before it decides anything", async () => {
    const { admit, settle, flush, events, restore, spent, collected } = principal();
    for (const id of ["a", "b", "c"]) {
      await admit(id);
      await settle(id, 100);
    }
    await admit("d");
    await flush();
    const before = await events();
    await restore(2);
    await restoredNow(async () => {
      // 300 are spent and 100 held of 500: one more fits, and no second.
      expect((await admit("e")).outcome).toBe("admitted");
      expect((await admit("f")).outcome).toBe("refused");
    });
    const after = await events();
    expect(after.slice(0, before.length)).toEqual(before);
    expect(after.every(({ epoch }) => epoch === 1)).toBe(true);
    expect(await spent()).toMatchObject({ settledNanos: 300, heldNanos: 200 });
    await flush();
    expect(await collected()).toBe(after.length);
  });

  test("takes everything back when all of its storage is gone", async () => {
    const { stub, admit, settle, flush, events, collected, spent } = principal();
    await admit("a");
    await settle("a", 450);
    await flush();
    const before = await events();
    await runInDurableObject(stub, async (_actor, { storage }) => {
      await storage.deleteAll();
    });
    await evictDurableObject(stub);
    await restoredNow(async () => {
      expect((await admit("b")).outcome).toBe("refused");
    });
    expect((await events()).slice(0, before.length)).toEqual(before);
    expect(await spent()).toMatchObject({ settledNanos: 450, heldNanos: 0 });
    await flush();
    expect(await collected()).toBe((await events()).length);
  });

  test("does so, too, when it first hears that the ledger is ahead", async () => {
    const { admit, settle, flush, events, restore, collected } = principal();
    await admit("a");
    await settle("a");
    await admit("b");
    await flush();
    const before = await events();
    // The backup knew less of the ledger than it had: it sends what the ledger has already.
    await restore(2, 0);
    await flush();
    expect(await events()).toEqual(before);
    expect(await collected()).toBe(before.length);
  });
});

describe("an actor that an admin puts back", () => {
  test("sends its ledger what it lacks, decides nothing meanwhile, and takes all of it back", async () => {
    const { stream, home, stub, admit, settle, events, rewind, spent, collected } = principal();
    await admit("a");
    await settle("a", 100);
    await admit("b");
    await settle("b", 100);
    expect(await collected()).toBe(0);
    const before = await events();
    // The three calls that workerd does not have; all else is the actor's own.
    const calls: string[] = [];
    await runInDurableObject(stub, (_actor, { storage }) => {
      Object.assign(storage, {
        getBookmarkForTime: (at: number) => Promise.resolve(`bookmark of ${at}`),
        onNextSessionRestoreBookmark: (bookmark: string) => {
          calls.push(bookmark);
          return Promise.resolve("bookmark of now");
        },
      });
    });
    const plan = await stub.planRestore({ point: { at: 5 }, loseUncollected: false });
    expect(plan).toEqual({
      ok: true,
      bookmark: "bookmark of 5",
      undo: "bookmark of now",
      seq: before.length,
    });
    expect(calls).toEqual(["bookmark of 5"]);
    expect(await collected()).toBe(before.length);
    await runInDurableObject(stub, (actor) =>
      expect(
        actor.admit({ home, at: Date.now(), request: requestOf("c", { budgets: [] }) }),
      ).rejects.toThrow("goes back to an earlier moment"),
    );
    // What the platform does as the next session begins.
    await rewind(2);
    const gone = await stub.restartRestored().then(
      () => "still here",
      ({ message }: Error) => message,
    );
    expect(gone).toContain("goes back to an earlier moment");
    expect(await USERS.getByName(stream).takeBack(home)).toEqual({
      restoredSeq: 2,
      seq: before.length,
    });
    expect(await events()).toEqual(before);
    expect(await spent()).toMatchObject({ settledNanos: 200, heldNanos: 0 });
    expect((await admit("d")).outcome).toBe("admitted");
  });

  test("stays where it is where the platform cannot go back, and goes on deciding", async () => {
    const { stub, admit } = principal();
    await admit("a");
    expect(
      await stub.planRestore({ point: { at: Date.now() - 1_000 }, loseUncollected: false }),
    ).toMatchObject({ ok: false, code: "restore_unavailable" });
    expect((await admit("b")).outcome).toBe("admitted");
  });

  test("is the only one at a time, and what became of it is told once", async () => {
    await foundOrganisation("put-back");
    const stub = stubOf("put-back") as unknown as DurableObjectStub<PolicyActor>;
    const order = { actor: "policy", stream: "p_1", to: 5, reason: "", member: "ada" };
    const ordered = await stub.orderRestore("c-1", order);
    expect(await stub.orderRestore("c-2", order)).toMatchObject({ code: "restore_under_way" });
    const end = {
      order: ordered.ok ? ordered.order : 0,
      actor: "policy",
      outcome: "refused",
    } as const;
    await stub.endRestore(end);
    await stub.endRestore(end);
    expect(await stub.orderRestore("c-3", order)).toMatchObject({ ok: true });
    const types = await runInDurableObject(stub, (_actor, { storage: { sql } }) =>
      sql
        .exec<{ body: string }>("SELECT body FROM events ORDER BY seq")
        .toArray()
        .map(({ body }) => (JSON.parse(body) as { type: string }).type),
    );
    expect(types.filter((type) => /Restore|Refused/.test(type))).toEqual([
      "RestoreOrdered",
      "CommandRefused",
      "RestoreEnded",
      "RestoreOrdered",
    ]);
  });
});

describe("an actor that was restored, and went on before the ledger was heard", () => {
  test("begins an epoch that names the fork, counts both branches, and goes on", async () => {
    const { ledger, admit, settle, flush, events, restore, spent, collected } = principal();
    await admit("a");
    await settle("a", 100);
    await admit("b");
    await settle("b", 100);
    await admit("c");
    await flush();
    const lost = await events();
    await restore(2);
    // Nobody said that it was restored: it decides as if b and c had never been.
    await admit("x");
    await settle("x", 50);
    await admit("y");
    const own = await events();
    await flush();
    const after = await events();
    expect(after.slice(0, lost.length)).toEqual(lost);
    const [fork, ...carried] = after.slice(lost.length);
    expect(fork).toMatchObject({
      type: "StreamForked",
      epoch: 2,
      seq: lost.length + 1,
      data: {
        restored: { seq: 2, hash: lost[1]?.hash },
        ledger: { seq: lost.length, hash: lost.at(-1)?.hash },
        own: { seq: own.length, hash: own.at(-1)?.hash },
        carried: 3,
      },
    });
    expect(carried.map(({ type, data, at }) => ({ type, data, at }))).toEqual(
      own.slice(2).map(({ type, data, at }) => ({ type, data, at })),
    );
    // a 100, b 100, x 50 booked; c and y hold 100 each: one request of 100 does not fit any more.
    expect(await spent()).toMatchObject({ settledNanos: 250, heldNanos: 200 });
    expect((await admit("z")).outcome).toBe("refused");
    await flush();
    expect(await collected()).toBe((await events()).length);
    expect(await ledger.faults()).toEqual([]);
  });

  test("tells the end of a request once, though both branches ended it", async () => {
    const { admit, settle, flush, events, restore, spent } = principal();
    await admit("a");
    await flush();
    await settle("a", 70);
    await flush();
    await restore(1);
    await settle("a", 70);
    await flush();
    const [fork, ...carried] = (await events()).slice(2);
    expect(fork).toMatchObject({ data: { carried: 0, setAside: [{ type: "RequestSettled" }] } });
    expect(carried).toEqual([]);
    expect(await spent()).toMatchObject({ settledNanos: 70, heldNanos: 0 });
  });

  test("books the first hold of a request that both branches admitted", async () => {
    const { admit, settle, flush, restore, spent } = principal();
    await admit("first");
    await flush();
    await admit("a");
    await flush();
    await restore(1);
    await admit("a");
    await flush();
    expect(await spent()).toMatchObject({ settledNanos: 100, heldNanos: 200 });
    await settle("a", 40);
    expect(await spent()).toMatchObject({ settledNanos: 140, heldNanos: 100 });
  });

  test("can be restored again, to before the fork, and takes back both epochs", async () => {
    const { admit, flush, events, restore, collected } = principal();
    await admit("a");
    await flush();
    await admit("b");
    await flush();
    await restore(1);
    await admit("x");
    await flush();
    await flush();
    const before = await events();
    expect(before.at(-1)?.epoch).toBe(2);
    await restore(1);
    await restoredNow(async () => {
      await admit("y");
    });
    const after = await events();
    expect(after.slice(0, before.length)).toEqual(before);
    await flush();
    expect(await collected()).toBe(after.length);
  });

  test("goes on where it was cut short, and decides nothing in between", async () => {
    const { stub, admit, flush, rows, events, restore, spent } = principal();
    await admit("a");
    await flush();
    await admit("b");
    await flush();
    const lost = await events();
    await restore(1);
    await admit("x");
    // As if it died after it had set its own branch aside.
    await runInDurableObject(stub, (_actor, { storage: { sql } }) => {
      sql.exec(
        "CREATE TABLE forked (seq INTEGER PRIMARY KEY, body TEXT NOT NULL, hash TEXT NOT NULL) STRICT",
      );
      sql.exec("INSERT INTO forked SELECT * FROM events WHERE seq > 1");
      sql.exec("DROP TRIGGER events_no_delete");
      sql.exec("DELETE FROM events WHERE seq > 1");
      const fork = {
        restored: { seq: 1, hash: lost[0]?.hash },
        own: { seq: 2, hash: "0".repeat(64) },
      };
      sql.exec("INSERT INTO meta (k, v) VALUES ('fork', ?)", JSON.stringify(fork));
    });
    await evictDurableObject(stub);
    expect((await admit("y")).outcome).toBe("admitted");
    const after = await events();
    expect(after.map(({ type }) => type)).toEqual([
      "RequestAdmitted",
      "RequestAdmitted",
      "StreamForked",
      "RequestAdmitted",
      "RequestAdmitted",
    ]);
    expect(await spent()).toMatchObject({ heldNanos: 400 });
    expect(await rows("SELECT name FROM sqlite_master WHERE name = 'forked'")).toEqual([]);
  });
});

test("of two histories of the rules the ledger's holds, and what takes rights away holds from both", async () => {
  const keys = await foundOrganisation("restored");
  const stub = stubOf("restored") as unknown as DurableObjectStub<PolicyActor>;
  const issue = async (member: string): Promise<string> => {
    const { client } = await connect(keys["ada"] ?? "");
    const { result } = await client.ask({ id: crypto.randomUUID(), type: "IssueKey", member });
    client.close();
    return String(result["key"]);
  };
  const revoke = async (key: string | undefined): Promise<void> => {
    const { client } = await connect(keys["ada"] ?? "");
    await client.ask({ id: crypto.randomUUID(), type: "RevokeKey", keyId: idOf(key) });
    client.close();
  };
  const isLive = async (key: string | undefined) => {
    const { keyId, secret } = parseKey(key ?? "") ?? { keyId: "", secret: "" };
    return (await stub.lookUpKey(keyId, hashSecret(secret), Date.now())) !== null;
  };
  const head = () =>
    runInDurableObject(
      stub,
      (_actor, { storage: { sql } }) =>
        sql.exec<{ n: number }>("SELECT max(seq) AS n FROM events").one().n,
    );
  await runDurableObjectAlarm(stub);
  const backup = await head();
  await revoke(keys["bob"]);
  const known = await issue("bob");
  await runDurableObjectAlarm(stub);
  await runInDurableObject(stub, (_actor, { storage: { sql } }) => {
    sql.exec("DROP TRIGGER events_no_delete");
    sql.exec("DELETE FROM events WHERE seq > ?", backup);
    sql.exec("INSERT OR REPLACE INTO meta (k, v) VALUES ('exported', ?)", String(backup));
  });
  await evictDurableObject(stub);
  await revoke(keys["eve"]);
  const forgotten = await issue("eve");
  expect(await isLive(forgotten)).toBe(true);
  await runDurableObjectAlarm(stub);
  const live = await Promise.all([keys["bob"], keys["eve"], known, forgotten].map(isLive));
  expect(live).toEqual([false, false, true, false]);
  const forks = await runInDurableObject(stub, (_actor, { storage: { sql } }) =>
    sql
      .exec<{ body: string }>("SELECT body FROM events WHERE body LIKE '%\"StreamForked\"%'")
      .toArray(),
  );
  expect(forks.map(({ body }) => JSON.parse(body) as object)).toMatchObject([
    { epoch: 2, data: { carried: 1, setAside: [{ type: "KeyIssued" }] } },
  ]);
});

test("a ledger that lost all it had is sent it again, by an actor that only read something", async () => {
  const { stub, ledger, admit, settle, flush, events, collected } = principal();
  await admit("a");
  await settle("a");
  await flush();
  await runInDurableObject(ledger, async (_actor, { storage }) => {
    await storage.deleteAll();
  });
  await evictDurableObject(ledger);
  await evictDurableObject(stub);
  expect(await collected()).toBe(0);
  await restoredNow(async () => {
    await stub.readBudgets(Date.now());
    await flush();
  });
  expect(await collected()).toBe((await events()).length);
  expect(await ledger.faults()).toEqual([]);
});

test("an actor whose ledger is another stream's is not mended, and nothing of it is lost", async () => {
  const { ledger, admit, flush, events, stub } = principal();
  await admit("a");
  await flush();
  const before = await events();
  await runInDurableObject(stub, (_actor, { storage: { sql } }) => {
    sql.exec("DROP TRIGGER events_no_update");
    sql.exec("UPDATE events SET hash = ? WHERE seq = 1", "f".repeat(64));
  });
  await evictDurableObject(stub);
  await admit("b");
  await flush();
  expect(await ledger.faults()).toMatchObject([{ kind: "fork" }]);
  expect(before).toHaveLength(1);
});
