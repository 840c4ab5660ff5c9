/** The books over HTTP: who sees what, what is recorded, what is refused. */
import { Hono } from "hono";
import { expect, test, vi } from "vitest";
import { booksRoutes, type BooksEnv } from "../../../src/edge/books/routes.ts";
import type { Principal } from "#policy/snapshot.ts";
import { freshLedger, type LedgerStub } from "../../support/ledgers.ts";
import { MORNING, SampleStream, refused, requestId } from "../../support/sample-events.ts";

type Role = Principal["member"]["role"];

function books(
  ledgers: readonly LedgerStub[],
  role: Role = "auditor",
  member = "ada",
  session: { sessionEndsAt?: number } = {},
) {
  const recorded: string[] = [];
  const app = new Hono<BooksEnv>();
  app.use(async (c, next) => {
    c.set("requestId", "r-1");
    await next();
  });
  const routes = booksRoutes({
    identify: async () => ({
      organisation: "acme",
      member: { id: member, role, tier: "standard" },
      ...session,
    }),
    record: async (_c, principal, action, resource) => {
      recorded.push(`${principal.member.id} ${action} ${resource}`);
    },
    ledgers: async () => ledgers,
  });
  app.route("/", routes);
  const get = async (path: string, headers: Record<string, string> = {}) =>
    app.request(`https://gateway.test${path}`, { headers });
  const json = async (path: string) => {
    const response = await get(path);
    return { status: response.status, body: await response.json<Record<string, never>>() };
  };
  return { get, json, recorded };
}

/** Two shards: alice's and bob's streams in one, carol's in the other. */
async function twoShards() {
  const streams = ["alice", "bob", "carol"].map((name) => new SampleStream(`u_${name}`));
  const [alice, bob, carol] = streams as [SampleStream, SampleStream, SampleStream];
  for (let n = 0; n < 5; n += 1) alice.request(n, MORNING + n * 1000, { cost: 1_500_000_000 });
  bob.append(refused({ requestId: requestId(MORNING + 10_000, 77), member: "bob", team: "blue" }));
  carol.request(88, MORNING + 2_500, { model: "claude-5", cost: 1, member: "carol" });
  const shards = [freshLedger(), freshLedger()] as const;
  await shards[0].ingest(alice.batch());
  await shards[0].ingest(bob.batch());
  await shards[1].ingest(carol.batch());
  return { shards, alice, bob, carol };
}

test("pages run newest first over all shards and miss nothing", async () => {
  const { shards } = await twoShards();
  const { json, recorded } = books(shards);
  const ids: string[] = [];
  let path = "/audit/events?limit=2";
  for (let page = 0; page < 10; page += 1) {
    const { status, body } = await json(path);
    expect(status).toBe(200);
    const { events, nextCursor } = body as unknown as {
      events: { id: string }[];
      nextCursor: string | null;
    };
    ids.push(...events.map(({ id }) => id));
    if (nextCursor === null) break;
    path = `/audit/events?limit=2&cursor=${nextCursor}`;
  }
  expect(ids).toHaveLength(7);
  expect(ids).toEqual([...ids].sort().reverse());
  expect(recorded[0]).toBe("ada audit.list {}");
});

test("a filter narrows the list, and every parameter is bounded", async () => {
  const { shards } = await twoShards();
  const { json } = books(shards);
  const count = async (query: string) => {
    const { body } = await json(`/audit/events?${query}`);
    return (body["events"] as unknown as unknown[]).length;
  };
  expect(await count("outcome=refused&code=rate_limited")).toBe(1);
  expect(await count("model=claude-5")).toBe(1);
  expect(await count("kind=request")).toBe(7);
  expect(await count("kind=act")).toBe(0);
  expect(await count("key=k1&latencyMsMin=130&latencyMsMax=130&costNanosMax=1")).toBe(1);
  expect(await count("costNanosMin=2")).toBe(5);
  expect(await count("route=fast")).toBe(0);
  expect(await count("tag=beta")).toBe(0);
  expect(await count(`from=${MORNING + 1000}&to=${MORNING + 3000}&user=alice`)).toBe(2);
  expect(await count("from=2026-11-20&to=2026-11-21")).toBe(0);
  for (const query of [
    "limit=0",
    "limit=501",
    "user=",
    "dlp=maybe",
    "kind=everything",
    "x=1",
    "costNanosMin=-1",
    "latencyMsMax=soon",
    "from=soon",
    "user=a&user=b",
  ]) {
    const { status, body } = await json(`/audit/events?${query}`);
    expect(status, query).toBe(400);
    expect(body["error"]).toMatchObject({ code: "invalid_request", requestId: "r-1" });
  }
});

test("costs add up by any grouping, in nano-dollars and in dollars", async () => {
  const { shards } = await twoShards();
  const { json } = books(shards);
  const { body } = await json("/costs?by=model,user,day");
  expect(body["rows"]).toEqual([
    expect.objectContaining({ model: "claude-5", costNanos: 1, costUsd: "0.000000001" }),
    expect.objectContaining({ model: "gpt-5-mini", user: "alice", day: "2026-11-21", requests: 5 }),
  ]);
  expect(body["total"]).toMatchObject({ costNanos: 7_500_000_001, costUsd: "7.500000001" });
  const usage = await json("/usage?by=provider");
  expect(usage.body["total"]).toMatchObject({ requests: 7, refused: 1, completed: 6, errors: 0 });
});

