/** Which models a member may ask for, as `GET /v1/models` lists them. */
import type { MemberData } from "#events/policy-events.ts";
import { compilePolicy } from "./compile.ts";
import { matchesModel } from "./pattern.ts";
import type { PolicySnapshot } from "./snapshot.ts";

/**
 * The models a member's tier serves and policy allows, by exact name, in the tier's order. A
 * wildcard stands for names that only the provider knows, so it is not listed.
 */
export function modelsFor(snapshot: PolicySnapshot, member: MemberData): string[] {
  const { document } = snapshot;
  const policy = compilePolicy(document);
  const tier = policy.tiers.get(member.tier === "" ? document.defaultTier : member.tier);
  const names = new Set<string>();
  for (const { serves } of tier?.candidates ?? []) {
    for (const model of serves.exact) {
      if (matchesModel(policy.allow, model) && !matchesModel(policy.deny, model)) names.add(model);
    }
  }
  return [...names];
}
