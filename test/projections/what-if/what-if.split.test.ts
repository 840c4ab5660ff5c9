/** Members whom several actors serve, against a naive count over all that happened, in its order. */
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { streamSplitEvents, type SplitFrame } from "#actors/ledger/split-events.ts";
import { streamWhatIf, type WhatIfFrame } from "#actors/ledger/what-if.ts";
import type { EventEnvelope } from "#events/envelope.ts";
import { PolicyDocument } from "#policy/document.ts";
import { splitScope } from "#policy/split.ts";
import { Draft } from "#projections/what-if/draft.ts";
import { compareTimes, HoldBack, mergeInTime } from "#projections/what-if/in-time.ts";
import { WhatIf } from "#projections/what-if/what-if.ts";
import { budgetOf, limitOf, requestOf, settlementOf, START } from "../../actors/user/fixtures.ts";

const scope = splitScope("alice", "user");
const windowMs = 60_000;

interface Asked {
  actor: number;
  afterMs: number;
  tokens: number;
  runMs: number;
  end: "settled" | "released";
}

interface Limits {
  perMinute: number;
  open: number;
  thousandTokens: number;
}

const asked = fc.record<Asked>({
  actor: fc.nat(3),
  afterMs: fc.nat(20_000),
  tokens: fc.integer({ min: 1, max: 20 }),
  runMs: fc.nat(40_000),
  end: fc.constantFrom("settled", "settled", "released"),
});
const tight = fc.record<Limits>({
  perMinute: fc.integer({ min: 1, max: 12 }),
  open: fc.integer({ min: 1, max: 6 }),
  thousandTokens: fc.integer({ min: 1, max: 200 }),
});

/** A dollar a million tokens: a thousand tokens are a million nano-dollars. */
const draftOf = ({ perMinute, open, thousandTokens }: Limits) =>
  PolicyDocument.parse({
    schema: 1,
    providers: { main: { kind: "openai", secret: "OPENAI_API_KEY" } },
    tiers: { standard: { candidates: [{ provider: "main", serves: ["*"] }] } },
    limits: [{ name: "rpm", metric: "requests", limit: perMinute, windowMs, scope: "user" }],
    concurrency: [{ name: "open", limit: open, scope: "user" }],
    // Half a thousand tokens more, as a worst case rounds each of its parts up.
    budgets: [{ name: "month", period: "month", limitUsd: thousandTokens / 1_000 + 0.0005 }],
    prices: { small: { inputUsdPerMtok: 1, outputUsdPerMtok: 1 } },
  });

const wide = { perMinute: 1_000, open: 1_000, thousandTokens: 1_000_000 };

/** The events of each actor, as they record them: what they lease is of the member. */
function lived(list: readonly Asked[]): EventEnvelope[][] {
  let at = START;
  const actors: EventEnvelope[][] = [[], [], [], []];
  const all = list.map((one, n) => ({ ...one, n, at: (at += one.afterMs) }));
  const moments = all.flatMap((one) => [
    { ...one, isEnd: false },
    { ...one, at: one.at + one.runMs + 1, isEnd: true },
  ]);
  for (const { n, actor, at, tokens, end, isEnd } of moments.toSorted((a, b) => a.at - b.at)) {
    const events = actors[actor] ?? [];
    const requestId = `r${n}`;
    const usage = { inputTokens: tokens * 1_000, outputTokens: 0 };
    const price = { inputNanosPerMtok: 1e9, outputNanosPerMtok: 1e9 };
    const costNanos = tokens * 1_000_000;
    const attempt = { provider: "main", model: "small", status: 200, latencyMs: 5, usage };
    const settled = {
      ...settlementOf(requestId, costNanos),
      usage,
      attempts: [{ ...attempt, price, costNanos }],
    };
    const request = requestOf(requestId, {
      member: "alice",
      model: "small",
      limits: [],
      budgets: [],
      bound: { inputTokens: tokens * 2_000, outputTokens: 0, costNanos: 2 * costNanos },
      sharedLimits: [
        limitOf({ name: "rpm", scope, limit: 1_000, windowMs, whole: true }),
        limitOf({ name: "open", scope, metric: "concurrency", limit: 1_000, windowMs: 0 }),
      ],
      shared: [budgetOf({ name: "month", scope, limitNanos: 1e15, whole: true })],
    });
    const ends =
      end === "settled"
        ? { type: "RequestSettled", data: settled }
        : { type: "RequestReleased", data: { requestId, reason: "no route" } };
    const fact = isEnd ? ends : { type: "RequestAdmitted", data: request };
    const place = { organisation: "acme", stream: `u_${actor}`, epoch: 1, seq: events.length + 1 };
    const cause = { command: requestId, member: "alice" };
    events.push({ ...place, ...fact, v: 1, at, cause, prev: "", hash: "" });
  }
  return actors;
}

