/** Reading the books is itself in the books: in the reader's own stream. */
import type { Env } from "#actors/kit/env.ts";
import { policyName } from "#actors/kit/names.ts";
import type { Principal, PolicySnapshot } from "#policy/snapshot.ts";
import { askActor, homeOf } from "./actors.ts";
import { callerIp } from "./caller-ip.ts";
import { GatewayError } from "./errors.ts";
import { userAgentCharsMax } from "./limits.ts";
import { newRequestId } from "./request-id.ts";

/** Records that `principal` did `action` on `resource`; the read goes on only once it is durable. */
export async function recordAccess(
  request: Request,
  env: Env,
  principal: Principal,
  action: string,
  resource: string,
): Promise<void> {
  const at = Date.now();
  const home = homeOf(env, principal, await ledgerShards(env, principal.organisation));
  const access = {
    requestId: newRequestId(at),
    member: principal.member.id,
    action,
    resource: resource.slice(0, 500),
    ...optional("ip", callerIp(request)),
    ...optional("userAgent", request.headers.get("user-agent")?.slice(0, userAgentCharsMax)),
  };
  await askActor(() => env.USERS.getByName(home.stream).recordAccess({ home, at, access }));
}

const shardsOf = new Map<string, number>();

/** How many shards collect an organisation's streams: fixed when it was founded. */
export async function ledgerShards(env: Env, organisation: string): Promise<number> {
  const known = shardsOf.get(organisation);
  if (known !== undefined) return known;
  const name = policyName(env.TALLYGATE_SECRET, organisation);
  const snapshot = (await env.POLICY.getByName(name).snapshot(null)) as PolicySnapshot | null;
  if (snapshot === null) {
    throw new GatewayError("policy_unavailable", "This organisation has no published policy yet.");
  }
  shardsOf.set(organisation, snapshot.ledgerShards);
  return snapshot.ledgerShards;
}

function optional(name: string, value: string | null | undefined): Record<string, string> {
  return value === null || value === undefined || value === "" ? {} : { [name]: value };
}
