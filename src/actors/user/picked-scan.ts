/**
 * Folds a stream again, by the fold itself, as though shared budgets that pick some requests had been
 * there. What was counted by them already, and what the budget above counts, is told apart, so that
 * nothing is counted twice.
 */
import type { EventEnvelope } from "#events/envelope.ts";
import type { BudgetData, UserFact } from "#events/user-events.ts";
import { evolve } from "./evolve.ts";
import type { LeaseOpening } from "./lease-past.ts";
import { leaseKey, leaseRefOf } from "./leases.ts";
import { COUNTED } from "./past-scan.ts";
import type { PickedPast } from "./picked-past.ts";
import { picksRecorded } from "./recorded.ts";
import { accountKey, initialState, type RequestData } from "./state.ts";

interface Read {
  opening: LeaseOpening;
  /** Its number, by which its accounts are named. */
  name: string;
  picks: (data: RequestData) => boolean;
  /** How often all that it counts was counted anew: what was under it before says nothing since. */
  anew: number;
}

/** Folds a stream again for some budgets. Tell it the events from `from` on. */
export class PickedScan {
  readonly from: number;
  /** By the scope that they count, since there may be one for each team. */
  readonly #byScope = new Map<string, Read[]>();
  #state = initialState();

  constructor(openings: readonly LeaseOpening[]) {
    this.from = Math.min(...openings.map(({ startsAt }) => startsAt));
    for (const [index, opening] of openings.entries()) {
      const { scope } = opening.lease;
      const read = {
        opening,
        name: String(index),
        picks: picksRecorded(opening.when ?? {}),
        anew: 0,
      };
      this.#byScope.set(scope, [...(this.#byScope.get(scope) ?? []), read]);
    }
  }

  /** Reads the next event of the stream. */
  take(event: EventEnvelope): void {
    const fact = event as unknown as UserFact;
    if (fact.type === "RequestAdmitted") {
      const budgets = this.#budgetsOf(fact.data, event.at);
      if (budgets.length === 0) return;
      // Nothing else of it is counted.
      const { keyId: _key, team: _team, tags: _tags, route: _route, ...asked } = fact.data;
      const { shared: _shared, sharedLimits: _limits, ...own } = asked;
      const data = { ...own, limits: [], budgets };
      this.#state = evolve(this.#state, { ...fact, data }, event.at);
    } else if (COUNTED.has(fact.type)) {
      this.#state = evolve(this.#state, fact, event.at);
    } else if (fact.type === "LeaseOpened" && fact.data.before !== undefined) {
      const { lease } = fact.data;
      for (const read of this.#byScope.get(lease.scope) ?? []) {
        if (leaseKey(read.opening.lease) === leaseKey(lease)) read.anew += 1;
      }
    }
  }

  /** The openings, each with what was found. */
  found(): LeaseOpening[] {
    return [...this.#byScope.values()].flat().map((read) => {
      return { ...read.opening, past: this.#pastOf(read) };
    });
  }

  /** The budgets that pick a request, each as an account of how it is counted already. */
  #budgetsOf(data: RequestData, at: number): BudgetData[] {
    const { team = "", route } = data;
    const scopes = ["organisation", `team:${team}`, `route:${route?.name ?? ""}`];
    return scopes
      .flatMap((scope) => this.#byScope.get(scope) ?? [])
      .filter(({ opening, picks }) => at >= opening.startsAt && picks(data))
      .map(({ opening, name, anew }) => {
        const { lease, startsAt, parent } = opening;
        const { period, periodKey, resetsAt } = lease;
        const above = parent && { ...lease, budget: parent, scope: "organisation" };
        const isDirect = isUnder(data, leaseKey(lease));
        const isAbove = above !== undefined && above !== "" && isUnder(data, leaseKey(above));
        const scope = `${isDirect ? anew : ""}|${isAbove ? 1 : 0}|${team}`;
        const terms = { limitNanos: Number.MAX_SAFE_INTEGER, thresholds: [], atLimit: "allow" };
        // As though it had always been there.
        const always = { whole: false, since: 0, startsAt };
        return { name, scope, period, periodKey, resetsAt, ...terms, ...always } as BudgetData;
      });
  }

  #pastOf({ name, anew }: Read): PickedPast {
    const past: PickedPast = { bySlice: {}, heldNanos: 0, direct: {}, aboveNanos: 0, open: [] };
    const above = new Set<string>();
    const own = new Set<string>();
    for (const account of this.#state.accounts.values()) {
      if (account.name !== name) continue;
      const { scope, settledNanos, heldNanos } = account;
      const [direct, isAbove, slice = ""] = scope.split("|");
      const nanos = settledNanos + heldNanos;
      past.bySlice[slice] = (past.bySlice[slice] ?? 0) + nanos;
      past.heldNanos += heldNanos;
      own.add(accountKey(account));
      if (direct === String(anew)) past.direct[slice] = (past.direct[slice] ?? 0) + nanos;
      if (isAbove !== "1") continue;
      above.add(accountKey(account));
      past.aboveNanos += settledNanos;
    }
    const expired = [...this.#state.expired].map(([id, { hold }]) => [id, hold] as const);
    for (const [id, hold] of [...this.#state.holds, ...expired]) {
      if (hold.accounts.some((key) => own.has(key))) past.open.push(id);
    }
    for (const [, hold] of expired) {
      if (hold.accounts.some((key) => above.has(key))) past.aboveNanos -= hold.costNanos;
    }
    return past;
  }
}

/** Whether a request was admitted under a lease, and not past its budget's limit. */
function isUnder({ shared = [], over = [] }: RequestData, key: string): boolean {
  return shared.some((budget) => {
    return leaseKey(leaseRefOf(budget)) === key && !over.includes(budget.name);
  });
}
