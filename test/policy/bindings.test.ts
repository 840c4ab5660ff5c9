/** Providers behind bindings: none of them is the gateway's own. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { bindingProblem, isOwnBinding } from "#policy/bindings.ts";
import { validatePolicy } from "#policy/validate.ts";
import { knownFeatures } from "#actors/policy/known.ts";

const live = readFileSync("wrangler.toml", "utf8").replaceAll(/^#.*$/gm, "");
const own = [...live.matchAll(/^(?:binding|name) = "([A-Z_]+)"$/gm)].map(([, name]) => name ?? "");

function problemsOf(entry: object): string[] {
  const policy = {
    schema: 1,
    providers: { models: entry },
    tiers: { standard: { candidates: [{ provider: "models", serves: ["*"] }] } },
  };
  const checked = validatePolicy(policy, knownFeatures(false));
  return checked.ok ? [] : checked.problems.map(({ path }) => path);
}

describe("a binding", () => {
  it("of the gateway itself is no provider's, whichever wrangler.toml has", () => {
    expect(own.length).toBeGreaterThan(7);
    expect(own.filter((name) => !isOwnBinding(name))).toEqual([]);
    expect(bindingProblem("POLICY", undefined)).toContain("the gateway's own");
    expect(bindingProblem("TALLYGATE_X", undefined)).toContain("the gateway's own");
  });

  it("stands in place of an address, also where each customer has one", () => {
    expect(problemsOf({ kind: "workers-ai", binding: "AI" })).toEqual([]);
    expect(problemsOf({ kind: "workers-ai" })).toEqual(["providers.models.baseUrl"]);
    const both = { kind: "openai", binding: "AI", baseUrl: "https://models.example" };
    expect(problemsOf(both)).toEqual(["providers.models.binding"]);
    expect(problemsOf({ kind: "openai", binding: "KEYS" })).toEqual(["providers.models.binding"]);
    expect(problemsOf({ kind: "openai", binding: "lower" })).toEqual(["providers.models.binding"]);
  });
});
