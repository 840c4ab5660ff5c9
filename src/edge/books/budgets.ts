/**
 * `GET /budgets`: where every budget stands, asked of the actors that decide, not of a view.
 *
 * Admins and auditors see the budgets of all teams and of the organisation; everybody sees their own.
 * The read is recorded before anything is told.
 */
import type { NodeStatus } from "#actors/budget/api.ts";
import type { Env } from "#actors/kit/env.ts";
import { budgetStream, policyName } from "#actors/kit/names.ts";
import type { BudgetStanding } from "#actors/user/commands.ts";
import { periodOf } from "#policy/calendar.ts";
import type { PolicyDocument } from "#policy/document.ts";
import { sharedNodes, type SharedNode } from "#policy/shared.ts";
import type { Principal } from "#policy/snapshot.ts";
import { recordAccess } from "../access.ts";
import { askActor, homeOf } from "../actors.ts";
import type { LivePolicy } from "../policy-cache.ts";
import { toUsd } from "./answers.ts";
import { budgetsAskedMax } from "./limits.ts";

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
  await recordAccess(request, env, principal, "budgets.read", "budgets");
  const { document, ledgerShards } = policy.snapshot;
  const at = Date.now();
  const home = homeOf(env, principal, ledgerShards);
  const own = await askActor(() => env.USERS.getByName(home.stream).readBudgets(at));
  const mine = own.map((standing) => ({
    ...standing,
    member: principal.member.id,
    leasedNanos: standing.leasedNanos ?? 0,
    complete: true,
    effective: true,
  }));
  const { role } = principal.member;
  const nodes = role === "member" ? [] : await allNodes(env, principal, document);
  const asked = nodes.slice(0, budgetsAskedMax);
  const shared = await Promise.all(
    asked.map((node) => askNode(env, principal.organisation, node, document, at)),
  );
  const budgets = [...shared.flat(), ...mine].map(show);
  const truncated = nodes.length > asked.length;
  return Response.json({ budgets, truncated }, { headers: { "cache-control": "no-store" } });
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

function show(standing: Standing) {
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
