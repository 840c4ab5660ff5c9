/**
 * Folds a stream again, by the fold itself, as though new rules had been there: their buckets and
 * accounts are then what they would have been.
 *
 * Invariants: what it holds is bounded, however long the stream; it can be saved at any event and
 * taken up there again.
 */
import type { EventEnvelope } from "#events/envelope.ts";
import type { BudgetData, LimitData, UserFact } from "#events/user-events.ts";
import { evolve } from "./evolve.ts";
import { holdMsMax, pastScopesMax } from "./limits.ts";
import { picksRecorded, scopesIn } from "./recorded.ts";
import { termsOf, unsettled, type NewRule, type Past } from "./rule-past.ts";
import { fromSnapshot, toSnapshot } from "./snapshot.ts";
import { accountKey, bucketKey, initialState, type Hold, type RequestData } from "./state.ts";
import { copyLane } from "./usage-log.ts";

/** A scan as plain JSON, for an actor that may be gone before it is done. */
export interface SavedScan {
  rules: readonly NewRule[];
  seen: readonly string[][];
  partial: readonly boolean[];
  state: unknown;
}

/** One rule, and what was found of it. */
interface Reading {
  rule: NewRule;
  picks(data: RequestData): boolean;
  /** Scopes that something was counted in. */
  seen: Set<string>;
  /** True when not all of them are known: then only those that were asked for are told. */
  isPartial: boolean;
  /** Of a cap: the open requests by scope. */
  open: Map<string, string[]>;
}

/** Tell it the events from `from` on, and those that admitted what is open. */
export class PastScan {
  readonly #readings: readonly Reading[];
  #state = initialState();

