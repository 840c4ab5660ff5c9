import { createHmac } from "node:crypto";
import { describe, expect, it } from "vitest";
import { ledgerName, ledgerNames, policyName, userStream } from "#actors/kit/names.ts";

describe("an actor's name", () => {
  it("is a keyed hash that shows neither organisation nor member", () => {
    const name = userStream("secret", "acme", "ada@example.com");
    const expected = createHmac("sha256", "secret")
      .update('["user","acme","ada@example.com"]')
      .digest("hex");
    expect(name).toBe(`u_${expected.slice(0, 32)}`);
    expect(policyName("secret", "acme")).toMatch(/^p_[0-9a-f]{32}$/);
  });

  it("differs by secret, organisation, member and kind", () => {
    const names = [
      userStream("s", "a", "bc"),
      userStream("s", "ab", "c"),
      userStream("t", "a", "bc"),
      policyName("s", "a"),
      policyName("s", "ab"),
    ];
    expect(new Set(names.map((name) => name.slice(2))).size).toBe(names.length);
  });

  it("of a ledger is one of the organisation's shards, and streams spread over them", () => {
    const shards = ledgerNames("s", "a", 8);
    const counts = new Map(shards.map((name) => [name, 0]));
    for (let n = 0; n < 4_000; n += 1) {
      const name = ledgerName("s", "a", userStream("s", "a", `m${n}`), 8);
      counts.set(name, (counts.get(name) ?? 0) + 1);
    }
    expect([...counts.keys()]).toEqual(shards);
    expect(Math.min(...counts.values())).toBeGreaterThan(400);
    expect(Math.max(...counts.values())).toBeLessThan(600);
  });
});
