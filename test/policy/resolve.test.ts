import { describe, expect, it } from "vitest";
import { PolicyDocument, type PolicyInput } from "#policy/document.ts";
import { modelsFor } from "#policy/models.ts";
import { priceFor, unpricedPrice } from "#policy/price.ts";
import { type Caller, resolveFor } from "#policy/resolve.ts";
import { sharedNodes } from "#policy/shared.ts";
import type { PolicySnapshot } from "#policy/snapshot.ts";
import { samplePolicy } from "./sample.ts";

function snapshotOf(input: PolicyInput): PolicySnapshot {
  const document = PolicyDocument.parse(input);
  return { organisation: "acme", version: 1, hash: "h", document, ledgerShards: 4 };
}

const sample = snapshotOf(samplePolicy());

function caller(changes: Partial<Caller> = {}): Caller {
  return { member: { id: "bob", role: "member", tier: "" }, model: "small", tags: [], ...changes };
}

const premium: Caller["member"] = { id: "ann", role: "member", tier: "premium" };

function price(usd: number) {
  return { inputUsdPerMtok: usd, outputUsdPerMtok: usd };
}

describe("the chain", () => {
  it("is the tier's candidates that serve the model, by priority, with what is needed to call", () => {
    const { chain, tier, maxOutputTokens } = resolveFor(sample, caller());
    expect(tier).toBe("standard");
    expect(maxOutputTokens).toBe(1_000);
    expect(chain).toEqual([
      { provider: "main", kind: "openai", secret: "OPENAI_KEY", model: "small" },
      {
        provider: "second",
        kind: "anthropic",
        baseUrl: "https://claude.example.com/v1",
        model: "claude-small",
      },
    ]);
  });

  it("holds each provider and model once, and keeps the document's order among equals", () => {
    const { chain } = resolveFor(sample, caller({ member: premium, model: "large" }));
    expect(chain.map(({ provider, model }) => `${provider}/${model}`)).toEqual([
      "second/large",
      "main/large",
    ]);
  });

  it("matches a star as a prefix and anything else exactly", () => {
    const served = ["gpt-9", "claude-x", "small2", "Gpt-9"].filter(
      (model) => resolveFor(sample, caller({ model })).chain.length > 0,
    );
    expect(served).toEqual(["gpt-9", "claude-x"]);
  });

  it("is empty with a refusal for a denied, an untiered and an unknown model", () => {
    const refusal = (model: string, tier = "") => {
      const member = { id: "bob", role: "member" as const, tier };
      const resolved = resolveFor(sample, caller({ model, member }));
      expect(resolved.chain).toEqual([]);
      expect(resolved.limits.length).toBeGreaterThan(0);
      return resolved.refusal?.code;
    };
    expect(refusal("gpt-secret", "premium")).toBe("model_not_allowed");
    expect(refusal("old-1", "premium")).toBe("model_not_allowed");
    expect(refusal("large")).toBe("model_not_allowed");
    expect(refusal("small", "gone")).toBe("model_not_allowed");
    const standardOnly = samplePolicy();
    delete standardOnly.tiers["premium"];
    const snapshot = snapshotOf(standardOnly);
    expect(resolveFor(snapshot, caller({ model: "x" })).refusal?.code).toBe("model_not_found");
  });

  it("refuses what is not on the allow list", () => {
    const snapshot = snapshotOf({ ...samplePolicy(), models: { allow: ["gpt-*"] } });
    expect(resolveFor(snapshot, caller()).refusal?.code).toBe("model_not_allowed");
    expect(resolveFor(snapshot, caller({ model: "gpt-4" })).refusal).toBeUndefined();
  });
});

