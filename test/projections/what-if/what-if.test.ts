/** What-if against histories that were really lived under the draft. */
import { expect, test } from "vitest";
import { unseal, type EventEnvelope } from "#events/envelope.ts";
import { costOf } from "#events/money.ts";
import type { UserFact } from "#events/user-events.ts";
import { PolicyDocument } from "#policy/document.ts";
import { Draft } from "#projections/what-if/draft.ts";
import { mergeResults, emptyResult } from "#projections/what-if/result.ts";
import { WhatIf } from "#projections/what-if/what-if.ts";
import { budgetOf, requestOf, settlementOf, START } from "../../actors/user/fixtures.ts";
import { DecidedStream } from "../../support/archives.ts";

const priceOfModel = (usd: number) => ({ inputUsdPerMtok: usd, outputUsdPerMtok: usd });

function policy(over: { perMinute?: number; budgetUsd?: number; usd?: number; models?: string[] }) {
  const { perMinute = 100, budgetUsd = 1_000, usd = 1, models = ["small", "large"] } = over;
  return PolicyDocument.parse({
    schema: 1,
    providers: { main: { kind: "openai", secret: "OPENAI_API_KEY" } },
    tiers: {
      standard: { candidates: models.map((model) => ({ provider: "main", serves: [model] })) },
    },
    limits: [
      { name: "rpm", metric: "requests", limit: perMinute, windowMs: 60_000, scope: "user" },
    ],
    budgets: [
      { name: "month", scope: "user", period: "month", limitUsd: budgetUsd, atLimit: "block" },
    ],
    prices: { small: priceOfModel(usd), large: priceOfModel(10 * usd) },
  });
}

/** Lives 60 requests of two members under a policy; what they use does not depend on it. */
function live(document: PolicyDocument): EventEnvelope[] {
  const draft = new Draft(document, () => undefined);
  const events: EventEnvelope[] = [];
  const streams = ["alice", "bob"].map((member) => ({
    member,
    stream: new DecidedStream(`u_${member}`),
  }));
  for (let n = 0; n < 60; n += 1) {
    for (const { member, stream } of streams) {
      const at = START + n * 5_000;
      const model = n % 3 === 0 ? "large" : "small";
      const bound = { inputTokens: 2_000_000, outputTokens: 100_000, costNanos: 0 };
      const requestId = `${member}-${n}`;
      const data = requestOf(requestId, { member, model, bound });
      const { request, verdict } = draft.again({ type: "RequestAdmitted", v: 1, data }, at);
      const asked = { ...request, policyVersion: 1 };
      const sealed = stream.execute({
        type: "admit",
        at,
        request: asked,
        ...(verdict ? { verdict: { code: verdict.code } } : {}),
      });
      const usage = { inputTokens: 1_000_000 + n * 1_000, outputTokens: 50_000 };
      const price = draft.price("main", model);
      if (sealed.some((event) => unseal(event).type === "RequestAdmitted") && price !== undefined) {
        const costNanos = costOf(usage, price);
        const attempt = {
          provider: "main",
          model,
          status: 200,
          latencyMs: 5,
          usage,
          price,
          costNanos,
        };
        const settlement = {
          ...settlementOf(requestId, costNanos),
          usage,
          attempts: [attempt],
          provider: "main",
          servedModel: model,
        };
        sealed.push(...stream.execute({ type: "settle", at: at + 1_000, settlement }));
      }
      events.push(...sealed.map((event) => unseal(event)));
    }
  }
  return events;
}

function whatIf(
  events: readonly EventEnvelope[],
  document: PolicyDocument,
  { from = 0, to = Infinity, share = 1 } = {},
) {
  const run = new WhatIf(new Draft(document, () => undefined), from, to, share);
  for (const event of events) if (run.wants(event)) run.take(event);
  return run.result;
}

const facts = (events: readonly EventEnvelope[]) => events as unknown as UserFact[];
const admittedIn = (events: readonly EventEnvelope[]) =>
  facts(events).flatMap((fact) => (fact.type === "RequestAdmitted" ? [fact.data.requestId] : []));
const costIn = (events: readonly EventEnvelope[]) =>
  facts(events).reduce(
    (sum, fact) => sum + (fact.type === "RequestSettled" ? fact.data.costNanos : 0),
    0,
  );

const wide = policy({});
const recorded = live(wide);

test("the policy that was in force changes nothing", () => {
  const result = whatIf(recorded, wide);
  expect(result).toMatchObject({
    requests: 120,
    newlyRefused: 0,
    newlyAllowed: 0,
    rerouted: 0,
    changed: [],
  });
  expect(result.costNanosAfter).toBe(costIn(recorded));
  expect(result.costNanosBefore).toBe(costIn(recorded));
});

