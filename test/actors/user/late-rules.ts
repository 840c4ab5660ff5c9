/**
 * Rules of every scope and `when` that come late, from the policy's document on, and an oracle that
 * knows every request and counts by hand.
 */
import * as fc from "fast-check";
import { expect } from "vitest";
import type { RequestData } from "#actors/user/state.ts";
import { picksFor, type RulePicks } from "#policy/picks.ts";
import { PolicyDocument, type PolicyInput } from "#policy/document.ts";
import { resolveFor } from "#policy/resolve.ts";
import type { SharedBudgetData } from "#events/user-events.ts";
import type { PolicySnapshot } from "#policy/snapshot.ts";
import { sinceAfter } from "#policy/since.ts";
import { boundOf, requestOf, Run, START } from "./fixtures.ts";
import { countPast } from "./past.ts";

const hourMs = 3_600_000;
const most = 1_000_000;
const resetsAt = Date.UTC(2026, 11, 1);
const startsAt = Date.UTC(2026, 10, 1);

/** Each rule, and what it counts said once more, by hand. */
interface Rule {
  list: "limits" | "concurrency" | "budgets";
  spec: Record<string, unknown>;
  scopes(call: Call): string[];
}

export interface Call {
  ownTier: "gold" | "silver";
  tier: "gold" | "silver";
  keyId: string;
  model: string;
  tags: string[];
  ip: string;
  session: string | undefined;
}

const isBig = ({ model }: Call) => model === "big";
const hasGold = ({ ownTier, tier }: Call) => ownTier === "gold" || tier === "gold";
const windowMs = hourMs;
const rate = (name: string, metric: string, rest: object): Record<string, unknown> => {
  return { name, metric, limit: metric === "usd" ? most / 1e9 : most, windowMs, ...rest };
};

export const RULES: Rule[] = [
  {
    list: "limits",
    spec: rate("golden", "tokens", { when: { tiers: ["gold"] } }),
    scopes: (call) => (hasGold(call) ? ["user"] : []),
  },
  {
    list: "limits",
    spec: rate("address", "requests", { scope: "ip" }),
    scopes: ({ ip }) => [`ip:${ip}`],
  },
  {
    list: "limits",
    spec: rate("run", "usd", { scope: "session", when: { models: ["big"] } }),
    scopes: (call) =>
      isBig(call) && call.session !== undefined ? [`session:${call.session}`] : [],
  },
  {
    list: "limits",
    spec: rate("keyed", "tokens", { scope: "key", when: { tags: ["a"] } }),
    scopes: ({ keyId, tags }) => (tags.includes("a") ? [`key:${keyId}`] : []),
  },
  {
    list: "limits",
    spec: rate("tagged", "requests", { scope: "tag", when: { tags: ["a", "b"], models: ["b*"] } }),
    scopes: (call) =>
      isBig(call) ? call.tags.filter((tag) => tag !== "c").map((tag) => `tag:${tag}`) : [],
  },
  {
    list: "concurrency",
    spec: { name: "open", limit: 10_000, when: { tiers: ["gold"] } },
    scopes: (call) => (hasGold(call) ? ["user"] : []),
  },
  {
    list: "concurrency",
    spec: { name: "open-each", limit: 10_000, scope: "model", when: { keys: ["k1"] } },
    scopes: ({ keyId, model }) => (keyId === "k1" ? [`model:${model}`] : []),
  },
  {
    list: "budgets",
    spec: { name: "month", limitUsd: most / 1e9, thresholds: [], when: { tiers: ["gold"] } },
    scopes: (call) => (hasGold(call) ? ["user"] : []),
  },
  {
    list: "budgets",
    spec: {
      name: "month-of-tag",
      limitUsd: most / 1e9,
      thresholds: [],
      scope: "tag",
      when: { models: ["big"] },
    },
    scopes: (call) => (isBig(call) ? call.tags.map((tag) => `tag:${tag}`) : []),
  },
];

const provider = { provider: "main", serves: ["*"] };
const base: PolicyInput = {
  schema: 1,
  providers: { main: { kind: "openai", secret: "KEY" } },
  tiers: {
    gold: { candidates: [provider], downgradeTo: "silver" },
    silver: { candidates: [provider] },
  },
  defaultTier: "gold",
  // Who was sent to a cheaper tier by it shows it as one that lets pass.
  budgets: [{ name: "dear", limitUsd: 1_000, atLimit: "downgrade" }],
};

function snapshotOf(input: PolicyInput, version: number, publishedAt: number): PolicySnapshot {
  const document = PolicyDocument.parse(input);
  const before = PolicyDocument.parse(base);
  const book = sinceAfter(undefined, before, 0);
  const since =
    version === 1 ? book : sinceAfter({ book, document: before }, document, publishedAt);
  return { organisation: "acme", version, hash: "h", document, ledgerShards: 1, since };
}

/** The request as the edge would plan it. */
export function planned(
  id: string,
  call: Call,
  policy: PolicySnapshot,
  isOld = false,
): RequestData {
  const { ownTier, tier, keyId, model, tags, ip, session } = call;
  const member = { id: "alice", role: "member", tier: ownTier } as const;
  const { limits, budgets, sharedLimits, sharedBudgets } = resolveFor(policy, {
    member: { ...member, name: "Alice" },
    keyId,
    model,
    ip,
    session,
    tags,
    tier,
  });
  const dated = { period: "month", periodKey: "2026-11-01", startsAt, resetsAt } as const;
  return requestOf(id, {
    ...(isOld ? {} : { ownTier, ...(session === undefined ? {} : { session }) }),
    tier,
    keyId,
    model,
    tags,
    ip,
    policyVersion: policy.version,
    limits,
    budgets: budgets.map((budget) => ({ ...budget, ...dated })),
    sharedLimits,
    shared: sharedBudgets.map((budget) => ({ ...budget, ...dated }) as SharedBudgetData),
  });
}