test("usage tells rates, percentiles, what policy did, and the largest first", async () => {
  const { shards } = await twoShards();
  const { json } = books(shards);
  const { body } = await json("/usage?by=user&top=1&sort=requests");
  expect(body["rows"]).toEqual([
    expect.objectContaining({ user: "alice", requests: 5, latencyP50BoundMs: 130 }),
  ]);
  expect(body["total"]).toMatchObject({
    requests: 7,
    rateLimited: 1,
    errorRate: 0,
    cacheHitRatio: 0,
    savedUsd: "0",
    latencyP99BoundMs: 130,
    firstByteP90BoundMs: 30,
    latencyMeanMs: 130,
  });
  const byKey = await json("/usage?by=key,route,tag");
  expect(byKey.body["rows"]).toEqual([
    expect.objectContaining({ key: "k1", route: "", tag: "", requests: 7 }),
  ]);
  for (const query of ["top=0", "top=101", "sort=latency", "by=colour", "tag="]) {
    expect((await json(`/usage?${query}`)).status, query).toBe(400);
  }
});

test("a member sees their own entries only", async () => {
  const { shards, alice, carol } = await twoShards();
  const { json, recorded } = books(shards, "member", "alice");
  expect((await json("/audit/events")).body["events"]).toHaveLength(5);
  expect((await json("/audit/events?user=carol")).status).toBe(403);
  expect((await json("/costs?user=carol")).status).toBe(403);
  expect((await json("/usage")).body["total"]).toMatchObject({ requests: 5 });
  const theirs = requestId(MORNING + 2_500, 88);
  expect((await json(`/audit/events/${theirs}`)).status).toBe(404);
  expect((await json(`/audit/events/${theirs}/raw`)).status).toBe(404);
  const own = requestId(MORNING, 0);
  expect((await json(`/audit/events/${own}`)).body).toMatchObject({ id: own, costUsd: "1.5" });
  const raw = await json(`/audit/events/${own}/raw`);
  expect(raw.body).toMatchObject({ stream: "u_alice", events: alice.events.slice(0, 2) });
  // A read that finds nothing is recorded like any other.
  expect(recorded).toContain(`alice audit.entry ${theirs}`);
  expect(carol.events).toHaveLength(2);
});

test("nothing is read when the reader is unknown or the read cannot be recorded", async () => {
  const asked: string[] = [];
  const routes = (identify: () => Promise<Principal | Response>) =>
    booksRoutes({
      identify,
      record: () => Promise.reject(new Error("the books are closed")),
      ledgers: async () => {
        asked.push("ledgers");
        return [];
      },
    });
  const stranger = routes(async () => new Response("no", { status: 401 }));
  expect((await stranger.request("https://gateway.test/usage")).status).toBe(401);
  const reader = routes(async () => ({
    organisation: "acme",
    member: { id: "ada", role: "auditor", tier: "standard" },
  }));
  const response = await reader.request("https://gateway.test/usage");
  expect(response.status).toBe(500);
  expect(await response.text()).not.toContain("closed");
  expect(asked).toEqual([]);
});

/** The next frames that a tail is sent. */
function framesOf(socket: WebSocket, count: number): Promise<unknown[]> {
  return new Promise((resolve) => {
    const frames: unknown[] = [];
    socket.addEventListener("message", ({ data }) => {
      frames.push(JSON.parse(data as string));
      if (frames.length === count) resolve(frames);
    });
  });
}

test.each([1, 2])("a live tail over %i shards shows what its filter lets through", async (n) => {
  const shards = Array.from({ length: n }, freshLedger);
  const { get, recorded } = books(shards);
  const response = await get("/audit/tail?user=alice", { upgrade: "websocket" });
  expect(response.status).toBe(101);
  const socket = response.webSocket as WebSocket;
  socket.accept();
  const frames = framesOf(socket, 2);
  for (const [index, shard] of shards.entries()) {
    const stream = new SampleStream(`u_${index}`);
    stream.append(refused({ requestId: requestId(MORNING, 900 + index), member: "mallory" }));
    stream.request(index);
    stream.request(index + 50);
    await shard.ingest(n === 1 ? stream.batch() : stream.batch(1, 3));
  }
  expect(await frames).toMatchObject([
    { entry: { user: "alice", outcome: "completed" } },
    { entry: { user: "alice", outcome: "completed" } },
  ]);
  socket.close();
  expect(recorded).toEqual(['ada audit.tail {"user":"alice"}']);
});

test("a live tail ends with the session that opened it, before anything more is told", async () => {
  const shard = freshLedger();
  const endsAt = Date.now() + 60_000;
  const { get } = books([shard], "auditor", "ada", { sessionEndsAt: endsAt });
  const socket = (await get("/audit/tail", { upgrade: "websocket" })).webSocket as WebSocket;
  socket.accept();
  const told: unknown[] = [];
  socket.addEventListener("message", ({ data }) => told.push(data));
  const closed = new Promise<CloseEvent>((resolve) => {
    socket.addEventListener("close", resolve);
  });
  const stream = new SampleStream("u_0");
  stream.request(0);
  vi.useFakeTimers({ toFake: ["Date"], now: endsAt });
  await shard.ingest(stream.batch());
  expect(await closed).toMatchObject({ code: 1008, reason: "the session ended" });
  expect(told).toEqual([]);
  vi.useRealTimers();
});

test("a live tail is refused to plain requests and to pages of another origin", async () => {
  const { get } = books([freshLedger()]);
  expect((await get("/audit/tail")).status).toBe(426);
  const headers = { upgrade: "websocket", origin: "https://evil.test" };
  expect((await get("/audit/tail", headers)).status).toBe(403);
});
