/** Where budgets stand, as bars: the organisation, its teams, their users and keys, in their tree. */
import { periodOf } from "#policy/calendar.ts";
import type { PolicyDocument } from "#policy/document.ts";
import { dateTime, percent, usd } from "./format.ts";
import { usdToNanos } from "./money.ts";

/** The part of a period before which a straight line says nothing: some seven hours of a month. */
const tooEarly = 0.01;

export type Budget = PolicyDocument["budgets"][number];

/** Who a budget can apply to, as far as the console knows them. */
export interface Holder {
  id: string;
  tier: string;
  team?: string | undefined;
}

/** A standing as `GET /budgets` answers: what the deciding actors say. Amounts are nano-dollars. */
export interface Standing {
  budget: string;
  /** `user`, `key:k1`, `team:red`, `organisation`, ... */
  scope: string;
  /** Whose lease or account it is; absent for the shared budgets themselves. */
  member?: string;
  periodKey: string;
  resetsAt: number;
  limitNanos: number;
  settledNanos: number;
  heldNanos: number;
  leasedNanos: number;
  complete: boolean;
  effective: boolean;
}

/** One bar. Of what may be spent: settled, held by open requests, leased to users and not used. */
export interface BudgetBar {
  /** Whose it is: a member, a key, a team, or the organisation. */
  holder: string;
  settledNanos: number;
  heldNanos: number;
  leasedNanos: number;
  limitNanos: number;
  /** What will be spent at the period's end if it goes on like this. */
  forecastNanos: number;
  /** How much of the period is over, from 0 to 1. */
  passed: number;
  /** When the limit will be reached if it goes on like this, milliseconds; absent when it will not. */
  reachedAt?: number;
  /** Whether the limit is what was leased to this user, not one of their own. */
  isLease: boolean;
  complete: boolean;
  effective: boolean;
  /** Who draws on it. */
  children: BudgetBar[];
}

/** The period of a budget that holds a moment. */
export function budgetPeriod(budget: Budget, at: number, timeZone: string) {
  return periodOf(budget.period, at, timeZone);
}

/**
 * Whether a rule is about a member. Conditions on keys, models and tags of a request depend on the
 * request, so they count as met.
 */
export function concerns(when: Budget["when"], holder: Holder, defaultTier: string): boolean {
  const tier = holder.tier === "" ? defaultTier : holder.tier;
  return (
    (when.members?.includes(holder.id) ?? true) &&
    (when.tiers?.includes(tier) ?? true) &&
    (when.teams === undefined || (holder.team !== undefined && when.teams.includes(holder.team)))
  );
}

/** Whether a rule depends on what is in a request. */
export function dependsOnRequest(when: Budget["when"]): boolean {
  const { keys, models, tags, routes } = when;
  return [keys, models, tags, routes].some((list) => list !== undefined);
}

/** At the rate so far: a straight line from the period's start, through now, to its end. */
export function forecast(
  spentNanos: number,
  startsAt: number,
  resetsAt: number,
  at: number,
): number {
  const passed = Math.min(Math.max(at - startsAt, 1), resetsAt - startsAt);
  return Math.round((spentNanos * (resetsAt - startsAt)) / passed);
}

/** When that line meets the limit; `undefined` where it does not within the period. */
export function reachedAt(
  { spentNanos, limitNanos }: { spentNanos: number; limitNanos: number },
  startsAt: number,
  resetsAt: number,
  at: number,
): number | undefined {
  if (spentNanos <= 0 || spentNanos >= limitNanos) return undefined;
  const passed = Math.min(Math.max(at - startsAt, 1), resetsAt - startsAt);
  const moment = startsAt + Math.round((limitNanos / spentNanos) * passed);
  return moment < resetsAt ? moment : undefined;
}

/** What counts against the limit: settled and held. */
export function usedNanos({ settledNanos, heldNanos }: BudgetBar): number {
  return settledNanos + heldNanos;
}

/** What the page knows when it draws a budget. */
export interface BudgetView {
  document: PolicyDocument;
  holders: readonly Holder[];
  standings: readonly Standing[];
  at: number;
}

function barOf(view: BudgetView, budget: Budget, standing: Standing, holder: string): BudgetBar {
  const { startsAt, resetsAt } = budgetPeriod(budget, view.at, view.document.timeZone);
  const { settledNanos, heldNanos, leasedNanos, limitNanos, complete, effective } = standing;
  const spent = { spentNanos: settledNanos, limitNanos };
  const moment = reachedAt(spent, startsAt, resetsAt, view.at);
  return {
    holder,
    settledNanos,
    heldNanos,
    leasedNanos,
    limitNanos,
    forecastNanos: forecast(settledNanos, startsAt, resetsAt, view.at),
    passed: Math.min(Math.max((view.at - startsAt) / (resetsAt - startsAt), 0), 1),
    ...(moment === undefined ? {} : { reachedAt: moment }),
    isLease: false,
    complete,
    effective,
    children: [],
  };
}

const fullest = (bars: BudgetBar[]): BudgetBar[] =>
  bars.sort((a, b) => usedNanos(b) - usedNanos(a) || (a.holder < b.holder ? -1 : 1));

