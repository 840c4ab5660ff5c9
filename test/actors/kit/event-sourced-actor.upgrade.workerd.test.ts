/** Old storage under this code, and what a newer code wrote: an upgrade, and the way back. */
import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, test } from "vitest";
import type { BudgetActor } from "#actors/budget/budget-actor.ts";
import type { LedgerActor } from "#actors/ledger/ledger-actor.ts";
import type { PolicyActor } from "#actors/policy/policy-actor.ts";
import type { UserActor } from "#actors/user/user-actor.ts";
import { EMPTY_HEAD, readChain, seal, unseal, type SealedEvent } from "#events/envelope.ts";
import recorded from "../../golden/storage/0.1.0-early.json" with { type: "json" };
import type { RecordedActor, RecordedStorage } from "../../support/record-storage.ts";
import { budgetOf, requestOf } from "../user/fixtures.ts";

const { USERS, BUDGETS, POLICY, LEDGER } = env as unknown as {
  USERS: DurableObjectNamespace<UserActor>;
  BUDGETS: DurableObjectNamespace<BudgetActor>;
  POLICY: DurableObjectNamespace<PolicyActor>;
  LEDGER: DurableObjectNamespace<LedgerActor>;
};
const namespaces = {
  UserActor: USERS,
  BudgetActor: BUDGETS,
  PolicyActor: POLICY,
  LedgerActor: LEDGER,
};
const { actors } = recorded as unknown as RecordedStorage;

type Kind = keyof typeof namespaces;
type Stub = DurableObjectStub;

/** Puts recorded tables in place of an actor's own, and wakes it on them. */
async function fill(stub: Stub, { schema, tables }: RecordedActor): Promise<void> {
  await runInDurableObject(stub, (_actor, { storage: { sql } }) => {
    const own = sql
      .exec<{ type: string; name: string }>(
        "SELECT type, name FROM sqlite_master WHERE sql IS NOT NULL",
      )
      .toArray()
      .filter(({ name }) => !/^(sqlite_|_cf_)/.test(name));
    for (const { type, name } of own.filter((part) => part.type === "trigger")) {
      sql.exec(`DROP ${type} "${name}"`);
    }
    for (const { name } of own.filter(({ type }) => type === "table"))
      sql.exec(`DROP TABLE "${name}"`);
    for (const statement of schema.filter((text) => text.startsWith("CREATE TABLE")))
      sql.exec(statement);
    for (const [name, { columns, rows }] of Object.entries(tables)) {
      const marks = columns.map(() => "?").join(", ");
      for (const row of rows) {
        sql.exec(`INSERT INTO "${name}" (${columns.join(", ")}) VALUES (${marks})`, ...row);
      }
    }
    for (const statement of schema.filter((text) => !text.startsWith("CREATE TABLE")))
      sql.exec(statement);
  });
  await evictDurableObject(stub);
}

const meta = (actor: RecordedActor, key: string): unknown => {
  const row = actor.tables["meta"]?.rows.find(([name]) => name === key);
  return row === undefined ? undefined : (JSON.parse(String(row[1])) as unknown);
};

const eventsIn = ({ tables }: RecordedActor) =>
  (tables["events"]?.rows ?? []).map(([seq, body, hash]) =>
    unseal({ seq: Number(seq), body: String(body), hash: String(hash) }),
  );

/** Every recorded actor of a kind, under the name that it had, awake on its old storage. */
async function wake(kind: Kind): Promise<{ stub: Stub; actor: RecordedActor }[]> {
  const woken = actors
    .filter((actor) => actor.class === kind)
    .map((actor, index) => {
      const home = meta(actor, "home") as { stream: string } | undefined;
      const stub = namespaces[kind].getByName(
        home?.stream ?? `${kind}-${index}`,
      ) as unknown as Stub;
      return { stub, actor };
    });
  for (const { stub, actor } of woken) await fill(stub, actor);
  return woken;
}

