/** Routes: who takes a request, which share of all, and in which order candidates are asked. */
import { array, assert, integer, property, record, string, uuid } from "fast-check";
import { describe, expect, it } from "vitest";
import type { MemberData } from "#events/policy-events.ts";
import { PolicyDocument, type PolicyInput } from "#policy/document.ts";
import { modelsFor } from "#policy/models.ts";
import { resolveFor } from "#policy/resolve.ts";
import type { RoutingFacts } from "#policy/route.ts";
import { samplePolicy } from "./sample.ts";

type Routes = NonNullable<PolicyInput["routes"]>;
const member: MemberData = { id: "alice", role: "member", tier: "standard", team: "red" };

const facts = (over: Partial<RoutingFacts> = {}): RoutingFacts => ({
  requestId: "r1",
  at: Date.parse("2026-11-20T09:30:00Z"),
  stream: false,
  promptTokens: 100,
  guarded: false,
  metadata: {},
  wire: { path: "/v1/chat/completions", header: () => null },
  latencyMsOf: () => undefined,
  ...over,
});

const snapshotOf = (routes: Routes, tiers?: PolicyInput["tiers"]) => {
  const input = samplePolicy();
  const document = PolicyDocument.parse({ ...input, routes, ...(tiers ? { tiers } : {}) });
  return { organisation: "acme", version: 1, hash: "h", document, ledgerShards: 1 };
};

const resolve = (routes: Routes, routing = facts(), model = "small", who = member) =>
  resolveFor(snapshotOf(routes), { member: who, model, tags: ["nightly"], routing });

const models = (...args: Parameters<typeof resolve>): string[] =>
  resolve(...args).chain.map((link) => link.model);

const to = (model: string) => [{ provider: "main", model }];

const pick = (routes: Routes, requestId: string) => models(routes, facts({ requestId }));

const canary = (to_: number, by: "request" | "user" = "request"): Routes => [
  { name: "canary", when: { share: { to: to_, by } }, candidates: to("new") },
];

const share = (from: number, until: number) => ({ from, to: until, draw: "ab" });

const tier = (balance: "weight" | "latency", weights: (number | undefined)[]) => ({
  standard: {
    balance,
    candidates: weights.map((weight, index) => ({
      provider: "main",
      model: `m${index}`,
      serves: ["*"],
      priority: index === 3 ? 200 : 100,
      ...(weight === undefined ? {} : { weight }),
    })),
  },
});

const chain = (tiers: NonNullable<PolicyInput["tiers"]>, routing: RoutingFacts) =>
  resolveFor(snapshotOf([], tiers), { member, model: "x", tags: [], routing });

describe("a route", () => {
  const tierChain = ["small", "claude-small"];

  it("takes what its conditions say and leaves the rest to the next, and to the tier", () => {
    const routes: Routes = [
      { name: "team", when: { teams: ["blue"] }, candidates: to("blue-model") },
      { name: "tag", when: { tags: ["nightly"], models: ["s*l"] }, candidates: to("night") },
    ];
    expect(models(routes)).toEqual(["night"]);
    expect(models(routes, facts(), "small", { ...member, team: "blue" })).toEqual(["blue-model"]);
    expect(models([routes[0]!])).toEqual(tierChain);
  });

  it.each<[string, Routes[number]["when"], Partial<RoutingFacts>, Partial<RoutingFacts>]>([
    [
      "metadata of a list",
      { metadata: { plan: ["free", "tr*"] } },
      { metadata: { plan: "trial" } },
      { metadata: { plan: "paid" } },
    ],
    [
      "metadata in a range",
      { metadata: { age: { atLeast: 3, below: 5 } } },
      { metadata: { age: 3 } },
      { metadata: { age: 5 } },
    ],
    ["metadata that is there", { metadata: { a: { present: true } } }, { metadata: { a: 0 } }, {}],
    [
      "metadata that is not there",
      { metadata: { a: { present: false } } },
      {},
      { metadata: { a: "" } },
    ],
    [
      "headers",
      { headers: { "x-plan": ["gold"] } },
      { wire: { path: "/", header: (name) => (name === "x-plan" ? "gold" : null) } },
      { wire: { path: "/", header: () => "silver!" } },
    ],
    [
      "paths",
      { paths: ["/v1/*/completions"] },
      {},
      { wire: { path: "/v1/m", header: () => null } },
    ],
    ["size", { promptTokens: { atLeast: 100, atMost: 100 } }, {}, { promptTokens: 101 }],
    // 09:30 in London is 10:30 in Berlin, on a Friday.
    [
      "hours",
      { hours: { from: "10:30", to: "11:00", days: ["fri"] } },
      {},
      { at: Date.parse("2026-11-20T10:00:00Z") },
    ],
    [
      "hours past midnight, which belong to the day before",
      { hours: { from: "22:00", to: "02:00", days: ["fri"] } },
      { at: Date.parse("2026-11-21T00:30:00Z") },
      { at: Date.parse("2026-11-20T00:30:00Z") },
    ],
    ["streams", { stream: true }, { stream: true }, {}],
    ["what the guard found", { guarded: true }, { guarded: true }, {}],
  ])("looks at %s", (_title, when, taken, left) => {
    const routes: Routes = [{ name: "r", when, candidates: to("taken") }];
    expect(models(routes, facts(taken))).toEqual(["taken"]);
    expect(models(routes, facts(left))).toEqual(tierChain);
  });

  it("may leave what its own candidates cannot do to the tier", () => {
    const routes: Routes = [{ name: "r", candidates: to("own"), thenTier: true }];
    expect(models(routes)).toEqual(["own", ...tierChain]);
  });

  it("serves models that no tier does, lists them, and obeys the deny list", () => {
    const routes: Routes = [
      { name: "r", when: { models: ["dynamic/chat", "old-x"] }, candidates: to("own") },
    ];
    expect(models(routes, facts(), "dynamic/chat")).toEqual(["own"]);
    expect(resolve(routes, facts(), "old-x").refusal?.code).toBe("model_not_allowed");
    expect(modelsFor(snapshotOf(routes), member)).toContain("dynamic/chat");
    expect(modelsFor(snapshotOf(routes), member)).not.toContain("old-x");
  });

  it("asked again from the record takes headers and paths as it took them before", () => {
    const routes: Routes = [{ name: "r", when: { paths: ["/v2"] }, candidates: to("own") }];
    const { wire: _wire, ...recorded } = facts();
    expect(models(routes, { ...recorded, tookBefore: "r" })).toEqual(["own"]);
    expect(models(routes, recorded)).toEqual(tierChain);
  });
});

