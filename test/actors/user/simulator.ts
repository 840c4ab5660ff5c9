/**
 * A principal's life at random: bursts, settlements that are late, lost, doubled or for nobody,
 * expiries, releases, crashes, clocks that step back, periods that roll over, policies that are
 * cut, raised, widened and extended. Every step is compared with the oracle.
 */
import { isDeepStrictEqual } from "node:util";
import type { Decider } from "#actors/kit/decider.ts";
import type { UserCommand } from "#actors/user/decider.ts";
import { explainAdmit } from "#actors/user/explain.ts";
import type { RequestData, UserState } from "#actors/user/state.ts";
import type { BudgetData, LimitData, UserFact } from "#events/user-events.ts";
import { periodOf } from "#policy/calendar.ts";
import { boundOf, requestOf, settlementOf } from "./fixtures.ts";
import { Oracle, REMEMBER_MS } from "./oracle.ts";

export type UserDecider = Decider<UserState, UserCommand, UserFact>;

const codes = {
  requests: "rate_limited",
  tokens: "token_rate_limited",
  usd: "spend_rate_limited",
  concurrency: "concurrency_limited",
};

/** Numbers that look random and are the same for the same seed (mulberry32). */
function randomOf(seed: number) {
  let state = seed;
  const next = () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const int = (below: number) => Math.floor(next() * below);
  const pick = <T>(list: readonly T[]): T => list[int(list.length)] as T;
  return { int, pick };
}

class Violation extends Error {}

type BudgetRule = Pick<BudgetData, "name" | "period" | "scope" | "limitNanos" | "atLimit">;

class Simulation {
  readonly #decider: UserDecider;
  readonly #random: ReturnType<typeof randomOf>;
  readonly #oracle = new Oracle();
  readonly #zone: string;
  #state: UserState;
  #snapshot: unknown;
  #tail: { fact: UserFact; at: number }[] = [];
  #now: number;
  #lastAt = 0;
  #ids = 0;
  #version = 1;
  #limits: LimitData[] = [];
  #budgets: BudgetRule[] = [];
  #crossed = new Set<string>();

