import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  compilePayloads,
  payloadMode,
  payloadModes,
  type PayloadMode,
  type PayloadSpec,
} from "#policy/payloads.ts";
import { PolicyDocument } from "#policy/document.ts";

const mode = fc.constantFrom(...payloadModes);
const wish = fc.record(
  { log: fc.boolean(), payload: fc.boolean() },
  { requiredKeys: [] },
) as fc.Arbitrary<{ log?: boolean; payload?: boolean }>;
const rank = (one: PayloadMode) => payloadModes.indexOf(one);
const spec = (mode: PayloadMode, callersMayRaiseTo: PayloadMode): PayloadSpec => ({
  mode,
  callersMayRaiseTo,
  retentionDays: 1,
  charsMax: 1_024,
});

describe("a caller's wish", () => {
  test("never keeps more than policy says, or lets callers ask for", () => {
    fc.assert(
      fc.property(mode, mode, wish, (policy, mayRaise, wanted) => {
        const kept = payloadMode(spec(policy, mayRaise), wanted);
        expect(rank(kept)).toBeLessThanOrEqual(Math.max(rank(policy), rank(mayRaise)));
        if (wanted.log === false) expect(kept).toBe("off");
        if (wanted.payload === false) expect(rank(kept)).toBeLessThan(rank("redacted"));
      }),
      { seed: 5, numRuns: 500 },
    );
  });

  test("that says nothing changes nothing", () => {
    for (const policy of payloadModes) expect(payloadMode(spec(policy, "full"), {})).toBe(policy);
  });

  test("for a log alone never brings texts", () => {
    expect(payloadMode(spec("off", "full"), { log: true })).toBe("metadata");
    expect(payloadMode(spec("off", "off"), { log: true })).toBe("off");
  });
});

test("the first rule that applies decides, the section's mode where none does", () => {
  const { payloads } = PolicyDocument.parse({
    schema: 1,
    providers: {},
    tiers: {},
    payloads: {
      mode: "metadata",
      rules: [
        { mode: "off", when: { teams: ["law"] } },
        { mode: "full", when: { tags: ["debug"] } },
      ],
    },
  });
  const modeOf = compilePayloads(payloads);
  const subject = { memberId: "a", team: undefined, tiers: [], keyId: undefined, model: "m" };
  const of = (team: string | undefined, tags: string[]) =>
    modeOf?.({ ...subject, team, tags, ip: undefined, session: undefined }).mode;
  expect(of("law", ["debug"])).toBe("off");
  expect(of("ops", ["debug"])).toBe("full");
  expect(of(undefined, [])).toBe("metadata");
  expect(compilePayloads(undefined)).toBeUndefined();
});