test.each([
  ["a tighter limit", policy({ perMinute: 7 })],
  ["a smaller budget", policy({ budgetUsd: 0.1 * 1_000 })],
  ["dearer prices in the same budget", policy({ usd: 3, budgetUsd: 250 })],
  ["a model less", policy({ models: ["small"] })],
])("%s lets pass exactly what a history lived under it does, at the same cost", (_name, draft) => {
  const lived = live(draft);
  const result = whatIf(recorded, draft);
  const passed = new Set(admittedIn(lived));
  const refused = admittedIn(recorded).filter((id) => !passed.has(id));
  expect(refused.length).toBeGreaterThan(0);
  expect(result.newlyRefused).toBe(refused.length);
  expect(result.changed.map(({ requestId }) => requestId).sort()).toEqual(refused.sort());
  expect(result.costNanosAfter).toBe(costIn(lived));
  const sums = Object.values(result.byUser).reduce(
    (sum, { costNanosAfter }) => sum + costNanosAfter,
    0,
  );
  expect(sums).toBe(result.costNanosAfter);
  expect(result.firstRefusedAt["alice"]).toBe(
    Math.min(...result.changed.filter(({ user }) => user === "alice").map(({ at }) => at)),
  );
});

test("a hold that expired costs all of it until its truth comes, in the record and under the draft", () => {
  const draft = new Draft(wide, () => undefined);
  const stream = new DecidedStream("u_alice");
  const bound = { inputTokens: 2_000_000, outputTokens: 100_000, costNanos: 0 };
  for (const requestId of ["lost", "late"]) {
    const data = requestOf(requestId, { member: "alice", model: "small", bound });
    const { request } = draft.again({ type: "RequestAdmitted", v: 1, data }, START);
    stream.execute({ type: "admit", at: START, request: { ...request, policyVersion: 1 } });
  }
  stream.execute({ type: "expire", at: START + 1e9 });
  // Each rounded part of a worst case may be a nano-dollar more.
  const [heldNanos, dearNanos] = [2.1e9 + 4, 6.3e9 + 4];
  const expired = stream.events.map((event) => unseal(event));
  expect(facts(expired).map(({ type }) => type)).toEqual([
    "RequestAdmitted",
    "RequestAdmitted",
    "HoldExpired",
    "HoldExpired",
  ]);
  const dearer = policy({ usd: 3 });
  const without = policy({ models: ["large"] });
  const costs = ({ costNanosBefore, costNanosAfter }: ReturnType<typeof whatIf>) => [
    costNanosBefore,
    costNanosAfter,
  ];
  expect(costs(whatIf(expired, wide))).toEqual([2 * heldNanos, 2 * heldNanos]);
  expect(costs(whatIf(expired, dearer))).toEqual([2 * heldNanos, 2 * dearNanos]);
  expect(costs(whatIf(expired, without))).toEqual([2 * heldNanos, 0]);
  // One is told late: its truth takes the place of what its hold was charged.
  const usage = { inputTokens: 500_000, outputTokens: 0 };
  const attempt = { provider: "main", model: "small", status: 200, latencyMs: 5, usage };
  const settlement = {
    ...settlementOf("late", 0.5e9),
    usage,
    attempts: [{ ...attempt, price: draft.price("main", "small"), costNanos: 0.5e9 }],
    provider: "main",
    servedModel: "small",
  };
  const told = stream.execute({ type: "settle", at: START + 1.01e9, settlement } as never);
  const events = [...expired, ...told.map((event) => unseal(event))];
  expect(facts(events).at(-1)?.type).toBe("ExpiryCorrected");
  expect(costs(whatIf(events, wide))).toEqual([heldNanos + 0.5e9, heldNanos + 0.5e9]);
  expect(costs(whatIf(events, dearer))).toEqual([heldNanos + 0.5e9, dearNanos + 1.5e9]);
  expect(costs(whatIf(events, without))).toEqual([heldNanos + 0.5e9, 0]);
});

test("a wider policy lets pass what was refused, with its bound and no made-up cost", () => {
  const narrow = live(policy({ perMinute: 7 }));
  const result = whatIf(narrow, wide);
  expect(result.newlyAllowed).toBeGreaterThan(0);
  expect(result.newlyRefused).toBe(0);
  expect(result.newlyAllowedBoundNanos).toBeGreaterThan(0);
  expect(result.costNanosAfter).toBe(costIn(narrow));
});