async function chainOf(stub: Stub): Promise<string[]> {
  const rows = await runInDurableObject(stub, (_actor, { storage: { sql } }) =>
    sql
      .exec<SealedEvent & Record<string, SqlStorageValue>>(
        "SELECT seq, body, hash FROM events ORDER BY seq",
      )
      .toArray(),
  );
  const chain = readChain(EMPTY_HEAD, rows);
  if ("fault" in chain) throw new Error(chain.fault);
  return chain.events.map(({ type }) => type);
}

describe("storage that an early version left", () => {
  test("is a principal's as it was, goes on in the same chain, and no old snapshot is believed", async () => {
    const woken = await wake("UserActor");
    const spender = woken.find(({ actor }) =>
      eventsIn(actor).some((event) => event.type === "RequestSettled" && event.data !== undefined),
    );
    if (spender === undefined) throw new Error("nobody has spent anything");
    const { stub, actor } = spender;
    const settled = eventsIn(actor).filter(({ type }) => type === "RequestSettled");
    const spent = settled.reduce(
      (sum, { data }) => sum + (data as { costNanos: number }).costNanos,
      0,
    );
    const user = USERS.getByName((meta(actor, "home") as { stream: string }).stream);
    const before = await user.readBudgets(Date.now());
    expect(spent).toBeGreaterThan(0);
    expect(before.some(({ settledNanos }) => settledNanos > 0)).toBe(true);
    const old = { version: 5, seq: eventsIn(actor).length, state: { holds: "of another shape" } };
    await runInDurableObject(stub, (_actor, { storage: { sql } }) => {
      sql.exec("INSERT INTO meta (k, v) VALUES ('snapshot', ?)", JSON.stringify(old));
    });
    await evictDurableObject(stub);
    expect(await user.readBudgets(Date.now())).toEqual(before);
    const home = meta(actor, "home") as { organisation: string; stream: string; ledger: string };
    const budgets = [budgetOf({ startsAt: 0, resetsAt: Date.now() + 86_400_000, limitNanos: 1e9 })];
    const request = requestOf("after-the-upgrade", { deadlineAt: Date.now() + 600_000, budgets });
    const policyVersion = 1_000;
    const reply = await user.admit({
      home,
      at: Date.now(),
      request: { ...request, policyVersion },
    });
    expect(reply.outcome).toBe("admitted");
    const types = await chainOf(stub);
    expect(types.slice(0, eventsIn(actor).length)).toEqual(eventsIn(actor).map(({ type }) => type));
    expect(types.at(-1)).toBe("RequestAdmitted");
  });

  test("is an organisation's: its policy, its members, its live and its revoked keys", async () => {
    const [found] = await wake("PolicyActor");
    if (found === undefined) throw new Error("there is no policy");
    const events = eventsIn(found.actor);
    const policy = POLICY.getByName((meta(found.actor, "home") as { stream: string }).stream);
    const snapshot = await policy.snapshot(null);
    const last = events.findLast(({ type }) => type === "PolicyPublished")?.data as {
      version: number;
      hash: string;
    };
    expect(snapshot).toMatchObject({ version: last.version, hash: last.hash, organisation: "dev" });
    expect(snapshot?.document.budgets.map(({ name }) => name)).toEqual(["team", "own"]);
    const issued = events.filter(({ type }) => type === "KeyIssued").map(({ data }) => data) as {
      keyId: string;
      member: string;
      secretHash: string;
    }[];
    const revoked = events.find(({ type }) => type === "KeyRevoked")?.data as { keyId: string };
    for (const { keyId, member, secretHash } of issued) {
      const principal = await policy.lookUpKey(keyId, secretHash, Date.now());
      expect(principal?.member.id).toBe(keyId === revoked.keyId ? undefined : member);
    }
    expect((await policy.lookUpMember("alice"))?.member.team).toBe("red");
    expect(await chainOf(found.stub)).toEqual(events.map(({ type }) => type));
  });

  test("is a team's budget: what is out counts", async () => {
    const woken = await wake("BudgetActor");
    const granted = woken.filter(({ actor }) =>
      eventsIn(actor).some(({ type }) => type === "CreditGranted"),
    );
    expect(granted).not.toEqual([]);
    for (const { actor } of granted) {
      const { stream } = meta(actor, "home") as { stream: string };
      const [status] = await BUDGETS.getByName(stream).status(0);
      const last = eventsIn(actor).findLast(({ type }) => type === "CreditGranted");
      const { grantedNanos = -1 } = (last?.data ?? {}) as { grantedNanos?: number };
      expect(status?.limitNanos).toBe(5e9);
      expect(
        (status?.leasedNanos ?? 0) + (status?.settledNanos ?? 0) + (status?.heldNanos ?? 0),
      ).toBe(grantedNanos);
    }
  });

  test("is the collected log: views are folded anew and say what they said", async () => {
    const woken = await wake("LedgerActor");
    let costNanos = 0;
    for (const index of woken.keys()) {
      const ledger = LEDGER.getByName(`LedgerActor-${index}`);
      await ledger.rebuildViews();
      const { sums } = await ledger.exportViews();
      costNanos += sums.reduce((sum, row) => sum + Number(row["costNanos"] ?? 0), 0);
      expect((await ledger.faults()).filter(({ kind }) => kind !== "mismatch")).toEqual([]);
    }
    const settled = actors
      .filter((actor) => actor.class === "UserActor")
      .flatMap((actor) => eventsIn(actor))
      .filter(({ type }) => type === "RequestSettled")
      .reduce((sum, { data }) => sum + (data as { costNanos: number }).costNanos, 0);
    expect(costNanos).toBe(settled);
  });
});

