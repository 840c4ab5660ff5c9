/** Forms of scopes: what is typed and ticked, what is issued, what is read. */
import { describe, expect, it } from "vitest";
import type { KeyScopeData } from "#events/policy-events.ts";
import {
  addressProblem,
  draftOf,
  noScope,
  scopeFrom,
  scopePhrases,
} from "../../console/src/logic/key-scope.ts";

const whole: KeyScopeData = {
  models: ["gpt-4o*", "claude-x"],
  tiers: ["standard"],
  routes: ["night"],
  access: ["inference", "audit"],
  ips: ["10.0.0.0/8", "::1"],
};

describe("a scope's form", () => {
  it("that nobody touched is no scope", () => {
    expect(scopeFrom(noScope)).toEqual({});
    expect(scopeFrom({ ...noScope, models: " , ", ips: " " })).toEqual({});
  });

  it.each([[whole], [{ models: ["*"] }], [{ ips: ["192.0.2.1"] }], [{ access: ["admin"] }]])(
    "shows %j and gives it back",
    (scope) => {
      expect(scopeFrom(draftOf(scope as KeyScopeData))).toEqual({ scope });
    },
  );

  it("takes names apart at commas, spaces and line ends", () => {
    expect(scopeFrom({ ...noScope, models: "a, b\nc  d," }).scope?.models).toEqual([
      "a",
      "b",
      "c",
      "d",
    ]);
  });

  it("names the first address that is none", () => {
    expect(addressProblem({ ...noScope, ips: "10.0.0.0/8, 2001:db8::/32" })).toBeUndefined();
    expect(addressProblem({ ...noScope, ips: "10.0.0.0/8, home" })).toContain('"home"');
  });
});

it("a scope reads as a few phrases, and none says nothing", () => {
  expect(scopePhrases(whole)).toEqual([
    "model calls, reading the record",
    "models gpt-4o*, claude-x",
    "tiers standard",
    "routes night",
    "from 10.0.0.0/8, ::1",
  ]);
  expect(scopePhrases()).toEqual([]);
});
