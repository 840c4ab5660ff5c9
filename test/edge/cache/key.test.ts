/** No request can read another tenant's entry: keys differ wherever visibility does. */
import { isDeepStrictEqual } from "node:util";
import { assert, constantFrom, integer, property, record, string, subarray } from "fast-check";
import { expect, it } from "vitest";
import { canonicalJson } from "#events/canonical.ts";
import { cacheKeyOf, type CacheSubject } from "#edge/cache/key.ts";

// Few values each, some that run into each other when glued together.
const name = constantFrom("a", "b", "a/b", "ab", '"a"', "");
const subject = record({
  organisation: name,
  member: name,
  team: constantFrom(undefined, "a", "b"),
  scope: constantFrom("user" as const, "team" as const, "organisation" as const),
  policyVersion: integer({ min: 1, max: 2 }),
  policyHash: constantFrom("x", "y"),
  tier: constantFrom("standard", "premium"),
  route: constantFrom(undefined, "a", "b"),
  action: constantFrom("chat.completion", "embedding.create"),
  dialect: constantFrom("openai-chat", "ollama-chat"),
  framing: constantFrom("", "application/json"),
  provider: constantFrom(undefined, "openai"),
  credential: constantFrom(undefined, "a", "b"),
  model: name,
  stream: constantFrom(true, false),
  content: constantFrom<CacheSubject["content"]>({ q: "a" }, { q: "b" }, '{"q":"a"}', "a"),
});

const FIELDS: (keyof CacheSubject)[] = [
  "organisation",
  "member",
  "team",
  "scope",
  "policyVersion",
  "policyHash",
  "tier",
  "route",
  "action",
  "dialect",
  "framing",
  "provider",
  "credential",
  "model",
  "stream",
  "content",
];

/** Who may see the entry, worked out without the code's own table. */
function visibleTo({ organisation, member, team, scope }: CacheSubject): string {
  if (scope === "organisation") return canonicalJson([organisation, "all"]);
  if (scope === "team" && team !== undefined) return canonicalJson([organisation, "team", team]);
  return canonicalJson([organisation, "user", member]);
}

it("two requests share a key only within one organisation, visibility, policy and question", () => {
  assert(
    property(subject, subject, subarray(FIELDS), (one, another, fields) => {
      // Alike but for a few fields, so that one left out of the key is seen.
      const taken = Object.fromEntries(fields.map((field) => [field, another[field]]));
      const other: CacheSubject = { ...one, ...taken };
      const { member: _a, team: _b, scope: _c, ...asked } = one;
      const { member: _d, team: _e, scope: _f, ...again } = other;
      const same = visibleTo(one) === visibleTo(other) && isDeepStrictEqual(asked, again);
      expect(cacheKeyOf("s", one) === cacheKeyOf("s", other)).toBe(same);
    }),
    { numRuns: 2_000, seed: 11 },
  );
});

it("the order of a body's fields does not matter, and the deployment's secret does", () => {
  assert(
    property(subject, string(), (one, text) => {
      const a = cacheKeyOf("s", { ...one, content: { x: text, y: 1 } });
      expect(cacheKeyOf("s", { ...one, content: { y: 1, x: text } })).toBe(a);
      expect(cacheKeyOf("t", { ...one, content: { x: text, y: 1 } })).not.toBe(a);
    }),
    { numRuns: 100, seed: 12 },
  );
});
