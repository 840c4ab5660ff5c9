/** Members who are split: what a policy may say of them, and what that makes of their rules. */
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { PolicyDocument } from "#policy/document.ts";
import { resolveFor } from "#policy/resolve.ts";
import {
  localScope,
  memberOfScope,
  shardOfRequest,
  splitScope,
  splitsUnder,
  withSplits,
} from "#policy/split.ts";
import { type KnownFeatures, validatePolicy } from "#policy/validate.ts";
import { samplePolicy } from "./sample.ts";

const known: KnownFeatures = {
  providerKinds: new Set(["openai", "anthropic"]),
  checkDlpRules: () => [],
};

const split = [{ member: "ci", shards: 4 }];

function problemsOf(part: object): [path: string, message: string][] {
  const result = validatePolicy({ ...samplePolicy(), ...part }, known);
  return result.ok ? [] : result.problems.map(({ path, message }) => [path, message]);
}

describe("a split", () => {
  it("is refused for a member named twice, and for numbers that nobody can share", () => {
    expect(problemsOf({ split: [...split, ...split] })).toMatchObject([["split[1].member", {}]]);
    for (const shards of [0, -1, 1.5, 17, Number.NaN, Infinity]) {
      expect(problemsOf({ split: [{ member: "ci", shards }] })).toMatchObject([
        ["split[0].shards", {}],
      ]);
    }
    expect(problemsOf({ split })).toEqual([]);
  });

  it("is remembered with the most actors that any version had, also once it is taken back", () => {
    let book = withSplits([], split);
    book = withSplits(book, [{ member: "ci", shards: 2 }]);
    book = withSplits(book, [{ member: "bot", shards: 3 }]);
    const document = PolicyDocument.parse({ ...samplePolicy(), split: [split[0]] });
    expect(splitsUnder(book, document)).toEqual({
      ci: { shards: 4, most: 4 },
      bot: { shards: 1, most: 3 },
    });
    expect(splitsUnder(book, PolicyDocument.parse(samplePolicy()))).toMatchObject({
      ci: { shards: 1, most: 4 },
    });
  });

  it("makes own rates, caps and budgets shared ones of the member's actors, and leaves others alone", () => {
    const document = PolicyDocument.parse(samplePolicy());
    const snapshot = { organisation: "o", version: 1, hash: "h", document, ledgerShards: 1 };
    const caller = {
      member: { id: "ci/1@example.com", role: "member" as const, tier: "premium", team: "red" },
      keyId: "k1",
      model: "gpt-4",
      tags: ["batch"],
    };
    const alone = resolveFor(snapshot, caller);
    const splits = { "ci/1@example.com": { shards: 4, most: 4 } };
    const { limits, budgets, sharedLimits, sharedBudgets } = resolveFor(
      { ...snapshot, splits },
      caller,
    );
    expect([limits, budgets]).toEqual([[], []]);
    const own = alone.limits;
    expect(own.map(({ metric }) => metric)).toContain("concurrency");
    const scoped = (scope: string) => splitScope(caller.member.id, scope);
    expect(sharedLimits).toEqual([
      ...alone.sharedLimits,
      ...own.map((limit) => ({ ...limit, scope: scoped(limit.scope) })),
    ]);
    expect(sharedBudgets).toEqual([
      ...alone.sharedBudgets,
      ...alone.budgets.map((budget) => ({ ...budget, scope: scoped(budget.scope) })),
    ]);
    const other = { ...caller, member: { ...caller.member, id: "ada" } };
    expect(resolveFor({ ...snapshot, splits }, other)).toEqual(resolveFor(snapshot, other));
  });

  it("names scopes that read back, whatever the member is called", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), fc.string(), (member, scope) => {
        const name = splitScope(member, scope);
        expect([memberOfScope(name), localScope(name)]).toEqual([member, scope]);
      }),
      { seed: 20261121, numRuns: 200 },
    );
    expect(["user", "team:red", "organisation"].map(localScope)).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });

  it("gives each actor its part of the requests, and one request always the same", () => {
    const counts = [0, 0, 0, 0];
    for (let n = 0; n < 4_000; n += 1) {
      const shard = shardOfRequest(`0190c3f2-7c1e-7000-8000-${n}`, { shards: 4, most: 4 });
      counts[shard] = (counts[shard] ?? 0) + 1;
    }
    for (const count of counts) expect(count).toBeGreaterThan(800);
  });
});
