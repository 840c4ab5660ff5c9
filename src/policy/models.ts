/** Which models a member may ask for, as `GET /v1/models` lists them. */
import type { MemberData } from "#events/policy-events.ts";
import { compilePolicy } from "./compile.ts";
import { matchesModel } from "./pattern.ts";
import type { PolicySnapshot } from "./snapshot.ts";

/**
 * The models that a member's tier and routes serve and policy allows, by exact name, in the order
 * of the document. A wildcard stands for names that only the provider knows, so it is not listed.
 */
export function modelsFor(snapshot: PolicySnapshot, member: MemberData): string[] {
  const { document } = snapshot;
  const policy = compilePolicy(document);
  const tierName = member.tier === "" ? document.defaultTier : member.tier;
  const tier = policy.tiers.get(tierName);
  const names = new Set<string>();
  const add = (model: string): void => {
    if (matchesModel(policy.allow, model) && !matchesModel(policy.deny, model)) names.add(model);
  };
  for (const { serves } of tier?.candidates ?? []) {
    for (const model of serves?.exact ?? []) add(model);
  }
  const { id: memberId, team, tags = [] } = member;
  const who = { memberId, team, tiers: [tierName], tags };
  const unknown = { keyId: undefined, ip: undefined, session: undefined };
  for (const { applies, models } of policy.routes) {
    for (const model of models) {
      if (applies({ ...who, ...unknown, model })) add(model);
    }
  }
  return [...names];
}
