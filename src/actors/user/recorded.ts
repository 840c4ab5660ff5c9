/**
 * A recorded request as the `when` and the scope of a rule see it.
 *
 * Invariant: what an older Worker did not write down (the member's own tier after a downgrade, the
 * session) is taken for whatever has the request counted.
 */
import { localScope } from "#policy/split.ts";
import { compileWhen } from "#policy/when.ts";
import type { PolicyWhen } from "#policy/document.ts";
import type { RequestData } from "./state.ts";

/** The `when` of a rule as a test of recorded requests. */
export function picksRecorded(when: PolicyWhen): (data: RequestData) => boolean {
  const applies = compileWhen(when);
  const { tiers, ...others } = when;
  const mayApply = tiers === undefined ? applies : compileWhen(others);
  return (data) => (knowsTiers(data) ? applies : mayApply)(subjectOf(data));
}

/** The scopes of one kind that a request was in; `undefined` when no record says. */
export function scopesIn(
  data: RequestData,
  scope: string,
  tags: readonly string[] | undefined,
): readonly string[] | undefined {
  const local = localScope(scope) ?? scope;
  const prefix = scope.slice(0, scope.length - local.length);
  const kind = kindOf(local);
  const named = (value: string | undefined): string[] =>
    value === undefined ? [] : [`${prefix}${kind}:${value}`];
  switch (kind) {
    case "user":
      return [scope];
    case "key":
      return named(data.keyId);
    case "model":
      return named(data.model);
    case "tag":
      return (data.tags ?? []).flatMap((tag) => ((tags?.includes(tag) ?? true) ? named(tag) : []));
    case "ip":
      return named(data.ip);
    case "team":
      return named(data.team);
    case "route":
      return named(data.route?.name);
    case "organisation":
      return [scope];
    case "session":
      return isDated(data) ? named(data.session) : oldSession(data, named);
    default:
      return [];
  }
}

/** What a scope counts apart: `user`, `key`, `model` and so on. */
export function kindOf(scope: string): string {
  const local = localScope(scope) ?? scope;
  const colon = local.indexOf(":");
  return colon < 0 ? local : local.slice(0, colon);
}

/** Whether a request was recorded with its own tier and session. */
function isDated({ ownTier }: RequestData): boolean {
  return ownTier !== undefined;
}

/** The session that a limit of the time counted a request under. */
function oldSession(
  data: RequestData,
  named: (value: string) => string[],
): readonly string[] | undefined {
  for (const { scope } of [...data.limits, ...(data.sharedLimits ?? [])]) {
    const local = localScope(scope) ?? scope;
    if (kindOf(local) === "session") return named(local.slice("session:".length));
  }
  return undefined;
}

/** Without the member's own tier on record, a request may have come from another by a downgrade. */
function knowsTiers(data: RequestData): boolean {
  if (isDated(data)) return true;
  const budgets = [...data.budgets, ...(data.shared ?? [])];
  const parents = (data.shared ?? []).flatMap(({ parent }) => parent ?? []);
  // After a downgrade the budget that asked for it lets pass; a route may have left it out.
  const mayBeLower = [...budgets, ...parents].some(({ atLimit }) => atLimit === "allow");
  return !mayBeLower && data.route?.name === undefined;
}

function subjectOf(data: RequestData) {
  const { tier, ownTier = tier } = data;
  return {
    memberId: data.member,
    team: data.team,
    tiers: ownTier === tier ? [tier] : [ownTier, tier],
    keyId: data.keyId,
    model: data.model,
    tags: data.tags ?? [],
    ip: data.ip,
    session: data.session,
    route: data.route?.name,
  };
}
