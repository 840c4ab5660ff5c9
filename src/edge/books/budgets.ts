/**
 * `GET /budgets`: where every budget stands, asked of the actors that decide, not of a view.
 *
 * Admins and auditors see the budgets of all teams and of the organisation, and those of the members
 * they name (`members=ada,bob`); everybody sees their own. `by` splits what each has spent into groups,
 * which the ledger has collected. The read is recorded before anything is told.
 */
import type { NodeStatus } from "#actors/budget/api.ts";
import type { Env } from "#actors/kit/env.ts";
import { budgetStream, policyName } from "#actors/kit/names.ts";
import type { BudgetStanding } from "#actors/user/commands.ts";
import { periodOf } from "#policy/calendar.ts";
import type { PolicyDocument } from "#policy/document.ts";
import { sharedNodes, type SharedNode } from "#policy/shared.ts";
import { localScope } from "#policy/split.ts";
import type { Principal } from "#policy/snapshot.ts";
import { recordAccess } from "../access.ts";
import { askActor, homeOf } from "../actors.ts";
import type { LivePolicy } from "../policy-cache.ts";
import { GatewayError } from "../errors.ts";
import { toUsd } from "#events/money.ts";
import { splitStandings } from "./budget-groups.ts";
import { ledgersOf } from "./ledgers.ts";
import { mergeStandings } from "./split-budgets.ts";
import { budgetsAskedMax, namesCharsMax } from "./limits.ts";
import { BudgetsParams } from "./params.ts";
import { parseQuery } from "./query.ts";

interface Standing extends Omit<BudgetStanding, "leasedNanos"> {
  leasedNanos: number;
  /** False when a child could not be asked just now: some amounts are of its last word. */
  complete: boolean;
  /** False while credit above a limit that was cut is still being called back. */
  effective: boolean;
}

/** Answers for one reader. `truncated` says that there are more budgets than are asked at once. */
export async function showBudgets(
  request: Request,
  env: Env,
  principal: Principal,
  policy: LivePolicy,
): Promise<Response> {
  const { by, top, members } = asked(request, principal);
  const whose = members.length === 0 ? "budgets" : `budgets of ${members.join(", ")}`;
  const resource = by === undefined ? whose : `${whose} by ${by.join(", ")}`;
  await recordAccess(request, env, principal, "budgets.read", resource);
  const { document, ledgerShards } = policy.snapshot;
  const at = Date.now();
  const { role } = principal.member;
  const others = members.filter((id) => id !== principal.member.id);
  const people = await Promise.all(others.map((id) => memberOf(env, principal, id)));
  const readers = [principal, ...people.flatMap((found) => found ?? [])];
  const { splits = {} } = policy.snapshot;
  const ask = (reader: Principal) => {
    const { most = 1 } = splits[reader.member.id] ?? {};
    return askMember(env, reader, { ledgerShards, actors: most, document, at });
  };
  const mine = (await Promise.all(readers.map(ask))).flat();
  const nodes = role === "member" ? [] : await allNodes(env, principal, document);
  const told = nodes.slice(0, budgetsAskedMax);
  const shared = await Promise.all(
    told.map((node) => askNode(env, principal.organisation, node, document, at)),
  );
  const standings: (Standing & { member?: string })[] = [...shared.flat(), ...mine];
  const truncated = nodes.length > told.length;
  const headers = { "cache-control": "no-store" };
  if (by === undefined)
    return Response.json({ budgets: standings.map(show), truncated }, { headers });
  const ledgers = ledgersOf(env, principal.organisation, ledgerShards);
  const { split, isCut } = await splitStandings(ledgers, standings, { groupBy: by, top });
  const budgets = split.map(show);
  return Response.json({ budgets, truncated: truncated || isCut }, { headers });
}

