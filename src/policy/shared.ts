/** The budgets above users: which nodes a document has, and what it says of each. */
import type { RateTermsData } from "#events/budget-events.ts";
import type { LimitData } from "#events/user-events.ts";
import { periodOf, type Period, type PeriodKind } from "./calendar.ts";
import { compilePolicy, isShared, isWhole } from "./compile.ts";
import { nodesMax } from "./limits.ts";
import type { PolicyDocument, PolicyWhen } from "./document.ts";
import { nanosOf } from "./price.ts";
import type { SinceBook } from "./since.ts";

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

/** In which period a node's budget counts what was spent before it, and of which requests. */
export interface NodePast {
  period: Period & { kind: PeriodKind };
  /** True when it counts every request of its scope. */
  whole: boolean;
  /** What it picks otherwise, and since when it does so, milliseconds. */
  when?: PolicyWhen;
  since?: number | undefined;
}

/** The nodes of a document, for the teams that there are. */
export function sharedNodes(document: PolicyDocument, teams: readonly string[]): SharedNode[] {
  const nodes: SharedNode[] = [];
  for (const { name, scope, limitUsd, thresholds, parent, when } of document.budgets) {
    if (!isShared(scope)) continue;
    for (const of of scopesOf(scope, when, document, teams)) {
      const node = { budget: name, scope: of, limitNanos: nanosOf(limitUsd), thresholds };
      nodes.push(parent === undefined ? node : { ...node, parent });
    }
  }
  return nodes.slice(0, nodesMax);
}

/** One rate of one team, of one route, or of the organisation, that came within its window. */
export interface SharedRate {
  limit: LimitData;
  /** Since when it has been what it is, milliseconds. */
  since: number;
  /** What it picks of its scope's requests; undefined when that is all of them. */
  when: PolicyWhen | undefined;
}

/** The rates above users of a document that do not know all of their window, at `at`. */
export function newRates(
  document: PolicyDocument,
  teams: readonly string[],
  book: SinceBook["limits"] = {},
  at: number,
): SharedRate[] {
  const rates: SharedRate[] = [];
  for (const { template, shared } of compilePolicy(document).limits) {
    const rule = document.limits.find(({ name }) => name === template.name);
    const { [template.name]: since = 0 } = book;
    const isNew = shared && template.metric !== "concurrency" && since > at - template.windowMs;
    if (!isNew || rule === undefined) continue;
    const { whole } = template;
    for (const scope of scopesOf(rule.scope, rule.when, document, teams)) {
      const limit = { ...template, scope };
      const own = whole === true ? limit : { ...limit, since };
      rates.push({ limit: own, since, when: whole === true ? undefined : rule.when });
    }
  }
  return rates.slice(0, nodesMax);
}

function scopesOf(
  scope: string,
  when: PolicyWhen,
  { routes = [] }: PolicyDocument,
  teams: readonly string[],
): string[] {
  if (scope === "organisation") return [scope];
  const all = scope === "team" ? teams : routes.map((route) => route.name);
  const named = scope === "team" ? when.teams : when.routes;
  const holders = new Set(all.filter((name) => named?.includes(name) ?? true));
  return [...holders].map((name) => `${scope}:${name}`);
}

/** Since when a node's budget picks what it picks, milliseconds; undefined when that is all. */
export function sinceOfNode(
  document: PolicyDocument,
  node: SharedNode,
  book: SinceBook["budgets"] = {},
): number | undefined {
  const budget = document.budgets.find(({ name }) => name === node.budget);
  return budget === undefined || isWhole(budget.scope, budget.when) ? undefined : book[budget.name];
}

/** What a node's budget counts of the time before it, in the period that holds `at`. */
export function pastOfNode(
  document: PolicyDocument,
  node: SharedNode,
  book: SinceBook["budgets"] = {},
  at: number,
): NodePast {
  const budget = document.budgets.find(({ name }) => name === node.budget);
  const kind = budget?.period ?? "month";
  const { when = {}, scope = "organisation" } = budget ?? {};
  const period = { ...periodOf(kind, at, document.timeZone), kind };
  if (isWhole(scope, when)) return { period, whole: true };
  return { period, whole: false, when, since: book[node.budget] };
}

/** What a counter is told of a rate: how it counts, in which window, how much. */
export function rateTermsOf(limit: LimitData): RateTermsData {
  const { name, metric, mode, scope, limit: most, windowMs } = limit;
  // No counter knows bursts: what evens out is counted as sliding, which admits no more.
  const exact = mode === "fixed" ? "fixed" : "sliding";
  return { name, metric, mode: exact, scope, limit: most, windowMs };
}
