/**
 * How full the windows of a rate or a cap that several members share were: what was admitted, counted
 * again under another number. Nothing is decided again, so what was refused then counts for nothing.
 */
import type { AuditEntry } from "#projections/audit-entry.ts";
import type { PolicyDocument } from "#policy/document.ts";
import { compilePatterns, matchesModel } from "#policy/pattern.ts";

type Rate = PolicyDocument["limits"][number];
type Cap = PolicyDocument["concurrency"][number];
export type SharedRule = Rate | Cap;

/** One request as a rule counts it. */
interface Counted {
  at: number;
  amount: number;
  /** When it counts no more, milliseconds. */
  until: number;
}

/** The fullest moment of one scope. */
export interface Busiest {
  /** A team, or the organisation. */
  scope: string;
  /** The most that counted at once: requests, tokens or nano-dollars. */
  most: number;
  at: number;
  /** Requests that came when the new number was used up. */
  over: number;
}

const within = (list: readonly string[] | undefined, value: string | undefined): boolean =>
  list === undefined || (value !== undefined && list.includes(value));

/** Whether a rule was about an entry. */
function concerns({ when }: SharedRule, entry: AuditEntry): boolean {
  const { user, team, tier, keyId, route, tags = [], modelAsked = "" } = entry;
  return (
    within(when.members, user) &&
    within(when.teams, team) &&
    within(when.tiers, tier) &&
    within(when.keys, keyId) &&
    within(when.routes, route) &&
    (when.tags === undefined || tags.some((tag) => when.tags?.includes(tag))) &&
    (when.models === undefined || matchesModel(compilePatterns(when.models), modelAsked))
  );
}

function amountOf(rule: SharedRule, entry: AuditEntry): number {
  if (!("metric" in rule) || rule.metric === "requests") return 1;
  if (rule.metric === "usd") return entry.costNanos ?? 0;
  return (entry.inputTokens ?? 0) + (entry.outputTokens ?? 0);
}

/** Takes entries in any order, and tells of each scope. */
export class BusyBook {
  readonly #rule: SharedRule;
  readonly #scopes = new Map<string, Counted[]>();

  constructor(rule: SharedRule) {
    this.#rule = rule;
  }

  take(entry: AuditEntry): void {
    const rule = this.#rule;
    if (entry.kind !== "request" || entry.outcome === "refused" || !concerns(rule, entry)) return;
    const scope = rule.scope === "team" ? entry.team : "organisation";
    if (scope === undefined) return;
    const lasts = "windowMs" in rule ? rule.windowMs : (entry.latencyMs ?? 0);
    const counted = { at: entry.at, amount: amountOf(rule, entry), until: entry.at + lasts };
    const known = this.#scopes.get(scope);
    if (known === undefined) this.#scopes.set(scope, [counted]);
    else known.push(counted);
  }

  /** The fullest moments under `limit` (nano-dollars of a `usd` rate), the fullest scope first. */
  busiest(limit: number): Busiest[] {
    return [...this.#scopes]
      .map(([scope, all]) => fullest(scope, all, limit))
      .sort((a, b) => b.most - a.most || (a.scope < b.scope ? -1 : 1));
  }
}

function fullest(scope: string, all: Counted[], limit: number): Busiest {
  all.sort((a, b) => a.at - b.at);
  const ends = all.toSorted((a, b) => a.until - b.until);
  const busiest: Busiest = { scope, most: 0, at: 0, over: 0 };
  let used = 0;
  let left = 0;
  for (const { at, amount } of all) {
    for (let end = ends[left]; end !== undefined && end.until <= at; end = ends[left]) {
      used -= end.amount;
      left += 1;
    }
    used += amount;
    if (used > limit) busiest.over += 1;
    if (used > busiest.most) Object.assign(busiest, { most: used, at });
  }
  return busiest;
}
