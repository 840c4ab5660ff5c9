/** The budgets above users: which nodes a document has, and what it says of each. */
import type { MemberData } from "#events/policy-events.ts";
import { periodOf, type Period, type PeriodKind } from "./calendar.ts";
import { isShared, isWhole } from "./compile.ts";
import { nodesMax } from "./limits.ts";
import type { PolicyDocument } from "./document.ts";
import { nanosOf } from "./price.ts";

/** One budget of one team, of one route, or of the organisation. */
export interface SharedNode {
  budget: string;
  /** `organisation`, `team:` and the team, or `route:` and the route. */
  scope: string;
  limitNanos: number;
  thresholds: number[];
  /** The budget that it leases from. */
  parent?: string;
}

/** For which members, and in which period, a node's budget counts what they spent before it. */
export interface NodePast {
  period: Period & { kind: PeriodKind };
  /** True when it counts every request of its scope. */
  whole: boolean;
  counts(member: MemberData): boolean;
}

/** The nodes of a document, for the teams that there are. */
export function sharedNodes(document: PolicyDocument, teams: readonly string[]): SharedNode[] {
  const nodes: SharedNode[] = [];
  const { routes = [] } = document;
  for (const { name, scope, limitUsd, thresholds, parent, when } of document.budgets) {
    if (!isShared(scope)) continue;
    const all = scope === "team" ? teams : routes.map((route) => route.name);
    const named = scope === "team" ? when.teams : when.routes;
    const holders = new Set(all.filter((name) => named?.includes(name) ?? true));
    const scopes =
      scope === "organisation" ? [scope] : [...holders].map((name) => `${scope}:${name}`);
    for (const of of scopes) {
      const node = { budget: name, scope: of, limitNanos: nanosOf(limitUsd), thresholds };
      nodes.push(parent === undefined ? node : { ...node, parent });
    }
  }
  return nodes.slice(0, nodesMax);
}

/** What a node of a document counts of the time before it, in the period that holds `at`. */
export function pastOfNode(document: PolicyDocument, node: SharedNode, at: number): NodePast {
  const budget = document.budgets.find(({ name }) => name === node.budget);
  const kind = budget?.period ?? "month";
  const { when = {}, scope = "organisation" } = budget ?? {};
  const { members, teams } = when;
  const named = members && new Set(members);
  const of = scope !== "team" && teams ? new Set(teams) : undefined;
  return {
    period: { ...periodOf(kind, at, document.timeZone), kind },
    whole: isWhole(scope, when),
    counts: ({ id, team }) =>
      (named?.has(id) ?? true) && (of === undefined || (team !== undefined && of.has(team))),
  };
}