  constructor(rules: readonly NewRule[], saved?: SavedScan) {
    this.#readings = rules.map((rule, index) => ({
      rule,
      picks: picksRecorded(rule.when),
      seen: new Set(saved?.seen[index] ?? rule.asked),
      isPartial: saved?.partial[index] ?? false,
      open: new Map(),
    }));
    if (saved !== undefined) this.#state = fromSnapshot(saved.state);
  }

  static from(saved: SavedScan): PastScan {
    return new PastScan(saved.rules, saved);
  }

  save(): SavedScan {
    const readings = this.#readings;
    return {
      rules: readings.map(({ rule }) => rule),
      seen: readings.map(({ seen }) => [...seen]),
      partial: readings.map(({ isPartial }) => isPartial),
      state: toSnapshot(this.#state),
    };
  }

  get rules(): NewRule[] {
    return this.#readings.map(({ rule }) => rule);
  }

  /** The first moment of which something may count. */
  get from(): number {
    return Math.min(...this.rules.map(fromOf));
  }

  /** Reads the next event of the stream. */
  take(event: EventEnvelope): void {
    const fact = event as unknown as UserFact;
    if (fact.type === "RequestAdmitted") {
      const data = this.#under(fact.data, event.at);
      if (data !== undefined) this.#state = evolve(this.#state, { ...fact, data }, event.at);
    } else if (COUNTED.has(fact.type)) {
      this.#state = evolve(this.#state, fact, event.at);
    }
  }

  /** Reads what admitted a request that is open; one that nobody finds counts under every cap. */
  takeOpen(id: string, event: EventEnvelope | undefined): void {
    const fact = event as unknown as UserFact | undefined;
    const isFound = fact?.type === "RequestAdmitted" && fact.data.requestId === id;
    for (const reading of this.#readings) {
      if (!isCap(reading.rule)) continue;
      if (isFound && !reading.picks(fact.data)) continue;
      for (const scope of isFound ? scopesOf(reading, fact.data) : reading.rule.asked) {
        const ids = reading.open.get(scope) ?? [];
        ids.push(id);
        reading.open.set(scope, ids);
      }
    }
  }

  /** A request as it would have been admitted under the new rules; undefined when none picks it. */
  #under(data: RequestData, at: number): RequestData | undefined {
    const limits: LimitData[] = [];
    const budgets: BudgetData[] = [];
    for (const reading of this.#readings) {
      const { rule, startsAt } = reading.rule;
      if (isCap(reading.rule) || !reading.picks(data)) continue;
      // As though it had always been there; what evens out is counted anew from the same moments.
      const always = { whole: false, since: 0 };
      if ("budget" in rule && at < startsAt) continue;
      for (const scope of scopesOf(reading, data)) {
        if ("limit" in rule) limits.push({ ...rule.limit, ...always, scope, mode: "sliding" });
        else budgets.push({ ...rule.budget, ...always, scope });
      }
    }
    if (limits.length + budgets.length === 0) return undefined;
    // Nothing else of it is counted.
    const { keyId: _key, team: _team, tags: _tags, route: _route, ...asked } = data;
    const { shared: _shared, sharedLimits: _limits, ...own } = asked;
    return { ...own, limits, budgets };
  }

  /** What each rule counts, for the command that records it; some of them, where `isWanted` says so. */
  counted(version: number, isWanted: (rule: NewRule) => boolean = () => true): Past[] {
    return this.#readings.flatMap((reading) => {
      if (!isWanted(reading.rule)) return [];
      const { asked } = reading.rule;
      const scopes = reading.isPartial ? asked : [...reading.seen];
      const pasts = scopes.map((scope) => this.#past(reading, scope, version));
      if (reading.isPartial) return pasts;
      const [last, ...others] = pasts.toReversed();
      const told = others.filter(({ moments = [], open, settledNanos = 0 }) => {
        return moments.length + open.length + settledNanos > 0;
      });
      return last === undefined ? told : [...told, { ...last, complete: true }];
    });
  }

  #past({ rule: { rule, startsAt }, open }: Reading, scope: string, version: number): Past {
    if ("budget" in rule) {
      const budget = { ...rule.budget, scope };
      const key = accountKey(budget);
      const { settledNanos = 0, heldNanos = 0 } = this.#state.accounts.get(key) ?? {};
      const ids = this.#open(({ accounts }) => accounts.includes(key));
      return { version, budget, settledNanos, heldNanos, open: ids };
    }
    const limit = { ...rule.limit, scope };
    if (limit.metric === "concurrency") return { version, limit, open: open.get(scope) ?? [] };
    const key = bucketKey(limit);
    const log = this.#state.buckets.get(key)?.log;
    const own = log && copyLane(log, 0, startsAt - 1);
    const moments = own?.at.map((at, index): [number, number] => {
      return [at, own.lanes[0]?.[index] ?? 0];
    });
    const ids = this.#open(({ buckets }) => buckets.includes(key));
    return { version, limit, moments: moments ?? [], open: ids };
  }

  #open(counts: (hold: Hold) => boolean): string[] {
    return unsettled(this.#state).flatMap(([id, hold]) => (counts(hold) ? [id] : []));
  }
}

/** What changes what an admitted request counts. */
export const COUNTED: ReadonlySet<UserFact["type"]> = new Set([
  "RequestSettled",
  "RequestReleased",
  "HoldExtended",
  "HoldExpired",
  "ExpiryCorrected",
]);

/** The first moment of which something may count: what a hold was raised by counts when it was. */
export function fromOf({ rule, startsAt }: NewRule): number {
  if (!("limit" in rule)) return startsAt;
  if (rule.limit.metric === "concurrency") return Infinity;
  return rule.limit.metric === "usd" ? startsAt - holdMsMax : startsAt;
}

/** Whether it counts what is open, which no event before needs to be read for. */
export function isCap({ rule }: NewRule): boolean {
  return "limit" in rule && rule.limit.metric === "concurrency";
}

/** Where a request is counted under a rule: everywhere that was asked for, when no record says. */
function scopesOf(reading: Reading, data: RequestData): readonly string[] {
  const { rule, seen } = reading;
  const { asked, when } = rule;
  const scopes = scopesIn(data, termsOf(rule.rule).scope, when.tags);
  if (scopes === undefined) reading.isPartial = true;
  return (scopes ?? asked).filter((scope) => {
    if (seen.has(scope)) return true;
    if (seen.size >= pastScopesMax) reading.isPartial = true;
    else seen.add(scope);
    return seen.has(scope);
  });
}