describe("limits", () => {
  it("name the bucket they count in, and leave out buckets that the request does not have", () => {
    const { limits } = resolveFor(sample, caller({ model: "gpt-4" }));
    expect(limits.map(({ name, scope }) => `${name} ${scope}`)).toEqual([
      "rpm user",
      "per-model model:gpt-4",
      "open user",
    ]);
    const more = resolveFor(sample, caller({ keyId: "k1", tags: ["nightly", "other", "nightly"] }));
    expect(more.limits.map(({ name, scope }) => `${name} ${scope}`)).toEqual([
      "rpm user",
      "spend key:k1",
      "per-model model:small",
      "batch tag:nightly",
      "open user",
    ]);
  });

  it("are integers: dollars become nano-dollars, caps have no window", () => {
    const { limits } = resolveFor(sample, caller({ keyId: "k1" }));
    expect(limits.find(({ name }) => name === "spend")).toEqual({
      name: "spend",
      metric: "usd",
      mode: "sliding",
      scope: "key:k1",
      limit: 250_000_000,
      windowMs: 3_600_000,
      whole: true,
    });
    expect(limits.find(({ name }) => name === "open")).toEqual({
      name: "open",
      metric: "concurrency",
      mode: "sliding",
      scope: "user",
      limit: 3,
      windowMs: 0,
      whole: true,
    });
  });

  it("count one bucket a tag, the member's own tags included", () => {
    const input = samplePolicy();
    input.limits = [
      { name: "each", metric: "requests", limit: 1, windowMs: 1_000, scope: "tag" },
      { name: "net", metric: "requests", limit: 1, windowMs: 1_000, scope: "ip" },
      { name: "talk", metric: "requests", limit: 1, windowMs: 1_000, scope: "session" },
    ];
    input.concurrency = [];
    const member = { id: "bob", role: "member" as const, tier: "", tags: ["x"] };
    const asked = caller({ member, tags: ["y", "x"], ip: "10.0.0.1", session: "s1" });
    const { limits } = resolveFor(snapshotOf(input), asked);
    expect(limits.map(({ scope }) => scope)).toEqual([
      "tag:x",
      "tag:y",
      "ip:10.0.0.1",
      "session:s1",
    ]);
  });

  it("apply only when every list of their condition matches", () => {
    const input = samplePolicy();
    const when = { members: ["bob"], models: ["gpt-*"], keys: ["k1"], teams: ["red"] };
    input.limits = [{ name: "narrow", metric: "requests", limit: 1, windowMs: 1_000, when }];
    input.concurrency = [];
    const snapshot = snapshotOf(input);
    const member = { id: "bob", role: "member" as const, tier: "", team: "red" };
    const hit = caller({ member, model: "gpt-4", keyId: "k1" });
    const count = (changes: Partial<Caller>) =>
      resolveFor(snapshot, { ...hit, ...changes }).limits.length;
    expect(count({})).toBe(1);
    expect(count({ model: "small" })).toBe(0);
    expect(count({ keyId: undefined })).toBe(0);
    expect(count({ member: { ...member, id: "eve" } })).toBe(0);
    expect(count({ member: { id: "bob", role: "member", tier: "" } })).toBe(0);
  });

  it("say whether they count every request of their bucket", () => {
    const input = samplePolicy();
    const rule = { metric: "requests" as const, limit: 1, windowMs: 1_000 };
    input.limits = [
      { ...rule, name: "all", when: { members: ["bob"] } },
      { ...rule, name: "some", when: { models: ["gpt-*"] } },
      { ...rule, name: "each", scope: "model", when: { models: ["gpt-*"] } },
    ];
    input.concurrency = [];
    const member = { id: "bob", role: "member" as const, tier: "" };
    const { limits } = resolveFor(snapshotOf(input), caller({ member, model: "gpt-4" }));
    expect(limits.map(({ whole }) => whole)).toEqual([true, false, true]);
  });

  it("above one member come in lists of their own", () => {
    const input = samplePolicy();
    input.limits = [
      { name: "all", metric: "requests", limit: 1, windowMs: 1_000, scope: "organisation" },
    ];
    input.budgets = [{ name: "team", limitUsd: 1, scope: "team" }];
    input.concurrency = [];
    const member = { id: "bob", role: "member" as const, tier: "", team: "red" };
    const resolved = resolveFor(snapshotOf(input), caller({ member }));
    expect([resolved.limits, resolved.budgets]).toEqual([[], []]);
    expect(resolved.sharedLimits.map(({ scope }) => scope)).toEqual(["organisation"]);
    expect(resolved.sharedBudgets.map(({ scope }) => scope)).toEqual(["team:red"]);
  });

  it("a team's budget brings the one that it is part of, which is not asked for twice", () => {
    const input = samplePolicy();
    input.budgets = [
      { name: "org", limitUsd: 9, scope: "organisation" },
      { name: "team", limitUsd: 1, scope: "team", parent: "org" },
    ];
    const member = { id: "bob", role: "member" as const, tier: "" };
    const teamed = resolveFor(snapshotOf(input), caller({ member: { ...member, team: "red" } }));
    expect(teamed.sharedBudgets).toMatchObject([
      { name: "team", scope: "team:red", parent: { name: "org", scope: "organisation" } },
    ]);
    const alone = resolveFor(snapshotOf(input), caller({ member }));
    expect(alone.sharedBudgets.map(({ name }) => name)).toEqual(["org"]);
  });
});