/** What a single actor would have let pass: a list of all that happened, counted anew each time. */
function naive(events: readonly EventEnvelope[], limits: Limits, from: number): Set<string> {
  const passed: { id: string; at: number; tokens: number; cost?: number }[] = [];
  const refused = new Set<string>();
  for (const { type, at, data } of events.toSorted(compareTimes)) {
    const { requestId: id, bound } = data as ReturnType<typeof requestOf>;
    if (type === "RequestAdmitted") {
      const lately = passed.filter((one) => one.at > at - windowMs).length;
      const open = passed.filter(({ cost }) => cost === undefined).length;
      const spent = passed.reduce((sum, { tokens, cost = tokens }) => sum + cost, 0);
      const tokens = bound.inputTokens / 1_000;
      const { perMinute, open: most, thousandTokens } = limits;
      const isIn = lately < perMinute && open < most && spent + tokens <= thousandTokens;
      if (at < from || isIn) passed.push({ id, at, tokens });
      else refused.add(id);
      continue;
    }
    const one = passed.find((other) => other.id === id);
    if (one === undefined) continue;
    one.cost = type === "RequestReleased" ? 0 : one.tokens / 2;
  }
  return refused;
}

const books = new Map([0, 1, 2, 3].map((actor) => [`u_${actor}`, "u_0"]));

/** Two shards that have two of the actors each, and collect them one part after the other. */
function collected(actors: readonly EventEnvelope[][], parts: readonly number[]) {
  return [0, 1].map((shard) => {
    const one = actors[shard] ?? [];
    const other = actors[shard + 2] ?? [];
    const all: EventEnvelope[] = [];
    const at = [0, 0];
    for (const [turn, size] of parts.entries()) {
      const stream = turn % 2 === 0 ? one : other;
      const begun = at[turn % 2] ?? 0;
      all.push(...stream.slice(begun, begun + size));
      at[turn % 2] = begun + size;
    }
    return [...all, ...one.slice(at[0]), ...other.slice(at[1])];
  });
}

async function* heldBack(events: readonly EventEnvelope[], most: number) {
  const held = new HoldBack<EventEnvelope>(most);
  for (const event of events) {
    const next = held.push(event);
    if (next !== undefined) yield next;
  }
  for (let next = held.pop(); next !== undefined; next = held.pop()) yield next;
}

async function decided(shards: readonly EventEnvelope[][], limits: Limits, from = 0, most = 1e3) {
  const draft = new Draft(draftOf(limits), () => undefined);
  const whatIf = new WhatIf(draft, from, Infinity, 1, books);
  for await (const event of mergeInTime(shards.map((events) => heldBack(events, most)))) {
    if (whatIf.wants(event)) whatIf.take(event);
  }
  return whatIf.result;
}

test("what several actors decided is decided again as a naive count over all of it does", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(asked, { minLength: 1, maxLength: 60 }),
      tight,
      fc.array(fc.integer({ min: 1, max: 20 }), { maxLength: 20 }),
      fc.nat(300_000),
      async (list, limits, parts, warm) => {
        const actors = lived(list);
        const from = START + warm;
        const result = await decided(collected(actors, parts), limits, from);
        const refused = naive(actors.flat(), limits, from);
        expect(new Set(result.changed.map(({ requestId }) => requestId))).toEqual(refused);
        expect(result).toMatchObject({ newlyRefused: refused.size, splitLate: 0 });
      },
    ),
    { numRuns: 200 },
  );
});

test("a limit of the whole member refuses what no limit of one actor would", async () => {
  const list = Array.from({ length: 40 }, (_, n) => ({
    actor: n % 4,
    afterMs: 1_000,
    tokens: 1,
    runMs: 10,
    end: "settled" as const,
  }));
  const limits = { ...wide, perMinute: 20 };
  const result = await decided(collected(lived(list), []), limits);
  expect(result).toMatchObject({ requests: 40, newlyRefused: 20, splitMembers: 1, splitLate: 0 });
  expect(result.byRule).toEqual({ rpm: { newlyRefused: 20, newlyRedacted: 0 } });
});