/** Of this period only: an account of a month before is no news. */
function standingsOf({ standings, document, at }: BudgetView, budget: Budget): Standing[] {
  const { periodKey } = budgetPeriod(budget, at, document.timeZone);
  return standings.filter((one) => one.budget === budget.name && one.periodKey === periodKey);
}

/** Users who draw on one node of a shared budget. */
function leasesOf(view: BudgetView, budget: Budget, scope: string): BudgetBar[] {
  return standingsOf(view, budget).flatMap((standing) =>
    standing.member === undefined || standing.scope !== scope
      ? []
      : [{ ...barOf(view, budget, standing, standing.member), isLease: true }],
  );
}

function sharedBars(view: BudgetView, budget: Budget): BudgetBar[] {
  const parts = view.document.budgets.filter(({ parent }) => parent === budget.name);
  return standingsOf(view, budget).flatMap((standing) => {
    if (standing.member !== undefined) return [];
    const { scope } = standing;
    const holder = scope.replace(/^(?:team|route):/, "");
    const bar = barOf(view, budget, standing, holder);
    const below = scope === "organisation" ? parts.flatMap((part) => sharedBars(view, part)) : [];
    return [{ ...bar, children: fullest([...below, ...leasesOf(view, budget, scope)]) }];
  });
}

/** A user's, key's or tag's own accounts; a member who has spent nothing has an empty bar. */
function ownBars(view: BudgetView, budget: Budget): BudgetBar[] {
  const { document, holders } = view;
  const known = standingsOf(view, budget).flatMap((standing) => {
    const { member = "", scope } = standing;
    const part = scope.includes(":") ? ` · ${scope.slice(scope.indexOf(":") + 1)}` : "";
    const bar = barOf(view, budget, standing, `${member}${part}`);
    // The account keeps the limit of its last admission; the policy's is the one from now on.
    return [{ ...bar, limitNanos: usdToNanos(budget.limitUsd) }];
  });
  if (budget.scope !== "user") return known;
  const names = new Set(known.map(({ holder }) => holder));
  const idle = holders
    .filter((holder) => concerns(budget.when, holder, document.defaultTier))
    .filter(({ id }) => !names.has(id))
    .map(({ id }): BudgetBar => {
      const limitNanos = usdToNanos(budget.limitUsd);
      const nothing = {
        settledNanos: 0,
        heldNanos: 0,
        leasedNanos: 0,
        forecastNanos: 0,
        passed: 1,
      };
      const flags = { isLease: false, complete: true, effective: true };
      return { holder: id, ...nothing, limitNanos, ...flags, children: [] };
    });
  return [...known, ...idle];
}

/** The bars of a budget, the fullest first, with those who draw on them below. */
export function budgetBars(view: BudgetView, budget: Budget): BudgetBar[] {
  const isShared = ["team", "route", "organisation"].includes(budget.scope);
  return fullest(isShared ? sharedBars(view, budget) : ownBars(view, budget));
}

/** Whether a limit holds at its bar and at all that draw on it. */
export function isEffective(bar: BudgetBar): boolean {
  return bar.effective && bar.children.every(isEffective);
}

/** The widths of a bar's parts, 0 to 1, which together are at most 1. */
export function partsOf(bar: BudgetBar): { settled: number; held: number; leased: number } {
  const whole = Math.max(bar.limitNanos, usedNanos(bar), 1);
  const settled = bar.settledNanos / whole;
  const held = Math.min(bar.heldNanos / whole, 1 - settled);
  // What is leased to a user is their limit itself: it is not drawn a second time.
  const leased = bar.isLease ? 0 : Math.min(bar.leasedNanos / whole, 1 - settled - held);
  return { settled, held, leased };
}

/** The members whose accounts are asked for: who spent most first, as many as one question takes. */
export function membersToAsk(
  holders: readonly Holder[],
  spentNanos: ReadonlyMap<string, number>,
  most: number,
): string[] {
  return holders
    .map(({ id }) => id)
    .filter((id) => !id.includes(","))
    .sort((a, b) => (spentNanos.get(b) ?? 0) - (spentNanos.get(a) ?? 0) || (a < b ? -1 : 1))
    .slice(0, most);
}

/** A bar's forecast as a sentence; nothing where nothing was spent, or the limit is reached. */
export function forecastWords(
  bar: BudgetBar,
  resetsAt: number,
): { text: string; isOver: boolean } | undefined {
  const { settledNanos, limitNanos, forecastNanos, passed } = bar;
  if (bar.isLease || settledNanos === 0 || settledNanos >= limitNanos) return undefined;
  if (passed < tooEarly) return { text: "Too early in the period for a forecast", isOver: false };
  const pace = `At the pace so far ${usd(forecastNanos)} by ${dateTime(resetsAt).slice(0, 16)}`;
  if (bar.reachedAt === undefined) {
    return { text: `${pace}, ${percent(forecastNanos, limitNanos)} of the limit`, isOver: false };
  }
  const when = dateTime(bar.reachedAt).slice(0, 16);
  return { text: `${pace}: the limit is reached about ${when}`, isOver: true };
}