describe("budgets", () => {
  it("are in nano-dollars and carry their period, not yet its key", () => {
    expect(resolveFor(sample, caller()).budgets).toEqual([
      {
        name: "month",
        scope: "user",
        period: "month",
        limitNanos: 5_000_000_000,
        thresholds: [0.8, 1],
        atLimit: "block",
        whole: true,
      },
    ]);
  });

  it("downgrade once: the cheaper tier serves on while the budget still counts", () => {
    const first = resolveFor(sample, caller({ member: premium }));
    expect([first.tier, first.downgradeTo]).toEqual(["premium", "standard"]);
    expect(first.budgets.map(({ atLimit }) => atLimit)).toEqual(["block", "downgrade"]);
    const second = resolveFor(sample, caller({ member: premium, tier: "standard" }));
    expect([second.tier, second.downgradeTo]).toEqual(["standard", undefined]);
    expect(second.maxOutputTokens).toBe(1_000);
    expect(second.budgets.map(({ name, atLimit }) => `${name} ${atLimit}`)).toEqual([
      "month block",
      "premium-day allow",
    ]);
  });

  it("block where there is no cheaper tier to go to", () => {
    const input = samplePolicy();
    input.budgets = [{ name: "month", limitUsd: 5, atLimit: "downgrade" }];
    expect(resolveFor(snapshotOf(input), caller()).budgets[0]?.atLimit).toBe("block");
  });
});

describe("prices", () => {
  it("of a provider's model come before those of a model, as integers", () => {
    const { document } = sample;
    expect(priceFor(document, "main", "gpt-4")).toEqual({
      inputNanosPerMtok: 2_500_000_000,
      outputNanosPerMtok: 10_000_000_000,
    });
    expect(priceFor(document, "second", "gpt-4")).toEqual({
      inputNanosPerMtok: 1_000_000_000,
      outputNanosPerMtok: 1_000_000_000,
      requestNanos: 1,
    });
    expect(priceFor(document, "main", "gpt-5")).toBeUndefined();
  });

  it("may name many models with a star, of which the longest counts", () => {
    const prices = { "*": price(1), "home/*": price(0), "gpt-*": price(2), "gpt-4": price(3) };
    const { document } = snapshotOf({ ...samplePolicy(), prices });
    const input = (provider: string, model: string) =>
      (priceFor(document, provider, model)?.inputNanosPerMtok ?? -1) / 1e9;
    expect(input("home", "llama")).toBe(0);
    expect(input("main", "gpt-5")).toBe(2);
    expect(input("main", "gpt-4")).toBe(3);
    expect(input("main", "other")).toBe(1);
  });

  it("of models without one are policy's to name", () => {
    expect(unpricedPrice(sample.document)).toBeUndefined();
    const unpriced = { inputUsdPerMtok: 0.1, outputUsdPerMtok: 0.2 };
    const { document } = snapshotOf({ ...samplePolicy(), accounting: { unpriced } });
    expect(unpricedPrice(document)).toEqual({
      inputNanosPerMtok: 100_000_000,
      outputNanosPerMtok: 200_000_000,
    });
  });
});

describe("the models that are listed", () => {
  it("are the exact names the member's tier serves and policy allows", () => {
    expect(modelsFor(sample, caller().member)).toEqual(["small"]);
    expect(modelsFor(sample, premium)).toEqual(["large"]);
    const snapshot = snapshotOf({ ...samplePolicy(), models: { deny: ["small"] } });
    expect(modelsFor(snapshot, caller().member)).toEqual([]);
  });
});