  constructor(decider: UserDecider, seed: number) {
    this.#decider = decider;
    this.#random = randomOf(seed);
    this.#state = decider.initialState();
    this.#snapshot = JSON.parse(JSON.stringify(decider.toSnapshot(this.#state)));
    this.#zone = this.#random.pick(["UTC", "Europe/Berlin", "Asia/Kolkata"]);
    // Two days before the clocks change in Berlin.
    this.#now = Date.UTC(2026, 9, 23, 12) + this.#random.int(3_600_000);
    for (let i = this.#random.int(3); i >= 0; i--) this.#addLimit();
    for (let i = this.#random.int(3); i > 0; i--) this.#addBudget();
  }

  run(steps: number): void {
    const actions: readonly (() => void)[] = [
      ...Array.from({ length: 9 }, () => () => this.#admit()),
      ...Array.from({ length: 5 }, () => () => this.#settle()),
      ...Array.from({ length: 4 }, () => () => this.#pass()),
      () => this.#again(),
      () => this.#release(),
      () => this.#extend(),
      () => this.#expire(),
      () => this.#crash(),
      () => this.#edit(),
    ];
    for (let step = 0; step < steps; step++) {
      this.#random.pick(actions)();
      this.#audit();
    }
  }

  #execute(command: UserCommand): readonly UserFact[] {
    const at = Math.max(this.#now, this.#lastAt);
    const facts = this.#decider.decide(this.#state, command);
    for (const fact of facts) {
      this.#state = this.#decider.evolve(this.#state, fact, at);
      this.#tail.push({ fact, at });
      this.#lastAt = at;
      if (fact.type === "ThresholdCrossed") this.#cross(fact.data);
    }
    return facts;
  }

  #cross(data: {
    budget: string;
    scope: string;
    periodKey: string;
    threshold: number;
    period?: string | undefined;
  }): void {
    const key = [data.budget, data.scope, data.period, data.periodKey, data.threshold].join();
    if (this.#crossed.has(key)) throw new Violation(`threshold crossed twice: ${key}`);
    this.#crossed.add(key);
  }

  #request(id: string): RequestData {
    const { int, pick } = this.#random;
    const at = Math.max(this.#now, this.#lastAt);
    return requestOf(id, {
      keyId: pick(["k1", "k2"]),
      model: pick(["m1", "m2"]),
      bound: boundOf(int(30), int(6) === 0 ? 0 : int(200)),
      deadlineAt: at + pick([1_000, 60_000, 3_600_000]),
    });
  }

  #under(request: RequestData): RequestData {
    const at = Math.max(this.#now, this.#lastAt);
    const own = ["user", `key:${request.keyId}`, `model:${request.model}`];
    const mine = ({ scope }: { scope: string }) => own.includes(scope);
    const budgets = this.#budgets.filter(mine).map((rule) => {
      const period = periodOf(rule.period, at, this.#zone);
      return { ...rule, ...period, thresholds: [0.5, 1], whole: true };
    });
    return { ...request, policyVersion: this.#version, limits: this.#limits.filter(mine), budgets };
  }

  #admit(): void {
    for (let burst = this.#random.int(4); burst >= 0; burst--) {
      this.#ids++;
      const request = this.#under(this.#request(`r${this.#ids}`));
      const at = Math.max(this.#now, this.#lastAt);
      const expected = this.#expected(request, at);
      const before = this.#state.quiets.size;
      const facts = this.#execute({ type: "admit", at: this.#now, request });
      const fact = facts.find(
        ({ type }) => type.startsWith("RequestA") || type === "RequestRefused",
      );
      if (fact === undefined && expected !== undefined && before > 0) continue;
      const got = fact?.type === "RequestRefused" ? fact.data.code : undefined;
      if (fact === undefined || got !== expected) {
        throw new Violation(`admit: expected ${expected ?? "admission"}, got ${got ?? fact?.type}`);
      }
      if (fact.type !== "RequestAdmitted") continue;
      this.#oracle.admit(request, at);
      this.#checkLeft(request, fact.data.left ?? [], at);
    }
  }

  /** The code that counting everything again would refuse with. */
  #expected(request: RequestData, at: number): string | undefined {
    const refusing = request.limits.filter((limit) => this.#oracle.refuses(limit, request, at));
    const cap = refusing.find(({ metric }) => metric === "concurrency");
    const [first] = cap === undefined ? refusing : [cap];
    if (first !== undefined) return codes[first.metric];
    const cost = request.bound.costNanos;
    for (const budget of request.budgets) {
      const { settled, held } = this.#oracle.books(budget, budget.startsAt ?? 0, budget.resetsAt);
      if (cost > 0 && settled + held + cost > budget.limitNanos) {
        if (budget.atLimit !== "allow") return "budget_exceeded";
      }
    }
    return undefined;
  }

  #checkLeft(request: RequestData, left: readonly number[], at: number): void {
    const expected = [
      ...request.limits
        .filter(({ metric }) => metric !== "concurrency")
        .map((limit) => [limit.name, Math.max(limit.limit - this.#oracle.used(limit, at), 0)]),
      ...request.budgets.map((budget) => {
        const { settled, held } = this.#oracle.books(budget, budget.startsAt ?? 0, budget.resetsAt);
        return [budget.name, Math.max(budget.limitNanos - settled - held, 0)];
      }),
    ];
    const names = [...request.limits, ...request.budgets];
    const got = names.flatMap((named, index) =>
      "metric" in named && named.metric === "concurrency" ? [] : [[named.name, left[index]]],
    );
    if (!isDeepStrictEqual(got, expected)) {
      throw new Violation(`left: expected ${JSON.stringify(expected)}, got ${JSON.stringify(got)}`);
    }
  }

  #settle(): void {
    const { int, pick } = this.#random;
    const known = this.#oracle.admissions;
    const admission = known.length > 0 && int(20) > 0 ? pick(known.slice(-20)) : undefined;
    const id = admission?.id ?? `ghost${this.#ids++}`;
    const held = admission === undefined ? 10 : this.#oracle.held(admission);
    const nanos = int(8) === 0 ? held + int(20) : int(held + 1);
    const tokens = int((admission?.tokens ?? 0) + 1);
    const settlement = settlementOf(id, nanos, tokens);
    const facts = this.#execute({ type: "settle", at: this.#now, settlement });
    const at = Math.max(this.#now, this.#lastAt);
    const effect = this.#oracle.settle(id, nanos, tokens, at);
    const moved = facts.filter(
      ({ type }) => type === "RequestSettled" || type === "ExpiryCorrected",
    );
    const expected = effect === "settled" || effect === "corrected" ? 1 : 0;
    if (moved.length !== expected)
      throw new Violation(`settle: ${effect}, got ${moved.length} bookings`);
  }

  /** The same request id again: one hold, whatever became of it. */
  #again(): void {
    const recent = this.#oracle.admissions.slice(-20);
    if (recent.length === 0) return;
    const { id, endedAt, ended } = this.#random.pick(recent);
    if (ended !== undefined && this.#now - endedAt > REMEMBER_MS / 2) return;
    const request = this.#under(this.#request(id));
    const facts = this.#execute({ type: "admit", at: this.#now, request });
    if (facts.length > 0) throw new Violation(`${id} was decided on twice`);
  }

  #release(): void {
    const open = this.#oracle.admissions.filter(({ ended }) => ended === undefined);
    const admission = open.length > 0 ? this.#random.pick(open) : undefined;
    if (admission === undefined) return;
    const release = {
      type: "release",
      at: this.#now,
      requestId: admission.id,
      reason: "r",
    } as const;
    this.#execute(release);
    admission.ended = "released";
    admission.endedAt = Math.max(this.#now, this.#lastAt);
    if (this.#execute(release).length > 0) throw new Violation("released twice");
  }

  #extend(): void {
    const { int, pick } = this.#random;
    const open = this.#oracle.admissions.filter(({ ended }) => ended === undefined);
    if (open.length === 0) return;
    const admission = pick(open);
    const costNanos = this.#oracle.held(admission) + int(50);
    const deadlineAt = admission.deadlineAt + int(100_000);
    const at = Math.max(this.#now, this.#lastAt);
    const extend = {
      type: "extend",
      at: this.#now,
      requestId: admission.id,
      deadlineAt,
      costNanos,
    } as const;
    for (const fact of this.#execute(extend)) {
      if (fact.type !== "HoldExtended") continue;
      const nanos = fact.data.costNanos - this.#oracle.held(admission);
      if (nanos > 0) admission.parts.push({ at, nanos });
      admission.deadlineAt = fact.data.deadlineAt;
      this.#checkExtended(admission.scopes, at, nanos);
    }
  }

  /** What was raised must have fitted every window and budget in force. */
  #checkExtended(scopes: readonly string[], at: number, nanos: number): void {
    if (nanos === 0) return;
    for (const limit of this.#limits) {
      if (limit.metric !== "usd" || !scopes.includes(limit.scope)) continue;
      const known = this.#state.buckets.get(`${limit.name}|${limit.scope}`);
      // A limit that no request has named yet is not known here.
      if (known?.limit !== limit.limit || known.windowMs !== limit.windowMs) continue;
      if (known.version < this.#version) continue;
      if (known.mode === limit.mode && this.#oracle.used(limit, at) > limit.limit) {
        throw new Violation(`an extension passed ${limit.name}`);
      }
    }
  }

  #expire(): void {
    this.#execute({ type: "expire", at: this.#now });
    const at = Math.max(this.#now, this.#lastAt);
    for (const admission of this.#oracle.admissions) {
      if (admission.ended !== undefined || admission.deadlineAt > at) continue;
      admission.ended = "expired";
      admission.endedAt = at;
    }
  }

  #pass(): void {
    const { int, pick } = this.#random;
    const limit = this.#limits.length > 0 ? pick(this.#limits) : undefined;
    const last = this.#oracle.admissions.at(-1);
    const edge = (last?.at ?? this.#now) + (limit?.windowMs ?? 1_000) - int(3) + 1;
    const later = [
      1,
      int(50),
      int(1_000),
      int(10_000),
      int(60_000),
      int(3_600_000),
      int(30 * 3_600_000),
    ];
    if (int(12) === 0) this.#now -= int(10_000);
    else if (int(3) === 0 && edge > this.#now) this.#now = edge;
    else this.#now += int(40) === 0 ? 50 * 3_600_000 : pick(later);
  }

  /** The process dies: what is in memory is gone, what is in storage is folded again. */
  #crash(): void {
    let state = this.#decider.fromSnapshot(structuredClone(this.#snapshot));
    for (const { fact, at } of this.#tail) {
      if (fact.type === "RequestAdmitted" || fact.type === "RequestRefused") {
        const { same } = explainAdmit(state, fact, at);
        if (!same) throw new Violation(`${fact.type} is not what its past decides`);
      }
      state = this.#decider.evolve(state, fact, at);
    }
    const [live, folded] = [this.#state, state].map((each) => this.#decider.toSnapshot(each));
    if (!isDeepStrictEqual(live, folded)) throw new Violation("the fold is not the live state");
    this.#state = state;
    if (this.#random.int(2) === 0) {
      this.#snapshot = JSON.parse(JSON.stringify(folded));
      this.#tail = [];
    }
  }

  #edit(): void {
    const { int, pick } = this.#random;
    const kind = int(6);
    this.#version++;
    if (kind === 5) this.#forget();
    if (kind === 0 && this.#limits.length < 6) this.#addLimit();
    else if (kind === 1 && this.#budgets.length < 4) this.#addBudget();
    else if (kind === 2 && this.#budgets.length > 0) {
      pick(this.#budgets).limitNanos = int(3_000);
    } else if (this.#limits.length > 0) {
      const index = int(this.#limits.length);
      const limit = this.#limits[index];
      if (limit !== undefined)
        this.#limits[index] = { ...this.#anyLimit(limit.name), scope: limit.scope };
    }
  }

  /** A rule leaves the policy for a while: one policy without it is seen by requests. */
  #forget(): void {
    const [limits, budgets] = [this.#limits, this.#budgets];
    this.#limits = limits.slice(1);
    this.#budgets = budgets.slice(1);
    this.#admit();
    this.#limits = limits;
    this.#budgets = budgets;
    this.#version++;
  }

  #anyLimit(name: string): LimitData {
    const { int, pick } = this.#random;
    const metric = pick(["requests", "requests", "tokens", "usd", "concurrency"] as const);
    const scope = pick(["user", "user", "key:k1", "model:m2"]);
    const most = { requests: 6, tokens: 100, usd: 700, concurrency: 5 }[metric];
    const windowMs = metric === "concurrency" ? 0 : pick([1_000, 10_000, 60_000, 3_600_000]);
    return {
      name,
      metric,
      mode: pick(["sliding", "sliding", "fixed"]),
      whole: true,
      scope,
      limit: 1 + int(most),
      windowMs,
    };
  }

  #addLimit(): void {
    this.#limits.push(this.#anyLimit(`l${this.#ids++}`));
  }

  #addBudget(): void {
    const { int, pick } = this.#random;
    this.#budgets.push({
      name: `b${this.#ids++}`,
      period: pick(["day", "week", "month"]),
      scope: pick(["user", "key:k1"]),
      limitNanos: 200 + int(3_000),
      atLimit: pick(["block", "block", "allow"]),
    });
  }

  /** The books must equal the oracle's, always. */
  #audit(): void {
    for (const account of this.#state.accounts.values()) {
      // A budget that no request has met under this policy may still lack what it was absent for.
      if (account.version < this.#version) continue;
      const { startsAt, resetsAt } = periodOf(account.period, account.resetsAt - 1, this.#zone);
      const { settled, held } = this.#oracle.books(account, startsAt, resetsAt);
      if (account.settledNanos !== settled || account.heldNanos !== held) {
        const got = `${account.settledNanos}+${account.heldNanos}`;
        throw new Violation(`books of ${account.name}: expected ${settled}+${held}, got ${got}`);
      }
    }
    const open = this.#oracle.admissions.filter(({ ended }) => ended === undefined).length;
    if (this.#state.holds.size !== open) {
      throw new Violation(`holds: expected ${open}, got ${this.#state.holds.size}`);
    }
  }
}

/** Runs one life; the first violation of a promise, or undefined. */
export function simulate(decider: UserDecider, seed: number, steps = 150): string | undefined {
  try {
    new Simulation(decider, seed).run(steps);
    return undefined;
  } catch (error) {
    if (error instanceof Violation) return error.message;
    throw error;
  }
}