/** Every request with its truth, counted again for each question. */
export class Ledger {
  readonly all: {
    id: string;
    at: number;
    call: Call;
    tokens: number;
    nanos: number;
    deadlineAt: number;
    ended?: "settled" | "released" | "expired";
  }[] = [];

  end(id: string, how: "settled" | "released", tokens: number, nanos: number): void {
    const one = this.all.find((other) => other.id === id);
    if (one === undefined || one.ended === "settled" || one.ended === "released") return;
    // A release after the expiry is for no hold.
    if (one.ended === "expired" && how === "released") return;
    Object.assign(one, { ended: how, tokens, nanos });
  }

  expire(at: number): void {
    for (const one of this.all) {
      if (one.ended === undefined && one.deadlineAt <= at) one.ended = "expired";
    }
  }

  used(rule: Rule, scope: string, at: number): number {
    const { list, spec } = rule;
    const mine = this.all.filter(({ call }) => rule.scopes(call).includes(scope));
    if (list === "concurrency") return mine.filter(({ ended }) => ended === undefined).length;
    const since = list === "budgets" ? startsAt - 1 : at - windowMs;
    const counted = mine.filter((one) => one.at > since);
    const field = spec["metric"] === "tokens" ? "tokens" : "nanos";
    if (spec["metric"] === "requests") return counted.length;
    return counted.reduce((sum, one) => sum + one[field], 0);
  }
}

const call = fc.record({
  ownTier: fc.constantFrom("gold" as const, "silver" as const),
  lower: fc.boolean(),
  keyId: fc.constantFrom("k1", "k2"),
  model: fc.constantFrom("big", "small"),
  tags: fc.subarray(["a", "b", "c"]),
  ip: fc.constantFrom("192.0.2.1", "192.0.2.2"),
  session: fc.constantFrom("s1", "s2", undefined),
});
export const step = fc.record({
  after: fc.integer({ min: 0, max: 12 * 60_000 }),
  act: fc.constantFrom("admit", "admit", "admit", "settle", "release", "expire"),
  call,
  amount: fc.integer({ min: 0, max: 400 }),
  which: fc.nat(40),
});
export type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** A principal's life; the oracle's beside it. */
export class Life {
  readonly run = new Run();
  readonly ledger = new Ledger();
  at = START - 4 * hourMs;
  #n = 0;

  step({ after, act, call, amount, which }: Step, policy: PolicySnapshot, isOld: boolean): void {
    this.at += after;
    const { ledger, run, at } = this;
    const id = ledger.all[which % Math.max(ledger.all.length, 1)]?.id ?? "none";
    if (act === "admit") this.admit(called(call), amount, policy, isOld);
    else if (act === "settle") {
      run.settle(at, id, amount * 2, amount);
      ledger.end(id, "settled", amount, amount * 2);
    } else if (act === "release") {
      run.release(at, id);
      ledger.end(id, "released", 0, 0);
    } else {
      run.expire(at);
      ledger.expire(at);
    }
  }

  /** What is told to be used of each rule of the request, this request not counted. */
  admit(call: Call, amount: number, policy: PolicySnapshot, isOld = false): number[] {
    const { run, ledger, at } = this;
    const id = `r${(this.#n += 1)}`;
    const bound = boundOf(amount, amount * 3);
    const deadlineAt = at + 40 * 60_000;
    const request = { ...planned(id, call, policy, isOld), bound, deadlineAt };
    const picks = picksFor(policy.document, request, at);
    if (picks !== undefined) this.count(request, picks);
    const before = request.limits.length + request.budgets.length;
    const [fact] = run.admit(at, request);
    if (fact?.type !== "RequestAdmitted") throw new Error(`refused: ${JSON.stringify(fact)}`);
    ledger.all.push({ id, at, call, tokens: amount, nanos: amount * 3, deadlineAt });
    const { left = [] } = fact.data;
    expect(left).toHaveLength(before);
    return left;
  }

  /** What the actor does before it decides. */
  protected count(request: RequestData, picks: RulePicks): void {
    countPast(this.run, request, picks, this.at);
  }

  /** What the oracle says is left of each rule of a call just admitted, in the order they are told. */
  left(call: Call): number[] {
    const inOrder = ["limits", "concurrency", "budgets"] as const;
    return inOrder.flatMap((list) =>
      RULES.filter((rule) => rule.list === list).flatMap((rule) =>
        rule.scopes(call).map((scope) => {
          const limit = list === "concurrency" ? 10_000 : most;
          return limit - this.ledger.used(rule, scope, this.at);
        }),
      ),
    );
  }
}

export function called({ lower, ...call }: Step["call"]): Call {
  return { ...call, tier: lower ? "silver" : call.ownTier };
}

/** All of them in a policy, as it is published. */
export function late(publishedAt: number): PolicySnapshot {
  const [limits, concurrency, budgets] = [
    specsOf("limits"),
    specsOf("concurrency"),
    specsOf("budgets"),
  ];
  const document = { ...base, limits, concurrency, budgets } as PolicyInput;
  return snapshotOf(document, 2, publishedAt);
}

function specsOf(list: Rule["list"]): Record<string, unknown>[] {
  return RULES.flatMap((rule) => (rule.list === list ? [rule.spec] : []));
}

/** The policy before they came. */
export const first = (): PolicySnapshot => snapshotOf(base, 1, 0);
