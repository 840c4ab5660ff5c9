import { describe, expect, it } from "vitest";
import { diffPolicies } from "#policy/diff.ts";
import { PolicyDocument } from "#policy/document.ts";
import { samplePolicy } from "./sample.ts";

describe("the difference of two policies", () => {
  it("is nothing for the same policy, whatever the order of its named entries", () => {
    const one = PolicyDocument.parse(samplePolicy());
    const two = { ...one, limits: one.limits.toReversed() };
    expect(diffPolicies(one, two)).toEqual([]);
  });

  it("names each place by the names that people gave", () => {
    const one = PolicyDocument.parse(samplePolicy());
    const two = structuredClone(one);
    two.limits[0]!.limit = 120;
    two.budgets.pop();
    two.tiers["standard"]!.candidates[0]!.priority = 5;
    two.models.allow = ["gpt-*"];
    two.providers["third"] = { kind: "openai" };
    expect(diffPolicies(one, two)).toEqual([
      { path: "providers.third", after: { kind: "openai" } },
      { path: "tiers.standard.candidates[0].priority", before: 200, after: 5 },
      { path: "models.allow", before: ["*"], after: ["gpt-*"] },
      { path: "limits.rpm.limit", before: 60, after: 120 },
      { path: "budgets.premium-day", before: one.budgets[1] },
    ]);
  });

  it("from nothing is the whole", () => {
    const one = PolicyDocument.parse(samplePolicy());
    expect(diffPolicies(undefined, one)).toEqual([{ path: ".", after: one }]);
  });
});