describe("an actor whose stream has what a newer version wrote", () => {
  test.each([
    ["a version", "RequestSettled", 2],
    ["a type", "SomethingNew", 1],
  ])("that it does not know, %s, decides nothing and says what it is", async (_what, type, v) => {
    const stream = `u_newer-${type}`;
    const home = { organisation: "acme", stream, ledger: `ledger-${stream}` };
    const stub = USERS.getByName(stream);
    const budgets = [budgetOf({ startsAt: 0, resetsAt: Date.now() + 86_400_000, limitNanos: 1e9 })];
    const admit = (id: string) => {
      const request = requestOf(id, { deadlineAt: Date.now() + 600_000, budgets });
      return runInDurableObject(stub, (actor) =>
        actor.admit({ home, at: Date.now(), request }).then(
          ({ outcome }) => outcome,
          (error: Error) => error.message,
        ),
      );
    };
    await admit("a");
    const write = (statement: string, ...values: SqlStorageValue[]) =>
      runInDurableObject(stub, (_actor, { storage: { sql } }) =>
        sql.exec<SealedEvent & Record<string, SqlStorageValue>>(statement, ...values).toArray(),
      );
    const [first] = await write("SELECT seq, body, hash FROM events");
    const fact = { type, v, data: { requestId: "a", costNanos: 1 } };
    const head = { epoch: 1, seq: 1, hash: first?.hash ?? "" };
    const newer = seal(head, home, fact, Date.now(), { command: "newer" });
    await write(
      "INSERT INTO events (seq, body, hash) VALUES (?, ?, ?)",
      newer.seq,
      newer.body,
      newer.hash,
    );
    await evictDurableObject(stub);
    expect(await admit("b")).toContain(`event 2 of stream ${stream} is ${type} version ${v}`);
    expect(await write("SELECT seq, body, hash FROM events")).toHaveLength(2);
    // The newer version again: what it wrote is where it was, and nothing came after it.
    await runInDurableObject(stub, (_actor, { storage: { sql } }) => {
      sql.exec("DROP TRIGGER events_no_delete");
      sql.exec("DELETE FROM events WHERE seq = 2");
    });
    await evictDurableObject(stub);
    expect(await admit("b")).toBe("admitted");
  });
});
