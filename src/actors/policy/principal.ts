/** Who a member is to the edge, by a key of theirs or without one. */
import type { Principal } from "#policy/snapshot.ts";
import { roleUnder } from "#policy/key-scope.ts";
import type { KeyStanding } from "./key-mirror.ts";
import type { KeyRecord, PolicyState } from "./state.ts";

/** A member as a principal, with the role that their key leaves them; undefined for nobody. */
export function principalOf(
  { organisation, members }: PolicyState,
  memberId: string,
  key?: KeyRecord,
): Principal | undefined {
  const member = members.get(memberId);
  if (organisation === undefined || member === undefined) return undefined;
  if (key === undefined) return { organisation, member };
  const { keyId, expiresAt, scope } = key;
  const principal: Principal = { organisation, member, keyId };
  if (expiresAt !== undefined) principal.keyExpiresAt = expiresAt;
  if (scope === undefined) return principal;
  return { ...principal, member: { ...member, role: roleUnder(member.role, scope) }, scope };
}

/** What copies of a key are to say. */
export function standingOf(state: PolicyState, keyId: string, member: string): KeyStanding {
  const key = state.keys.get(keyId);
  const principal = key && principalOf(state, key.member, key);
  if (key === undefined || principal === undefined) return { revokedOf: member };
  return { live: { secretHash: key.secretHash, principal } };
}