test("a rule that picks some requests counts what it picked before, whichever actor served it", () => {
  const list = [0, 1, 2, 3].map((actor) => ({ ...slow, actor }));
  const picks = { name: "small-rpm", scope, limit: 1_000, windowMs, since: START - windowMs };
  const models = ["large", "small", "large", "small"];
  const actors = lived(list).map((events, actor) =>
    events.map((event) => {
      if (event.type !== "RequestAdmitted") return event;
      const model = models[actor] ?? "";
      const sharedLimits = model === "small" ? [limitOf(picks)] : [];
      return { ...event, data: { ...event.data, model, sharedLimits } };
    }),
  );
  const when = { models: ["small"] };
  const decidedUnder = (limit: number) => {
    const limits = [{ name: "small-rpm", metric: "requests", limit, windowMs, when }];
    const draft = new Draft(PolicyDocument.parse({ ...draftOf(wide), limits }), () => undefined);
    const whatIf = new WhatIf(draft, START + 3_500, Infinity, 1, books);
    for (const event of actors.flat().toSorted(compareTimes)) whatIf.take(event);
    return whatIf.result.newlyRefused;
  };
  // One of the three before was of that model.
  expect([decidedUnder(2), decidedUnder(1)]).toEqual([0, 1]);
});

test("what was collected later than is waited for is told", async () => {
  const list = [0, 1, 2, 3].flatMap((actor) =>
    Array.from({ length: 5 }, (_, n) => ({
      actor: n % 2 === 0 ? actor : 0,
      afterMs: 1_000,
      tokens: 1,
      runMs: 10,
      end: "settled" as const,
    })),
  );
  const result = await decided(collected(lived(list), []), wide, 0, 2);
  expect(result.requests).toBe(20);
  expect(result.splitLate).toBeGreaterThan(0);
});

async function framesOf<F>(stream: ReadableStream<Uint8Array>): Promise<F[]> {
  const text = await new Response(stream).text();
  return text
    .split("\n")
    .slice(0, -1)
    .map((line) => JSON.parse(line) as F);
}

test("a shard tells of those streams alone, in order, and decides the others without them", async () => {
  const actors = lived([0, 1, 0, 1].map((actor) => ({ ...slow, actor })));
  async function* runs() {
    yield actors[1] ?? [];
    yield actors[0] ?? [];
  }
  const frames = await framesOf<SplitFrame>(
    streamSplitEvents({ streams: ["u_0"], to: START + 2_500 }, runs()),
  );
  const told = frames.flatMap((frame) => ("event" in frame ? [frame.event] : []));
  expect(told.map(({ stream, type, at }) => [stream, type, at])).toEqual([
    ["u_0", "RequestAdmitted", START + 1_000],
    ["u_0", "RequestSettled", START + 1_011],
    // Decided after the time, but its end stays.
    ["u_0", "RequestSettled", START + 3_011],
  ]);
  const others = await framesOf<WhatIfFrame>(
    streamWhatIf({ document: draftOf(wide), from: 0, to: 9e15, apart: ["u_0"] }, runs(), 8),
  );
  expect(others.at(-1)).toMatchObject({ result: { requests: 2 } });
});

const slow: Omit<Asked, "actor"> = { afterMs: 1_000, tokens: 1, runMs: 10, end: "settled" };

test("a member with a beginning that is not kept is not decided, and counted once", () => {
  const draft = new Draft(draftOf(wide), () => undefined);
  const whatIf = new WhatIf(draft, 0, Infinity, 1, books);
  whatIf.begin("u_2", undefined);
  for (const event of lived([0, 2].map((actor) => ({ ...slow, actor }))).flat()) {
    if (whatIf.wants(event)) whatIf.take(event);
  }
  expect(whatIf.result).toMatchObject({ requests: 0, unknownMembers: 1 });
});

test("a split member's burst limit is counted as their actors count it", () => {
  const document = PolicyDocument.parse({
    ...draftOf(wide),
    limits: [{ name: "rpm", metric: "requests", limit: 5, windowMs, mode: "gcra" }],
  });
  const data = requestOf("r", { member: "alice", model: "small" });
  const draft = new Draft(document, () => undefined);
  const modes = [false, true].map(
    (isSplit) =>
      draft.again({ type: "RequestAdmitted", v: 1, data }, START, isSplit).request.limits[0]?.mode,
  );
  expect(modes).toEqual(["gcra", "sliding"]);
});
