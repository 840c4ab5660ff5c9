import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { KeyScopeData } from "#events/policy-events.ts";
import { roleUnder, scopeOf, type ScopedCall } from "#policy/key-scope.ts";

const call: ScopedCall = { model: "gpt-5-mini", tier: "standard", route: "night", ip: "10.1.2.3" };
const partOf = (scope: KeyScopeData, over: Partial<ScopedCall> = {}) =>
  scopeOf({ scope })?.refusalOfCall({ ...call, ...over })?.part;

const names = (...all: string[]) => fc.subarray(all, { minLength: 1 });

describe("a scope", () => {
  it.each<[KeyScopeData, Partial<ScopedCall>, string | undefined]>([
    [{ models: ["gpt-5*"] }, {}, undefined],
    [{ models: ["gpt-5*"] }, { model: "claude-x" }, "models"],
    [{ models: ["*-mini"] }, {}, undefined],
    [{ tiers: ["standard"] }, {}, undefined],
    [{ tiers: ["premium"] }, {}, "tiers"],
    [{ routes: ["night"] }, {}, undefined],
    [{ routes: ["day"] }, {}, "routes"],
    [{ routes: ["night"] }, { route: undefined }, "routes"],
    [{ ips: ["10.0.0.0/8"] }, {}, undefined],
    [{ ips: ["10.0.0.0/8"] }, { ip: "192.0.2.1" }, "ips"],
    [{ ips: ["10.0.0.0/8"] }, { ip: undefined }, "ips"],
    [{ access: ["inference"] }, {}, undefined],
    [{ access: ["audit", "admin"] }, {}, "access"],
    [{ access: ["inference"], models: ["*"], ips: ["::1"] }, {}, "ips"],
  ])("%j of a call with %j refuses by %s", (scope, over, part) => {
    expect(partOf(scope, over)).toBe(part);
  });

  it.each<[KeyScopeData["access"], string]>([
    [["inference"], "inference"],
    [["audit"], "audit"],
    [["admin"], "audit admin"],
    [["inference", "audit"], "inference audit"],
  ])("of %j is for %s", (access, allowed) => {
    const scope = scopeOf({ scope: { access } });
    const uses = (["inference", "audit", "admin"] as const).filter(
      (use) => scope?.refusalOfUse(use, undefined) === undefined,
    );
    expect(uses.join(" ")).toBe(allowed);
  });

  it("says in its sentence what it is, and what was asked", () => {
    const refusal = scopeOf({ scope: { models: ["a*", "b"] } })?.refusalOfCall(call);
    expect(refusal?.message).toContain('"a*", "b"');
    expect(refusal?.message).toContain('"gpt-5-mini"');
  });

  it("that is not there takes nothing away", () => {
    expect(scopeOf({})).toBeUndefined();
    expect(roleUnder("admin", undefined)).toBe("admin");
  });

  it.each([
    [{ regions: ["eu"] }],
    [{ models: ["*"], regions: ["eu"] }],
    [{ models: [] }],
    [{ access: ["everything"] }],
    [{ ips: "10.0.0.0/8" }],
    [null],
    ["all"],
    [7],
  ])("of a kind that is not known, as %j, lets nothing through", (scope) => {
    const read = scopeOf({ scope });
    expect(read?.refusalOfCall(call)?.part).toBe("scope");
    expect(read?.refusalOfUse("audit", "10.1.2.3")?.part).toBe("scope");
    expect(read?.allowsModel("gpt-5-mini")).toBe(false);
  });

  it("only takes away: whatever one with more parts allows, one with fewer does", () => {
    const scopes = fc.record(
      {
        models: names("gpt-5*", "claude-x", "*-mini"),
        tiers: names("standard", "premium"),
        routes: names("night", "day"),
        access: names("inference", "audit", "admin") as fc.Arbitrary<KeyScopeData["access"] & {}>,
        ips: names("10.0.0.0/8", "192.0.2.1", "::1"),
      },
      { requiredKeys: [] },
    );
    const calls = fc.record({
      model: fc.constantFrom("gpt-5-mini", "claude-x"),
      tier: fc.constantFrom("standard", "premium"),
      route: fc.constantFrom(undefined, "night"),
      ip: fc.constantFrom(undefined, "10.1.2.3", "192.0.2.1"),
    });
    const parts = ["models", "tiers", "routes", "access", "ips"] as const;
    fc.assert(
      fc.property(scopes, calls, fc.constantFrom(...parts), (scope, asked, part) => {
        const { [part]: _gone, ...fewer } = scope;
        const isAllowed = (of: KeyScopeData) =>
          scopeOf({ scope: of })?.refusalOfCall(asked) === undefined;
        if (isAllowed(scope)) expect(isAllowed(fewer)).toBe(true);
      }),
      { seed: 15, numRuns: 300 },
    );
  });
});

it.each<[KeyScopeData["access"], string, string]>([
  [["inference"], "admin", "member"],
  [["audit"], "admin", "auditor"],
  [["admin"], "admin", "admin"],
  [["admin"], "auditor", "auditor"],
  [["admin"], "member", "member"],
  [["inference"], "auditor", "member"],
  [undefined, "admin", "admin"],
])("a key for %j is worth of %s at most %s", (access, role, worth) => {
  const scope = access === undefined ? { models: ["*"] } : { access };
  expect(roleUnder(role as "admin", scope)).toBe(worth);
});
