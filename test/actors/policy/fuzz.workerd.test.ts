import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { encodeAnything } from "./encode.ts";
import { samplePolicy } from "../../policy/sample.ts";
import type { AdminClient, Answer } from "./admin.ts";
import { connect, foundOrganisation, stubOf } from "./admin.ts";

/** Printed by fast-check with a counterexample; fixed, so that a run in CI can be repeated. */
const seed = 20_261_121;

/** Below a socket's burst, so that nothing is refused for speed. */
const framesPerSocket = 30;

const wild = fc.oneof(fc.anything(), fc.string(), fc.integer(), fc.constant(undefined));

/** Mostly what belongs there, now and then anything. */
function mostly<T>(fitting: fc.Arbitrary<T>): fc.Arbitrary<unknown> {
  return fc.oneof({ weight: 6, arbitrary: fitting }, { weight: 1, arbitrary: wild });
}

const member = mostly(fc.constantFrom("bob", "new", ""));
const version = mostly(fc.nat({ max: 3 }));
const document = mostly(
  fc.constantFrom(samplePolicy(), { ...samplePolicy(), defaultTier: "none" }, {}),
);
const fields: Record<string, Record<string, fc.Arbitrary<unknown>>> = {
  PublishPolicy: { expectVersion: version, document, comment: mostly(fc.string()) },
  RollBackPolicy: { expectVersion: version, version },
  ValidatePolicy: { document },
  GetPolicy: { version },
  ListVersions: {},
  ListKeys: {},
  SetMember: {
    member: mostly(
      fc.record({
        id: fc.constantFrom("bob", "new"),
        role: fc.constantFrom("admin", "member", "god"),
        tier: fc.constantFrom("standard", "gold"),
      }),
    ),
  },
  RemoveMember: { member },
  IssueKey: { member, label: mostly(fc.string()), expiresAt: mostly(fc.nat()) },
  EraseMember: { member, confirm: member, reason: mostly(fc.string()) },
  ListErasures: {},
  RevokeKey: { keyId: mostly(fc.string({ minLength: 1 })), reason: mostly(fc.string()) },
  Resume: { since: mostly(fc.nat({ max: 20 })) },
  Nonsense: { more: wild },
};
const frame = fc
  .oneof(
    ...Object.entries(fields).map(([type, own]) =>
      fc.record({ type: fc.constant(type), id: mostly(fc.uuid()), ...own }),
    ),
  )
  .map((value): unknown => value);

const message = fc.oneof(
  { weight: 8, arbitrary: frame.map(encodeAnything) },
  { weight: 1, arbitrary: fc.string({ minLength: 1 }) },
  { weight: 1, arbitrary: fc.json() },
);

const codes = new Set([
  "bad_frame",
  "unknown_command",
  "invalid_command",
  "invalid_policy",
  "version_conflict",
  "version_not_found",
  "member_not_found",
  "key_not_found",
  "command_id_reused",
  "not_confirmed",
  "tier_in_use",
  "unknown_tier",
  "last_admin",
  "expires_in_past",
  "too_many",
]);

async function nextAnswer(client: AdminClient): Promise<Answer> {
  return await client.take((seen): seen is Answer => "ok" in (seen as object));
}

describe("any frames from an admin", () => {
  it("get one typed answer each, and the actor goes on", async () => {
    const keys = await foundOrganisation("fuzz");
    const samples = fc.sample(message, { seed, numRuns: 300 });
    const seen = new Set<string>();
    for (let from = 0; from < samples.length; from += framesPerSocket) {
      const { client } = await connect(keys["ada"]!);
      for (const text of samples.slice(from, from + framesPerSocket)) {
        client.raw(text);
        const answer = await nextAnswer(client);
        if (!answer.ok) expect(codes, `${answer.code}: ${text}`).toContain(answer.code);
        expect(JSON.stringify(answer)).not.toContain("at #");
        seen.add(answer.ok ? "ok" : answer.code);
      }
      client.close();
    }
    expect(seen.size).toBeGreaterThan(8);
    expect(await stubOf("fuzz").lookUpMember("ada")).toMatchObject({ organisation: "fuzz" });
  });
});
