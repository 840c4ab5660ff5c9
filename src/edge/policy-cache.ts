/**
 * The policy in force, as an isolate holds it: an immutable version under a pointer lease.
 *
 * A lease counts from before its read was sent. `publish` waits a lease and a second before it says
 * `PolicyInForce`, so after that event nobody holds an older pointer. Without an answer at the
 * lease's end the call is refused: fail closed.
 */
import type { Env } from "#actors/kit/env.ts";
import { policyName } from "#actors/kit/names.ts";
import { compileDlp, type DlpProgram } from "#dlp/program.ts";
import { POINTER_LEASE_MS } from "#policy/lease.ts";
import type { KnownSnapshot, PolicySnapshot } from "#policy/snapshot.ts";
import { GatewayError } from "./errors.ts";

/** A policy version, ready to decide with. */
export interface LivePolicy {
  snapshot: PolicySnapshot;
  dlp: DlpProgram;
  /** A draft that is decided beside it and changes nothing, by its number. */
  shadow?: { draft: number; policy: LivePolicy };
}

interface Lease {
  policy: LivePolicy;
  until: number;
  renewing: boolean;
}

const leases = new Map<string, Lease>();

/** The organisation's policy; one round trip per isolate and lease, renewed at half-life. */
export async function currentPolicy(
  env: Env,
  ctx: Pick<ExecutionContext, "waitUntil">,
  organisation: string,
): Promise<LivePolicy> {
  const lease = leases.get(organisation);
  const now = Date.now();
  if (lease === undefined || lease.until <= now) return renew(env, organisation);
  if (!lease.renewing && lease.until - now < POINTER_LEASE_MS / 2) {
    lease.renewing = true;
    ctx.waitUntil(renew(env, organisation).catch(() => (lease.renewing = false)));
  }
  return lease.policy;
}

/** Whether `policy` may still start a provider call: to be asked again right before one. */
export async function stillInForce(env: Env, policy: LivePolicy): Promise<boolean> {
  const { organisation, version } = policy.snapshot;
  const lease = leases.get(organisation);
  if (lease !== undefined && lease.until > Date.now()) {
    return lease.policy.snapshot.version === version;
  }
  return (await renew(env, organisation)).snapshot.version === version;
}

/** Reads the pointer now: after an actor said that it has seen a newer version. */
export async function renew(env: Env, organisation: string): Promise<LivePolicy> {
  const sentAt = Date.now();
  const held = leases.get(organisation)?.policy;
  const known = held === undefined ? null : knownOf(held.snapshot);
  let snapshot: PolicySnapshot | null | undefined;
  try {
    snapshot = await env.POLICY.getByName(policyName(env.TALLYGATE_SECRET, organisation)).snapshot(
      known,
    );
  } catch (error) {
    throw new GatewayError(
      "policy_unavailable",
      "The organisation's policy could not be read, so nothing is let through. Try again in a moment.",
      { cause: error },
    );
  }
  if (snapshot === null) {
    throw new GatewayError("policy_unavailable", "This organisation has no published policy yet.");
  }
  const policy =
    snapshot === undefined && held !== undefined ? held : compiled(snapshot as PolicySnapshot);
  const lease = leases.get(organisation);
  // Answers may overtake each other: a lease never goes back to an older version.
  if (lease === undefined || lease.policy.snapshot.version <= policy.snapshot.version) {
    leases.set(organisation, { policy, until: sentAt + POINTER_LEASE_MS, renewing: false });
  }
  return policy;
}

function knownOf({ version, hash, shadow }: PolicySnapshot): KnownSnapshot {
  return { version, hash, shadow: shadow?.draft ?? 0 };
}

function compiled({ shadow, ...snapshot }: PolicySnapshot): LivePolicy {
  const policy: LivePolicy = { snapshot, dlp: compileDlp(snapshot.document.dlp.rules) };
  if (shadow === undefined) return policy;
  const { draft, hash, document } = shadow;
  return {
    ...policy,
    snapshot: { ...snapshot, shadow },
    shadow: { draft, policy: compiled({ ...snapshot, hash, document }) },
  };
}