/** What a reader asks, and whose budgets. */
function asked(request: Request, { member }: Principal) {
  const { members = [], ...params } = parseQuery(request.url, BudgetsParams, namesCharsMax);
  if (member.role === "member" && members.some((name) => name !== member.id)) {
    throw new GatewayError("forbidden", "Members see their own budgets only; ask an auditor.");
  }
  return { members, by: params.by, top: params.top };
}

/** Only who is a member has an actor: a name alone makes none. */
async function memberOf(
  env: Env,
  { organisation }: Principal,
  id: string,
): Promise<Principal | null> {
  const name = policyName(env.TALLYGATE_SECRET, organisation);
  return askActor(() => env.POLICY.getByName(name).lookUpMember(id));
}

interface MemberQuestion {
  ledgerShards: number;
  /** The most actors that the member ever had. */
  actors: number;
  document: PolicyDocument;
  at: number;
}

/** Where a member stands, by all of their actors: the same budgets as if there were one. */
async function askMember(
  env: Env,
  principal: Principal,
  { ledgerShards, actors, document, at }: MemberQuestion,
): Promise<(Standing & { member: string })[]> {
  const { organisation, member } = principal;
  const told = await Promise.all(
    Array.from({ length: actors }, (_, shard) => {
      const { stream } = homeOf(env, principal, ledgerShards, shard);
      return askActor(() => env.USERS.getByName(stream).readBudgets(at));
    }),
  );
  const { own, split } = mergeStandings(told.flat());
  const nodes = await Promise.all(
    split.map((node) => askNode(env, organisation, node, document, at)),
  );
  const shared = nodes.flat().map((standing) => {
    return { ...standing, scope: localScope(standing.scope) ?? standing.scope };
  });
  const whole = { complete: true, effective: true };
  const alone = own.map((one) => ({ ...one, leasedNanos: one.leasedNanos ?? 0, ...whole }));
  return [...alone, ...shared].map((standing) => ({ ...standing, member: member.id }));
}

async function allNodes(
  env: Env,
  { organisation }: Principal,
  document: PolicyDocument,
): Promise<SharedNode[]> {
  const name = policyName(env.TALLYGATE_SECRET, organisation);
  const teams = await askActor(() => env.POLICY.getByName(name).teams());
  return sharedNodes(document, teams);
}

async function askNode(
  env: Env,
  organisation: string,
  node: SharedNode,
  document: PolicyDocument,
  at: number,
): Promise<Standing[]> {
  const name = budgetStream(env.TALLYGATE_SECRET, organisation, node.budget, node.scope);
  const statuses = await askActor(() => env.BUDGETS.getByName(name).status(at));
  if (statuses.length > 0) return statuses.map((status) => standingOf(node, status));
  const { period = "month" } = document.budgets.find((budget) => budget.name === node.budget) ?? {};
  const { periodKey, resetsAt } = periodOf(period, at, document.timeZone);
  const { budget, scope, limitNanos } = node;
  const nothing = { settledNanos: 0, heldNanos: 0, leasedNanos: 0, complete: true };
  return [{ budget, scope, period, periodKey, resetsAt, limitNanos, ...nothing, effective: true }];
}

function standingOf(node: SharedNode, status: NodeStatus): Standing {
  const { lease, limitNanos, version, effectiveVersion, ...spent } = status;
  const { period, periodKey, resetsAt } = lease;
  const { budget, scope } = node;
  const effective = effectiveVersion >= version;
  return { budget, scope, period, periodKey, resetsAt, limitNanos, ...spent, effective };
}

function show<S extends Standing>(standing: S) {
  const { limitNanos, settledNanos, heldNanos, leasedNanos, resetsAt, ...rest } = standing;
  return {
    ...rest,
    resetsAt,
    resets: new Date(resetsAt).toISOString(),
    limitNanos,
    settledNanos,
    heldNanos,
    leasedNanos,
    limitUsd: toUsd(limitNanos),
    settledUsd: toUsd(settledNanos),
    heldUsd: toUsd(heldNanos),
    leasedUsd: toUsd(leasedNanos),
  };
}
