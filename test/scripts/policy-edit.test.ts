import { describe, expect, it } from "vitest";
import { PolicyDocument } from "#policy/document.ts";
import { samplePolicy } from "../policy/sample.ts";
import { getAt, readValue, setAt, unsetAt } from "../../scripts/policy-edit.ts";

function sample() {
  return PolicyDocument.parse(samplePolicy());
}

describe("a path on the command line", () => {
  it("finds entries of lists by name, by number, and names with dots", () => {
    const document = sample();
    document.providers["my.own"] = { kind: "openai" };
    expect(getAt(document, "limits.rpm.limit")).toBe(60);
    expect(getAt(document, "limits[0].limit")).toBe(60);
    expect(getAt(document, "tiers.standard.candidates[0].serves[1]")).toBe("claude-*");
    expect(getAt(document, "providers.my.own.kind")).toBe("openai");
    expect(getAt(document, "")).toBe(document);
    expect(() => getAt(document, "limits.none")).toThrow(/nothing at/);
  });

  it("sets the number of a limit or budget by its name alone", () => {
    const document = sample();
    setAt(document, "limits.rpm", 120);
    setAt(document, "budgets.month", 7.5);
    setAt(document, "concurrency.open", 9);
    expect(document.limits[0]?.limit).toBe(120);
    expect(document.budgets[0]?.limitUsd).toBe(7.5);
    expect(document.concurrency[0]?.limit).toBe(9);
  });

  it("adds what is not there, and a new entry of a list as an object with its name", () => {
    const document = sample();
    setAt(document, "accounting.holdMs", 20_000);
    setAt(document, "models.deny", ["a"]);
    setAt(document, "limits.rph", { metric: "requests", limit: 5, windowMs: 3_600_000 });
    expect(document.accounting.holdMs).toBe(20_000);
    expect(document.models.deny).toEqual(["a"]);
    expect(document.limits.at(-1)).toMatchObject({ name: "rph", limit: 5 });
    expect(() => setAt(document, "limits.rpx", 5)).toThrow(/no entry/);
    expect(() => setAt(document, "limits.rpx.limit", 5)).toThrow(/no entry/);
    expect(() => setAt(document, "timeZone.x", 5)).toThrow(/no parts/);
    expect(() => setAt(document, "__proto__.x", 5)).toThrow(/no path/);
  });

  it("takes entries away", () => {
    const document = sample();
    unsetAt(document, "limits.spend");
    unsetAt(document, "tiers.premium.downgradeTo");
    expect(document.limits.map(({ name }) => name)).toEqual(["rpm", "per-model", "batch"]);
    expect(document.tiers["premium"]).not.toHaveProperty("downgradeTo");
    expect(() => unsetAt(document, "limits.spend")).toThrow(/nothing at/);
  });

  it("takes a value as JSON when it is JSON, else as text", () => {
    expect(["120", "true", "Europe/Berlin", '["a"]'].map(readValue)).toEqual([
      120,
      true,
      "Europe/Berlin",
      ["a"],
    ]);
  });
});
