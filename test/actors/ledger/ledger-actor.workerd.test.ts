/** A ledger in workerd: what it takes, keeps, answers and sends on. */
import { env, runInDurableObject } from "cloudflare:test";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Env } from "#actors/kit/env.ts";
import { LedgerActor } from "#actors/ledger/ledger-actor.ts";
import { tailEntriesPerSecondMax } from "#actors/ledger/limits.ts";
import { freshLedger, viewsOf, type LedgerStub } from "../../support/ledgers.ts";
import {
  admitted,
  MORNING,
  refused,
  requestId,
  SampleStream,
} from "../../support/sample-events.ts";

function streamOf(name: string, requests: number): SampleStream {
  const stream = new SampleStream(`u_${name}`);
  for (let n = 0; n < requests; n += 1) {
    stream.request(n + name.charCodeAt(0) * 100, MORNING + n * 60_000, { member: name });
  }
  return stream;
}

async function contents(ledger: LedgerStub, streams: readonly SampleStream[]): Promise<string> {
  const logs = await Promise.all(
    streams.map(({ stream }) => ledger.rawEvents({ stream, from: 1, limit: 256 })),
  );
  return JSON.stringify(logs) + (await viewsOf(ledger));
}

describe("ingest", () => {
  test("any order of streams, any cut into batches and any repeats give the same bytes", async () => {
    const streams = ["alice", "bob", "carol"].map((name) => streamOf(name, 4));
    const reference = freshLedger();
    for (const stream of streams) await reference.ingest(stream.batch());
    const expected = await contents(reference, streams);
    const steps = fc.array(fc.tuple(fc.nat(2), fc.nat(7), fc.nat(7)), { maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(steps, async (moves) => {
        const ledger = freshLedger();
        for (const [which, from, length] of moves) {
          const stream = streams[which] as SampleStream;
          const reply = await ledger.ingest(stream.batch(from + 1, from + 1 + length));
          expect(reply.outcome).not.toBe("fork");
        }
        for (const stream of streams) {
          expect(await ledger.ingest(stream.batch())).toEqual({ outcome: "ok", head: stream.head });
        }
        expect(await contents(ledger, streams)).toBe(expected);
        expect(await ledger.rebuildViews()).toEqual({ events: 24, differences: 0 });
        expect(await contents(ledger, streams)).toBe(expected);
      }),
      { seed: 8_000_000, numRuns: 12 },
    );
  });

  test("a gap leaves everything as it was and names what is needed", async () => {
    const stream = streamOf("alice", 3);
    const ledger = freshLedger();
    await ledger.ingest(stream.batch(1, 2));
    const before = await contents(ledger, [stream]);
    expect(await ledger.ingest(stream.batch(5, 6))).toEqual({ outcome: "need", seq: 3 });
    expect(await contents(ledger, [stream])).toBe(before);
  });

  test("a fork is refused, recorded once, and changes nothing", async () => {
    const stream = streamOf("alice", 2);
    const other = new SampleStream("u_alice");
    other.request(999);
    const ledger = freshLedger();
    await ledger.ingest(stream.batch());
    const before = await contents(ledger, [stream]);
    for (let n = 0; n < 3; n += 1) {
      expect(await ledger.ingest(other.batch())).toMatchObject({ outcome: "fork", seq: 1 });
    }
    expect(await contents(ledger, [stream])).toBe(before);
    expect(await ledger.faults()).toMatchObject([{ stream: "u_alice", seq: 1, kind: "fork" }]);
  });

  test("one ledger serves one organisation", async () => {
    const ledger = freshLedger();
    await ledger.ingest(streamOf("alice", 1).batch());
    const stranger = new SampleStream("u_eve", "evil-corp");
    stranger.request(1);
    expect((await ledger.ingest(stranger.batch())).outcome).toBe("fork");
    expect(await ledger.rawEvents({ stream: "u_eve", from: 1, limit: 9 })).toEqual([]);
  });

  test("an event of an unknown type is kept, and one that no view can read is parked", async () => {
    const stream = new SampleStream("u_alice");
    stream.append({ type: "SomethingNew", v: 1, data: { requestId: "x" } });
    stream.append({ type: "RequestAdmitted", v: 1, data: { requestId: 7 } });
    stream.request(1);
    const ledger = freshLedger();
    expect(await ledger.ingest(stream.batch())).toEqual({ outcome: "ok", head: stream.head });
    expect(await ledger.rawEvents({ stream: "u_alice", from: 1, limit: 9 })).toEqual(stream.events);
    expect((await ledger.auditEvents({ filter: {}, limit: 9 })).entries).toHaveLength(1);
    expect(await ledger.faults()).toMatchObject([{ seq: 2, kind: "malformed" }]);
  });

  test("a batch larger than a row of SQLite is kept in several", async () => {
    const stream = new SampleStream("u_alice");
    const document = { text: "x".repeat(250_000) };
    for (let version = 1; version <= 12; version += 1) {
      const data = { version, hash: "ab", document, comment: "" };
      stream.append({ type: "PolicyPublished", v: 1, data });
    }
    const ledger = freshLedger();
    expect((await ledger.ingest(stream.batch())).outcome).toBe("ok");
    const middle = await ledger.rawEvents({ stream: "u_alice", from: 5, limit: 3 });
    expect(middle).toEqual(stream.events.slice(4, 7));
    await runInDurableObject(ledger, (_actor, { storage: { sql } }) => {
      const sizes = sql.exec("SELECT length(events) AS chars FROM log").toArray();
      expect(sizes).toHaveLength(12);
      expect(Math.max(...sizes.map((row) => Number(row["chars"])))).toBeLessThan(512_000);
    });
  });
});

describe("the log", () => {
  test("is append-only, even for its own actor", async () => {
    const ledger = freshLedger();
    await ledger.ingest(streamOf("alice", 1).batch());
    await runInDurableObject(ledger, (_actor, { storage: { sql } }) => {
      expect(() => sql.exec("UPDATE log SET head = ''")).toThrow("append-only");
      expect(() => sql.exec("DELETE FROM log")).toThrow(
        "the archive does not have these events yet",
      );
    });
  });

  test("is what views are rebuilt from: a row that was changed is found and mended", async () => {
    const stream = streamOf("alice", 3);
    const ledger = freshLedger();
    await ledger.ingest(stream.batch());
    const before = await contents(ledger, [stream]);
    await runInDurableObject(ledger, (_actor, { storage: { sql } }) => {
      sql.exec('UPDATE sums SET "costNanos" = 1');
      sql.exec("DELETE FROM audit WHERE id = ?", requestId(MORNING, "a".charCodeAt(0) * 100));
    });
    // The changed row and its true one, and the missing line.
    expect(await ledger.rebuildViews()).toEqual({
      events: 6,
      differences: 3,
      first: expect.stringMatching(/^audit \["/),
    });
    expect(await contents(ledger, [stream])).toBe(before);
    expect(await ledger.faults()).toMatchObject([{ kind: "mismatch" }]);
  });
});

test("views of another version are folded anew when the actor wakes", async () => {
  const stream = streamOf("alice", 3);
  const ledger = freshLedger();
  await ledger.ingest(stream.batch());
  const before = await contents(ledger, [stream]);
  await runInDurableObject(ledger, (actor: LedgerActor, state) => {
    const { sql } = state.storage;
    sql.exec("UPDATE meta SET v = 'audit:0' WHERE k = 'views'");
    sql.exec("DROP TABLE audit");
    sql.exec("CREATE TABLE audit (id TEXT PRIMARY KEY, other INTEGER) STRICT");
    sql.exec('UPDATE sums SET "costNanos" = 1');
    // The same storage, as a newer version of the code wakes on it.
    expect(new LedgerActor(state, env as unknown as Env)).not.toBe(actor);
  });
  expect(await contents(ledger, [stream])).toBe(before);
});

describe("questions", () => {
  test("pages go newest first, with a cursor that new entries do not move", async () => {
    const stream = streamOf("alice", 7);
    const ledger = freshLedger();
    await ledger.ingest(stream.batch());
    const first = await ledger.auditEvents({ filter: {}, limit: 3 });
    stream.request(5, MORNING + 9_000_000);
    await ledger.ingest(stream.batch());
    const second = await ledger.auditEvents({ filter: {}, limit: 9, cursor: first.next ?? "" });
    const times = [...first.entries, ...second.entries].map((entry) => entry.at - MORNING);
    expect(times).toEqual([6, 5, 4, 3, 2, 1, 0].map((minute) => minute * 60_000));
    expect(second.next).toBeUndefined();
  });

  test("every filter keeps exactly the entries that have its value", async () => {
    const stream = new SampleStream("u_alice");
    stream.request(1, MORNING, { model: "claude-5" });
    stream.append(
      refused({ requestId: requestId(MORNING + 5, 2), action: "embed", resource: "r" }),
    );
    stream.append(admitted({ requestId: requestId(MORNING + 9, 3) }), MORNING + 9);
    const ledger = freshLedger();
    await ledger.ingest(stream.batch());
    const count = async (filter: object) =>
      (await ledger.auditEvents({ filter, limit: 10 })).entries.length;
    expect(await count({})).toBe(3);
    expect(await count({ model: "claude-5" })).toBe(1);
    expect(await count({ provider: "openai" })).toBe(1);
    expect(await count({ action: "embed" })).toBe(1);
    expect(await count({ resource: "r" })).toBe(1);
    expect(await count({ outcome: "admitted" })).toBe(1);
    expect(await count({ code: "rate_limited" })).toBe(1);
    expect(await count({ dlp: "none", user: "alice", team: "red" })).toBe(3);
    expect(await count({ from: MORNING + 1 })).toBe(1);
    expect(await count({ to: MORNING + 1 })).toBe(2);
    expect(await count({ user: "' OR 1=1 --" })).toBe(0);
  });

  test("sums group by time in UTC and by name, and every grouping has the same total", async () => {
    const stream = new SampleStream("u_alice");
    stream.request(1, MORNING, { cost: 5 });
    stream.request(2, MORNING + 3_600_000, { cost: 7, model: "claude-5" });
    stream.request(3, MORNING + 24 * 3_600_000, { cost: 11 });
    const ledger = freshLedger();
    await ledger.ingest(stream.batch());
    const costs = async (groupBy: ("hour" | "day" | "month" | "model" | "team")[]) => {
      const { groups } = await ledger.costs({ groupBy, filter: {} });
      return groups.map(({ by, sums }) => [...Object.values(by), sums["costNanos"]].join(" "));
    };
    expect(await costs([])).toEqual(["23"]);
    expect(await costs(["month"])).toEqual(["2026-11 23"]);
    expect(await costs(["day", "team"])).toEqual(["2026-11-21 red 12", "2026-11-22 red 11"]);
    expect(await costs(["hour"])).toEqual([
      "2026-11-21T09 5",
      "2026-11-21T10 7",
      "2026-11-22T09 11",
    ]);
    expect(await costs(["model"])).toEqual(["claude-5 7", "gpt-5-mini 16"]);
    const within = { groupBy: [], from: MORNING, to: MORNING + 3_600_000, filter: {} };
    expect((await ledger.costs(within)).groups[0]?.sums).toMatchObject({ costNanos: 5 });
  });
});

/** Opens a tail at a ledger and collects what it is sent. */
async function tail(ledger: LedgerStub, filter: string) {
  const url = `https://ledger.internal/tail?filter=${encodeURIComponent(filter)}`;
  const response = await ledger.fetch(url, { headers: { upgrade: "websocket" } });
  const socket = response.webSocket as WebSocket;
  socket.accept();
  const frames: Record<string, unknown>[] = [];
  let arrived: (() => void) | undefined;
  const closed = new Promise<CloseEvent>((resolve) => socket.addEventListener("close", resolve));
  socket.addEventListener("message", ({ data }) => {
    frames.push(JSON.parse(data as string) as Record<string, unknown>);
    arrived?.();
  });
  const upTo = async (count: number) => {
    while (frames.length < count) await new Promise<void>((resolve) => (arrived = resolve));
    return frames;
  };
  return { socket, upTo, closed };
}

describe("the live tail", () => {
  test("sends more than a tail can take as a number", async () => {
    const ledger = freshLedger();
    const { upTo, socket } = await tail(ledger, "{}");
    const stream = new SampleStream("u_alice");
    const over = 10;
    for (let n = 0; n < tailEntriesPerSecondMax + over; n += 1) stream.request(n);
    await ledger.ingest(stream.batch());
    const frames = await upTo(tailEntriesPerSecondMax + 1);
    expect(frames.at(-1)).toEqual({ skipped: over });
    socket.close();
  });

  test("is closed at once when its filter is not one", async () => {
    for (const filter of ["{", "[]", '{"user":7}', '{"x":"y"}']) {
      const { closed } = await tail(freshLedger(), filter);
      expect((await closed).code).toBe(1008);
    }
  });

  test("is the only way in: any other request is refused", async () => {
    const ledger = freshLedger();
    const plain = await ledger.fetch("https://ledger.internal/tail");
    const elsewhere = await ledger.fetch("https://ledger.internal/other", {
      headers: { upgrade: "websocket" },
    });
    expect([plain.status, elsewhere.status]).toEqual([403, 403]);
  });
});
