/** Shapes of what comes from outside: members, and the founding of an organisation. */
import * as z from "zod";
import { KeyAccess, type KeyScopeData, Role, type MemberData } from "#events/policy-events.ts";
import { organisationPattern } from "#policy/api-key.ts";
import { isIpRange } from "#policy/ip-range.ts";
import type { PolicyDocument } from "#policy/document.ts";
import {
  type KnownFeatures,
  type PolicyProblem,
  pathOf,
  validatePolicy,
} from "#policy/validate.ts";
import { foundersMax } from "./limits.ts";

/** No control characters: these stand in logs, headers and terminals. */
const line = (charsMax: number) =>
  z
    .string()
    .max(charsMax)
    .refine((text) => !/\p{Cc}/u.test(text), "no control characters");

/** Ids are the subjects of tokens too, so they may be e-mail addresses or URNs. */
export const MemberId = line(200).min(1);
export const Line = line;

/** A member as admins write one; without a tier they follow the policy's default tier. */
export const MemberInput = z
  .strictObject({
    id: MemberId,
    role: Role,
    tier: line(64).default(""),
    team: line(64).min(1).optional(),
    tags: z.array(line(64).min(1)).max(16).optional(),
    name: line(200).optional(),
  })
  .transform((member): MemberData => {
    const { id, role, tier, team, tags, name } = member;
    const data: MemberData = { id, role, tier };
    if (team !== undefined) data.team = team;
    if (tags !== undefined) data.tags = tags;
    if (name !== undefined) data.name = name;
    return data;
  });

const scopeList = (item: z.ZodType<string, string>) => z.array(item).min(1).max(64).optional();

/** What a key is narrowed to, as admins write it. */
export const KeyScopeInput = z
  .strictObject({
    models: scopeList(line(200).min(1)),
    tiers: scopeList(line(64).min(1)),
    routes: scopeList(line(64).min(1)),
    access: z.array(KeyAccess).min(1).max(3).optional(),
    ips: scopeList(
      line(64).refine(isIpRange, "an address, or a range as in 10.0.0.0/8 or 2001:db8::/32"),
    ),
  })
  .refine((scope) => Object.values(scope).some((list) => list !== undefined), {
    message: "a scope names at least one of models, tiers, routes, access and ips",
  })
  .transform((scope): KeyScopeData =>
    Object.fromEntries(Object.entries(scope).filter(([, list]) => list !== undefined)),
  );

const Founding = z.strictObject({
  organisation: z
    .string()
    .regex(organisationPattern, "1 to 32 of a-z, 0-9 and dash, no dash at either end"),
  ledgerShards: z.int().min(1).max(256),
  members: z.array(MemberInput).min(1).max(foundersMax),
});

export type FoundingCheck =
  | {
      ok: true;
      organisation: string;
      ledgerShards: number;
      members: MemberData[];
      document: PolicyDocument;
    }
  | { ok: false; problems: PolicyProblem[] };

/** Checks what an organisation would begin with: every problem of members and policy at once. */
export function checkFounding(
  input: { organisation: unknown; ledgerShards: unknown; members: unknown; policy: unknown },
  known: KnownFeatures,
): FoundingCheck {
  const { organisation, ledgerShards, members } = input;
  const founding = Founding.safeParse({ organisation, ledgerShards, members });
  const policy = validatePolicy(input.policy, known);
  const problems: PolicyProblem[] = [];
  if (!founding.success) problems.push(...problemsOf(founding.error));
  if (!policy.ok) {
    for (const { path, message } of policy.problems) {
      problems.push({ path: path === "" ? "policy" : `policy.${path}`, message });
    }
  }
  if (!founding.success || !policy.ok) return { ok: false, problems };
  problems.push(...memberProblems(founding.data.members, policy.document));
  if (problems.length > 0) return { ok: false, problems };
  return { ok: true, ...founding.data, document: policy.document };
}

/** A schema's complaints as problems with paths. */
export function problemsOf(error: z.ZodError): PolicyProblem[] {
  return error.issues.map(({ path, message }) => ({ path: pathOf(path), message }));
}

function memberProblems(members: readonly MemberData[], document: PolicyDocument): PolicyProblem[] {
  const problems: PolicyProblem[] = [];
  const seen = new Set<string>();
  for (const [index, { id, tier }] of members.entries()) {
    if (seen.has(id)) {
      problems.push({ path: `members[${index}].id`, message: `"${id}" is there twice` });
    }
    seen.add(id);
    if (tier !== "" && !Object.hasOwn(document.tiers, tier)) {
      const message = `there is no tier "${tier}" in the policy`;
      problems.push({ path: `members[${index}].tier`, message });
    }
  }
  if (!members.some(({ role }) => role === "admin")) {
    problems.push({ path: "members", message: "one member at least has the role admin" });
  }
  return problems;
}