test("only decisions of the asked time are made again, and shards add up", () => {
  const half = START + 30 * 5_000;
  const draft = policy({ models: ["small"] });
  const later = whatIf(recorded, draft, { from: half });
  expect(later.requests).toBe(60);
  expect(later.changed.every(({ at }) => at >= half)).toBe(true);
  const of = (name: string) =>
    whatIf(
      recorded.filter(({ stream }) => stream === name),
      draft,
    );
  const both = mergeResults(mergeResults(emptyResult(), of("u_alice")), of("u_bob"));
  expect(both).toEqual(whatIf(recorded, draft));
});

test("a finding blocks under a draft whose rule blocks, and no longer where it does not", () => {
  const finding = {
    rule: "cards",
    detector: "payment-card",
    action: "warn" as const,
    enforced: true,
    direction: "prompt" as const,
    channel: "user",
    count: 1,
    lengths: [16],
  };
  const stream = new DecidedStream("u_alice");
  const request = requestOf("a", { model: "small", findings: [finding] });
  const events = stream
    .execute({ type: "admit", at: START, request })
    .map((event) => unseal(event));
  const rule = {
    id: "cards",
    detector: "payment-card",
    directions: ["prompt" as const],
    action: "block" as const,
  };
  const strict = PolicyDocument.parse({ ...wide, dlp: { rules: [rule] } });
  expect(whatIf(events, strict).changed).toMatchObject([
    { requestId: "a", code: "dlp_blocked", by: "cards" },
  ]);
  expect(whatIf(events, wide).newlyRefused).toBe(0);
});

test("what the guard asked is paid for under any draft, whoever would answer", () => {
  const stream = new DecidedStream("u_carol");
  const bound = { inputTokens: 1_000, outputTokens: 100, costNanos: 10_000_000 };
  const guard = { action: "none", score: 0.4, category: null, heldNanos: 500 };
  const request = requestOf("carol-1", {
    member: "carol",
    model: "small",
    bound,
    guard,
    chain: [{ provider: "gone", model: "small" }],
  });
  const asked = { status: 200, latencyMs: 1, costNanos: 300, role: "guard" as const };
  const attempts = [
    { provider: "prompt-guard", model: "m", ...asked },
    { provider: "gone", model: "small", status: 200, latencyMs: 5, costNanos: 7 },
  ];
  const usage = { inputTokens: 1_000, outputTokens: 100 };
  const settlement = { ...settlementOf("carol-1", 307), usage, attempts, provider: "gone" };
  const sealed = [
    ...stream.execute({ type: "admit", at: START, request }),
    ...stream.execute({ type: "settle", at: START + 1, settlement }),
  ];
  const result = whatIf(
    sealed.map((event) => unseal(event)),
    wide,
  );
  // A dollar a million tokens.
  expect(result.costNanosAfter).toBe(300 + 1_100 * 1_000);
  const { request: again } = new Draft(wide, () => undefined).again(
    { type: "RequestAdmitted", v: 1, data: request },
    START,
  );
  expect(again.bound.costNanos).toBe(500 + 1_100 * 1_000 + 4);
});

test("a sample takes members whole, the same ones each time, and scales nothing", () => {
  const draft = policy({ perMinute: 7 });
  const sizes: number[] = [];
  let smaller: string[] = [];
  for (const share of [0.05, 0.3, 0.7]) {
    const events = Array.from({ length: 40 }, (_, n) =>
      recorded.flatMap((event) =>
        event.stream === "u_alice" ? [{ ...event, stream: `u_${n}`, data: renamed(event, n) }] : [],
      ),
    ).flat();
    const all = whatIf(events, draft);
    const some = whatIf(events, draft, { share });
    const members = Object.keys(some.byUser);
    // Each is decided as among all, and what is told adds up to them alone.
    for (const name of members) expect(some.byUser[name]).toEqual(all.byUser[name]);
    expect(some.requests).toBe(60 * members.length);
    expect(some.sample).toEqual({ share, members: members.length, of: 40 });
    expect(members).toEqual(expect.arrayContaining(smaller));
    expect([all.sample, whatIf(events, draft, { share })]).toEqual([undefined, some]);
    smaller = members;
    sizes.push(members.length);
  }
  expect(sizes[0]).toBeLessThan(sizes[1] ?? 0);
  expect(sizes[1]).toBeLessThan(sizes[2] ?? 0);
  expect(sizes[2]).toBeLessThan(40);
});

function renamed({ data }: EventEnvelope, n: number): EventEnvelope["data"] {
  const { requestId, ...rest } = data as { requestId?: string };
  const id = requestId === undefined ? {} : { requestId: `${requestId}-${n}` };
  return { ...rest, ...id, ...("member" in data ? { member: `m${n}` } : {}) };
}

