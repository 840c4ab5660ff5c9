import { describe, expect, it } from "vitest";
import { credentialsFor } from "#policy/credentials.ts";
import type { PolicyInput } from "#policy/document.ts";
import { validatePolicy, type KnownFeatures } from "#policy/validate.ts";
import { samplePolicy } from "./sample.ts";

const list = [
  { alias: "main", secret: "KEY_A" },
  { alias: "batch", secret: "KEY_B" },
];
const known: KnownFeatures = {
  providerKinds: new Set(["openai", "anthropic"]),
  checkDlpRules: () => [],
};

const aliases = (all: readonly { alias: string }[]): string[] => all.map(({ alias }) => alias);

describe("a credential", () => {
  it("is the first unless an alias is named, and none for an alias that is not there", () => {
    expect(aliases(credentialsFor(list, undefined, "r"))).toEqual(["main"]);
    expect(aliases(credentialsFor(list, "batch", "r"))).toEqual(["batch"]);
    expect(aliases(credentialsFor(list, "other", "r"))).toEqual([]);
  });

  it("is the first for `default`, unless one is called so", () => {
    expect(aliases(credentialsFor(list, "default", "r"))).toEqual(["main"]);
    const named = [...list, { alias: "default", secret: "KEY_C" }];
    expect(aliases(credentialsFor(named, "default", "r"))).toEqual(["default"]);
  });

  it("is drawn by weight, alike for one request, and never one without a weight", () => {
    const weighted = [
      { alias: "rest", secret: "KEY_0" },
      { alias: "one", secret: "KEY_1", weight: 1 },
      { alias: "three", secret: "KEY_3", weight: 3 },
    ];
    const drawn = Array.from({ length: 2_000 }, (_, n) =>
      aliases(credentialsFor(weighted, undefined, `request-${n}`)),
    );
    const share = drawn.filter(([first]) => first === "three").length / drawn.length;
    expect(share).toBeGreaterThan(0.7);
    expect(share).toBeLessThan(0.8);
    expect(new Set(drawn.map((all) => all.toSorted().join()))).toEqual(new Set(["one,three"]));
    expect(aliases(credentialsFor(weighted, undefined, "request-7"))).toEqual(drawn[7]);
  });
});

/** Where a policy with the list is wrong after a change. */
const pathsAfter = (change: (policy: PolicyInput) => void): string[] => {
  const policy = samplePolicy();
  policy.providers["main"] = { kind: "openai", credentials: list };
  change(policy);
  const result = validatePolicy(policy, known);
  return result.ok ? [] : result.problems.map(({ path }) => path);
};
const at = (credential: string) =>
  pathsAfter((policy) => {
    policy.tiers["standard"]!.candidates[1]!.credential = credential;
    policy.routes = [{ name: "r", candidates: [{ provider: "main", credential }] }];
  });
const put = (entry: PolicyInput["providers"][string]) =>
  pathsAfter((policy) => (policy.providers["main"] = entry));

describe("a policy is refused", () => {
  it("for a candidate whose alias its provider does not have, in tiers and routes", () => {
    expect(at("batch")).toEqual([]);
    expect(at("none")).toEqual([
      "tiers.standard.candidates[1].credential",
      "routes[0].candidates[0].credential",
    ]);
  });

  it("for a secret beside the list, an alias used twice or kept for callers, an own secret", () => {
    expect(put({ kind: "openai", secret: "KEY", credentials: list })).toEqual([
      "providers.main.secret",
    ]);
    expect(put({ kind: "openai", credentials: [...list, list[0]!] })).toEqual([
      "providers.main.credentials[2].alias",
    ]);
    expect(put({ kind: "openai", credentials: [{ alias: "caller", secret: "KEY" }] })).toEqual([
      "providers.main.credentials[0].alias",
    ]);
    expect(
      put({ kind: "openai", credentials: [{ alias: "a", secret: "TALLYGATE_SECRET" }] }),
    ).toEqual(["providers.main.credentials[0].secret"]);
  });
});
