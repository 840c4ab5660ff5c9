/** The budgets above users: which nodes a document has, and what it says of each. */
import { nodesMax } from "./limits.ts";
import type { PolicyDocument } from "./document.ts";
import { nanosOf } from "./price.ts";

/** One budget of one team, or of the organisation. */
export interface SharedNode {
  budget: string;
  /** `organisation`, or `team:` and the team. */
  scope: string;
  limitNanos: number;
  thresholds: number[];
  /** The budget that it leases from. */
  parent?: string;
}

/** The nodes of a document, for the teams that there are. */
export function sharedNodes(document: PolicyDocument, teams: readonly string[]): SharedNode[] {
  const nodes: SharedNode[] = [];
  for (const { name, scope, limitUsd, thresholds, parent, when } of document.budgets) {
    if (scope !== "team" && scope !== "organisation") continue;
    const named = new Set(teams.filter((team) => when.teams?.includes(team) ?? true));
    const scopes = scope === "team" ? [...named].map((team) => `team:${team}`) : [scope];
    for (const of of scopes) {
      const node = { budget: name, scope: of, limitNanos: nanosOf(limitUsd), thresholds };
      nodes.push(parent === undefined ? node : { ...node, parent });
    }
  }
  return nodes.slice(0, nodesMax);
}