describe("a share", () => {
  it("takes its part of all requests, give or take what chance does", () => {
    const taken = Array.from({ length: 4_000 }, (_, n) =>
      models(canary(25), facts({ requestId: `id-${n}` })).includes("new"),
    ).filter(Boolean).length;
    // Five standard deviations of 4,000 draws at a quarter are 137.
    expect(Math.abs(taken - 1_000)).toBeLessThan(137);
  });

  it("is the same for the same request, and for the same user whatever the request", () => {
    assert(
      property(uuid(), uuid(), integer({ min: 1, max: 99 }), (one, other, share) => {
        expect(pick(canary(share), one)).toEqual(pick(canary(share), one));
        expect(pick(canary(share, "user"), one)).toEqual(pick(canary(share, "user"), other));
        // Who was in a share stays in it when it grows.
        if (pick(canary(share), one).includes("new")) {
          expect(pick(canary(share + 1), one)).toEqual(["new"]);
        }
      }),
      { numRuns: 200, seed: 5 },
    );
  });

  it("splits one draw without gap or overlap between routes that name it alike", () => {
    const split: Routes = [
      { name: "a", when: { share: share(0, 10) }, candidates: to("a") },
      { name: "b", when: { share: share(10, 60) }, candidates: to("b") },
      { name: "c", when: { share: share(60, 100) }, candidates: to("c") },
    ];
    const alone = split.map((route) => [route]);
    assert(
      property(uuid(), (requestId) => {
        const hits = alone.filter(
          (routes) => !models(routes, facts({ requestId })).includes("small"),
        );
        expect(hits).toHaveLength(1);
      }),
      { numRuns: 300, seed: 6 },
    );
  });
});

describe("balance", () => {
  it("by weight asks each first as often as its weight says, the others after it, priorities kept", () => {
    const tiers = tier("weight", [6, 3, 0, 100]);
    const firsts = new Map<string, number>();
    for (let n = 0; n < 3_000; n += 1) {
      const order = chain(tiers, facts({ requestId: `w${n}` })).chain.map(({ model }) => model);
      expect(order.toSorted()).toEqual(["m0", "m1", "m2", "m3"]);
      expect(order.slice(2)).toEqual(["m2", "m3"]);
      firsts.set(order[0]!, (firsts.get(order[0]!) ?? 0) + 1);
    }
    expect(Math.abs((firsts.get("m0") ?? 0) - 2_000)).toBeLessThan(130);
  });

  it("by latency asks the fastest first, whom nobody knows before, and records what it knew", () => {
    const known: Record<string, number> = { m0: 90, m2: 30, m3: 1 };
    const latencyMsOf = (_provider: string, model: string) => known[model];
    const { chain: order, pick } = chain(
      tier("latency", [undefined, undefined, undefined, undefined]),
      facts({ latencyMsOf }),
    );
    expect(order.map(({ model }) => model)).toEqual(["m1", "m2", "m0", "m3"]);
    expect(pick).toEqual({
      balance: "latency",
      latencyMs: { "main/m0": 90, "main/m2": 30, "main/m3": 1 },
    });
  });

  it("is made again from what was recorded, whatever it is", () => {
    const latencies = array(
      record({ n: integer({ min: 0, max: 3 }), ms: integer({ min: 0, max: 999 }) }),
    );
    assert(
      property(string(), latencies, (requestId, all) => {
        const known = Object.fromEntries(all.map(({ n, ms }) => [`main/m${n}`, ms]));
        const latencyMsOf = (provider: string, model: string) => known[`${provider}/${model}`];
        for (const balance of ["weight", "latency"] as const) {
          const tiers = tier(balance, [1, 2, 3, 4]);
          const first = chain(tiers, facts({ requestId, latencyMsOf }));
          const again = chain(
            tiers,
            facts({
              requestId,
              latencyMsOf: (provider, model) => first.pick?.latencyMs?.[`${provider}/${model}`],
            }),
          );
          expect(again.chain).toEqual(first.chain);
        }
      }),
      { numRuns: 100, seed: 8 },
    );
  });
});
