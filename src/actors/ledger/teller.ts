/** Tells the organisation's policy actor what a self-audit found: its stream is where admins look. */
import type { Env } from "#actors/kit/env.ts";
import { policyName } from "#actors/kit/names.ts";
import type { AuditedViews } from "./self-audit.ts";

/** Resolves once the difference is an event. */
export function tellerOf(
  env: Env,
  shard: string,
  organisation: () => string | undefined,
): (found: AuditedViews) => Promise<void> {
  return async ({ at, events, differences, first }) => {
    const owner = organisation();
    if (owner === undefined) return;
    const policy = env.POLICY.getByName(policyName(env.TALLYGATE_SECRET, owner));
    await policy.noteDifference({ shard, at, events, differences, first: first ?? "" });
  };
}