describe("a rule for a route", () => {
  const routed = snapshotOf({
    ...samplePolicy(),
    routes: [
      { name: "agents", when: { tags: ["agent"] }, candidates: [{ provider: "main" }] },
      { name: "rest", when: { members: ["eve"] }, candidates: [{ provider: "main" }] },
    ],
    limits: [
      { name: "all", metric: "requests", limit: 9, windowMs: 60_000 },
      {
        name: "agents-only",
        metric: "requests",
        limit: 3,
        windowMs: 60_000,
        scope: "organisation",
        when: { routes: ["agents"] },
      },
    ],
    concurrency: [{ name: "agents-cap", limit: 2, when: { routes: ["agents"] } }],
    budgets: [
      { name: "mine", limitUsd: 1 },
      {
        name: "agents-month",
        limitUsd: 5,
        scope: "organisation",
        when: { routes: ["agents", "rest"] },
      },
    ],
  });
  const rulesFor = (changes: Partial<Caller>) => {
    const { limits, sharedLimits, budgets, sharedBudgets } = resolveFor(routed, caller(changes));
    return [limits, sharedLimits, budgets, sharedBudgets].map((list) =>
      list.map(({ name }) => name),
    );
  };

  it("applies to the requests that the route takes, of all callers together or of each", () => {
    const agents = [["all", "agents-cap"], ["agents-only"], ["mine"], ["agents-month"]];
    expect(rulesFor({ tags: ["agent"] })).toEqual(agents);
    const eve = { id: "eve", role: "member", tier: "" } as const;
    expect(rulesFor({ member: eve })).toEqual([["all"], [], ["mine"], ["agents-month"]]);
    // The first route that takes a request is the one that counts.
    expect(rulesFor({ member: eve, tags: ["agent"] })).toEqual(agents);
  });

  it("with the scope route counts each route apart, all its callers together", () => {
    const scope = "route" as const;
    const limits = [
      { name: "rpm", metric: "requests" as const, limit: 3, windowMs: 60_000, scope },
    ];
    const when = { routes: ["agents"] };
    const document = {
      ...routed.document,
      limits,
      budgets: [
        { name: "each", limitUsd: 1, scope },
        { name: "one", limitUsd: 1, scope, when },
      ],
    };
    const snapshot = snapshotOf(document);
    const scopesFor = (changes: Partial<Caller>) => {
      const { sharedLimits, sharedBudgets } = resolveFor(snapshot, caller(changes));
      return [...sharedLimits, ...sharedBudgets].map(({ name, scope, whole }) => [
        name,
        scope,
        whole,
      ]);
    };
    const eve = { id: "eve", role: "member", tier: "" } as const;
    expect(scopesFor({ tags: ["agent"] })).toEqual([
      ["rpm", "route:agents", true],
      ["each", "route:agents", true],
      ["one", "route:agents", true],
    ]);
    expect(scopesFor({ member: eve })).toEqual([
      ["rpm", "route:rest", true],
      ["each", "route:rest", true],
    ]);
    expect(scopesFor({})).toEqual([]);
    const nodes = sharedNodes(snapshot.document, ["red"]);
    expect(nodes.map(({ budget, scope: of }) => `${budget} ${of}`)).toEqual([
      "each route:agents",
      "each route:rest",
      "one route:agents",
    ]);
  });

  it("leaves alone what no route takes", () => {
    expect(rulesFor({})).toEqual([["all"], [], ["mine"], []]);
  });

  it("never claims to count every request of its bucket", () => {
    const { sharedLimits, sharedBudgets } = resolveFor(routed, caller({ tags: ["agent"] }));
    expect([...sharedLimits, ...sharedBudgets].map(({ whole }) => whole)).toEqual([false, false]);
  });

  it("tells since when it is there, where it picks some requests, and of no other", () => {
    const since = { limits: { all: 1, "agents-only": 2 }, budgets: { mine: 3, "agents-month": 4 } };
    const asked = caller({ tags: ["agent"] });
    const told = resolveFor({ ...routed, since }, asked);
    const lists = [told.limits, told.sharedLimits, told.budgets, told.sharedBudgets];
    expect(lists.map(([rule]) => rule?.since)).toEqual([undefined, 2, undefined, 4]);
  });
});
