/**
 * Whether a caller's key may be used for something, from where they are. Model calls are judged by their
 * plan, so that a refusal is in the books; everything else is turned away here.
 */
import type { KeyAccess } from "#events/policy-events.ts";
import { scopeOf } from "#policy/key-scope.ts";
import type { Principal } from "#policy/snapshot.ts";
import { callerIp } from "../caller-ip.ts";
import { GatewayError } from "../errors.ts";

/** The principal again; throws `key_scope` when their key is not for this, or not from here. */
export function withinScope(request: Request, principal: Principal, access: KeyAccess): Principal {
  const refusal = scopeOf(principal)?.refusalOfUse(access, callerIp(request));
  if (refusal !== undefined) throw new GatewayError("key_scope", refusal.message);
  return principal;
}