test("whose books before the record are not known is left out, and counted once", () => {
  const later = recorded.filter(({ at }) => at >= START + 30 * 5_000);
  const draft = policy({ perMinute: 7 });
  const run = (share: number) => {
    const what = new WhatIf(new Draft(draft, () => undefined), 0, Infinity, share);
    what.begin("u_bob", undefined);
    for (const event of later) if (what.wants(event)) what.take(event);
    return what.result;
  };
  expect(Object.keys(run(1).byUser)).toEqual(["alice"]);
  expect(run(1)).toMatchObject({ requests: 30, unknownMembers: 1 });
  expect(run(0.999).sample).toEqual({ share: 0.999, members: 1, of: 2 });
  expect(mergeResults(run(1), run(1)).unknownMembers).toBe(2);
});

test("shards' samples add up, and what is before the time is no member of it", () => {
  const half = { from: START + 30 * 5_000, share: 0.999 };
  const [alice, late] = [half, { from: Infinity, share: 0.999 }].map((asked) =>
    whatIf(recorded, wide, asked),
  );
  expect(late?.sample).toEqual({ share: 0.999, members: 0, of: 0 });
  const two = mergeResults(
    mergeResults(emptyResult(), alice ?? emptyResult()),
    alice ?? emptyResult(),
  );
  expect(two.sample).toEqual({ share: 0.999, members: 4, of: 4 });
});

test("what members share is not decided anew: what passed passes, what it refused stays refused", () => {
  const what = new WhatIf(new Draft(policy({}), () => undefined), 0, Infinity);
  const shared = {
    name: "team-rate",
    kind: "rate" as const,
    scope: "team:red",
    metric: "requests" as const,
    limit: 1,
    windowMs: 60_000,
    mode: "sliding" as const,
  };
  const data = requestOf("one", { model: "small", sharedLimits: [shared] });
  const event = (type: string, more: object = {}) =>
    ({ type, v: 1, stream: "u_alice", at: START, data: { ...data, ...more } }) as never;
  what.take(event("RequestAdmitted"));
  what.take(event("RequestRefused", { requestId: "two", code: "rate_limited", by: "team-rate" }));
  // A budget that a team shares: no lease of this draft's would cover it, and none is asked.
  const budget = budgetOf({ name: "team-month", scope: "team:red" });
  const more = { sharedLimits: undefined, shared: [budget] };
  what.take(event("RequestAdmitted", { requestId: "three", ...more }));
  const refused = { code: "budget_exceeded", by: "team-month" };
  what.take(event("RequestRefused", { requestId: "four", ...more, ...refused }));
  expect(what.result).toMatchObject({ requests: 4, newlyRefused: 0, newlyAllowed: 0 });
});

test("what was found in kept texts blocks by its rule, frees what it used, and is told by rule", () => {
  const [first = "", second = ""] = admittedIn(recorded);
  const rereads = { [first]: { by: "project" }, [second]: { hides: ["ticket", "mail"] } };
  const run = new WhatIf(new Draft(wide, () => undefined, rereads), 0, Infinity);
  for (const event of recorded) if (run.wants(event)) run.take(event);
  const { result } = run;
  const settled = facts(recorded).flatMap((fact) =>
    fact.type === "RequestSettled" && fact.data.requestId === first ? [fact.data.costNanos] : [],
  );
  expect(result).toMatchObject({
    newlyRefused: 1,
    newlyBlocked: 1,
    newlyLimited: 0,
    newlyRedacted: 1,
    byRule: {
      project: { newlyRefused: 1, newlyRedacted: 0 },
      ticket: { newlyRefused: 0, newlyRedacted: 1 },
      mail: { newlyRefused: 0, newlyRedacted: 1 },
    },
    changed: [{ requestId: first, code: "dlp_blocked", by: "project" }],
  });
  expect(result.costNanosBefore - result.costNanosAfter).toBe(settled[0]);
  const twice = mergeResults(result, result);
  expect(twice.byRule["ticket"]).toEqual({ newlyRefused: 0, newlyRedacted: 2 });
  expect([twice.newlyBlocked, twice.newlyRedacted]).toEqual([2, 2]);
});

test("limits that refuse are told by name", () => {
  const tight = whatIf(recorded, policy({ perMinute: 7 }));
  expect(tight.newlyLimited).toBe(tight.newlyRefused);
  expect(tight.byRule).toEqual({ rpm: { newlyRefused: tight.newlyRefused, newlyRedacted: 0 } });
  expect(tight.splitMembers).toBe(0);
});
