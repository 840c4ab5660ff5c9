/**
 * One member whom several actors serve, at random, over the real deciders: a cap, a rate or a budget
 * of theirs, by the seed. The member is split, joined and split again while isolates still send the
 * version before; limits are cut and raised; messages are late, lost, doubled and reordered; actors
 * crash; requests end late, twice or by time. The oracle keeps every admission in one list, counts it
 * by hand at each, and knows nothing of slots, permits and leases.
 */
import { budgetDecider, type BudgetCommand } from "#actors/budget/decider.ts";
import { accountOf } from "#actors/budget/preview.ts";
import { isOver } from "#actors/budget/rate-decider.ts";
import type { BudgetState } from "#actors/budget/state.ts";
import { termsOf } from "#actors/budget/terms.ts";
import { userDecider, type UserCommand } from "#actors/user/decider.ts";
import type { LeaseOpening } from "#actors/user/lease-past.ts";
import { creditOf, leaseOf, leaseRefOf, totalsOf } from "#actors/user/leases.ts";
import { keptOf, rateLeaseOf, wordOf } from "#actors/user/shared-rates.ts";
import type { UserState } from "#actors/user/state.ts";
import type { BudgetData, LimitData } from "#events/user-events.ts";
import { splitUp } from "#policy/split.ts";
import { budgetOf, limitOf, requestOf, settlementOf } from "../user/fixtures.ts";
import {
  Actor,
  randomOf,
  Violation,
  type BudgetDecider,
  type UserDecider,
} from "./tree-simulator.ts";
import { rateTermsOf } from "#policy/shared.ts";

type User = Actor<UserState, UserCommand, Parameters<UserDecider["evolve"]>[1]>;
type Counter = Actor<BudgetState, BudgetCommand, Parameters<BudgetDecider["evolve"]>[1]>;
type Kind = "cap" | "rate" | "budget";

interface Version {
  /** 0 while the member was never split. */
  shards: number;
  limit: number;
}

interface Admission {
  id: string;
  user: User;
  at: number;
  deadlineAt: number;
  nanos: number;
  isOpen: boolean;
}

const most = 4;
const windowMs = 20_000;
const start = Date.UTC(2026, 10, 23, 12);
const deadlineMs = 60_000;

/** What a request is sent with under one version. */
interface Rules {
  limits: LimitData[];
  sharedLimits: LimitData[];
  budgets: BudgetData[];
  sharedBudgets: BudgetData[];
}

class Member {
  readonly #random: ReturnType<typeof randomOf>;
  readonly #loss: number;
  readonly #kind: Kind;
  readonly #users: User[] = [];
  readonly #node: Counter;
  readonly #versions: Version[] = [];
  readonly admitted: Admission[] = [];
  #wire: { deliver: () => void; dueAt: number }[] = [];
  #now = start;
  #ids = 0;

  constructor(user: UserDecider, budget: BudgetDecider, seed: number) {
    this.#random = randomOf(seed);
    const { int, pick } = this.#random;
    this.#loss = pick([1, 5, 15]);
    this.#kind = pick(["cap", "cap", "rate", "budget"]);
    this.#versions.push({ shards: pick([0, 0, 2]), limit: this.#amount() });
    this.#node = new Actor("node", budget, () => this.#now);
    for (let index = 0; index < most; index += 1) {
      // Clocks of different machines, some seconds apart.
      const skew = int(8_000) - 4_000;
      this.#users.push(new Actor(`u${index}`, user, () => this.#now + skew));
    }
  }

  get #version(): number {
    return this.#versions.length;
  }

  #amount(): number {
    return this.#kind === "budget" ? 200 + this.#random.int(2_000) : 3 + this.#random.int(30);
  }

  run(steps: number): void {
    const { int, pick } = this.#random;
    const actions: readonly (() => void)[] = [
      ...Array.from({ length: 12 }, () => () => {
        // Until a version is in force, isolates still send what the one before it says.
        this.#ask(Math.max(this.#version - int(2), 1), int(most));
      }),
      ...Array.from({ length: 40 }, () => () => this.#deliver()),
      ...Array.from({ length: 5 }, () => () => this.#end()),
      ...Array.from({ length: 3 }, () => () => void (this.#now += pick([1, int(50), int(9_000)]))),
      ...Array.from({ length: 2 }, () => () => this.#recall(pick(this.#users), this.#loss)),
      () => pick([...this.#users, this.#node]).crash(),
      () => int(3) === 0 && this.#publish(),
      () => int(3) === 0 && this.#expire(),
    ];
    for (let step = 0; step < steps; step += 1) pick(actions)();
  }

  /** All requests have ended: the whole cap is there, wherever its slots were left. */
  quiet(): void {
    if (this.#kind !== "cap") return;
    this.#wire = [];
    for (const one of this.admitted) this.#settle(one);
    // Not under a new version, which would count what is open anew.
    if (this.#versions.at(-1)?.shards === 0) return;
    const { limit, shards } = this.#versions.at(-1) as Version;
    const before = this.admitted.length;
    for (let turn = 0; turn < limit * 2; turn += 1) {
      // Before anybody is refused, the others are asked for what they do not use: as the desk does.
      for (const [index, user] of this.#users.entries()) {
        if (index !== turn % shards) this.#recall(user, 0);
      }
      this.#drain();
      this.#ask(this.#version, turn % most, 0);
      this.#drain();
      this.#ask(this.#version, turn % most, 0);
      this.#drain();
    }
    const more = this.admitted.length - before;
    if (more !== limit) throw new Violation(`${more} of ${limit} slots were there`);
  }

  #drain(): void {
    while (this.#wire.length > 0) for (const { deliver } of this.#wire.splice(0)) deliver();
  }

  #send(deliver: () => void, loss: number): void {
    const { int } = this.#random;
    if (int(100) < loss) return;
    for (let copy = int(100) < loss ? 2 : 1; copy > 0; copy -= 1) {
      this.#wire.push({ deliver, dueAt: this.#now + int(40) });
    }
  }

  #deliver(): void {
    this.#now += this.#random.int(4);
    const due = this.#wire.filter(({ dueAt }) => dueAt <= this.#now);
    // Now and then one that is far too late, or too early for its company.
    const message = this.#random.pick(this.#random.int(4) === 0 ? this.#wire : due.slice(-12));
    if (message === undefined) return;
    this.#wire = this.#wire.filter((other) => other !== message);
    message.deliver();
  }

  #rulesOf(of: number): Rules {
    const { shards, limit } = this.#versions[of - 1] as Version;
    const rules: Rules = { limits: [], sharedLimits: [], budgets: [], sharedBudgets: [] };
    if (this.#kind === "budget") {
      rules.budgets.push(budgetOf({ name: "own", limitNanos: limit, whole: true }));
    } else {
      const of = this.#kind === "cap" ? ({ metric: "concurrency", windowMs: 0 } as const) : {};
      rules.limits.push(limitOf({ name: "own", limit, windowMs, whole: true, ...of }));
    }
    if (shards > 0) splitUp("ci", rules);
    return rules;
  }

  #ask(of: number, shard: number, loss = this.#loss): void {
    const { shards } = this.#versions[of - 1] as Version;
    const user = this.#users[shards === 0 ? 0 : shard % shards] as User;
    const { limits, sharedLimits, budgets, sharedBudgets: shared } = this.#rulesOf(of);
    const nanos = 1 + this.#random.int(120);
    const id = `r${this.#ids++}`;
    const deadlineAt = user.now + deadlineMs;
    const bound = { inputTokens: 1, outputTokens: 0, costNanos: nanos };
    const request = requestOf(id, { policyVersion: of, limits, budgets, bound, deadlineAt });
    const facts = user.execute({
      type: "admit",
      at: 0,
      request: shards > 0 ? { ...request, sharedLimits, shared } : request,
    });
    if (facts.some(({ type }) => type === "RequestAdmitted")) {
      this.admitted.push({ id, user, at: this.#now, deadlineAt, nanos, isOpen: true });
      this.#check(of);
      return;
    }
    const isStale = user.state.policyVersion > of;
    if (shards === 0 || isStale || (this.#random.int(2) === 0 && loss > 0)) return;
    for (const limit of sharedLimits) this.#askRate(user, limit, of, loss);
    for (const budget of shared) this.#askCredit(user, budget, of, nanos, loss);
  }

  /** Everything that was admitted, by any actor, under any version: counted by hand. */
  #check(of: number): void {
    const { limit } = this.#versions[of - 1] as Version;
    const count = {
      cap: () => this.admitted.filter(({ isOpen }) => isOpen).length,
      rate: () => this.admitted.filter(({ at }) => at > this.#now - windowMs).length,
      budget: () => this.admitted.reduce((sum, { nanos }) => sum + nanos, 0),
    }[this.#kind]();
    if (count > limit) throw new Violation(`${this.#kind}: ${count} of ${limit} under ${of}`);
  }

  /** As the keeper and the counter's desk do, each message by itself. */
  #askRate(user: User, limit: LimitData, version: number, loss: number): void {
    const sentAt = user.now;
    const { version: known } = rateLeaseOf(user.state, limit);
    const rate = rateTermsOf(limit);
    if (known < version) user.execute({ type: "open-rate", at: 0, limit, version });
    const isOld = rateLeaseOf(user.state, limit).version < version;
    // Now and then it is not sure what the counter takes it to have.
    const isUnsure = known >= version && this.#random.int(3) === 0;
    const keep = isUnsure ? 1e9 : 0;
    if (isOld || isUnsure) user.execute({ type: "return-rate", at: 0, rate, keep });
    const kept = keptOf(user.state, rate, sentAt);
    const word = wordOf(user.state, limit, sentAt, known < version || isUnsure ? kept : undefined);
    const ask = { type: "rate", at: 0, child: user.name, rate, version, word } as const;
    const demand = 1 + this.#random.int(4);
    this.#send(() => {
      if (this.#node.state.countedVersion < version) {
        this.#node.execute({ ...ask, need: 0, demand: 0 });
        this.#openRates(user, limit, version, loss);
        if (loss > 0) return;
        this.#drain();
      }
      this.#node.execute({ ...ask, need: 1, demand });
      const at = this.#node.now;
      const known = this.#node.state.rate.children.get(user.name);
      if (known === undefined || known.seq !== word.seq || known.untilAt <= at) return;
      if (known.allowed - word.booked < 1 || isOver(this.#node.state.rate, limit.limit, at)) return;
      const leased = {
        limit,
        version,
        seq: word.seq,
        allowed: known.allowed,
        untilAt: sentAt + known.untilAt - at,
      };
      this.#send(() => user.execute({ type: "rate-leased", at: 0, leased }), loss);
    }, loss);
  }

  #openRates(asker: User, limit: LimitData, version: number, loss: number): void {
    const rate = rateTermsOf(limit);
    const told = new Set([asker]);
    for (const user of this.#users.filter((other) => other !== asker)) {
      this.#send(() => {
        const facts = user.execute({ type: "open-rate", at: 0, limit, version });
        if (facts.length === 0) user.execute({ type: "return-rate", at: 0, rate, keep: 1e9 });
        const word = wordOf(user.state, limit, user.now, keptOf(user.state, rate, user.now));
        const said = { type: "rate", at: 0, child: user.name, rate, version, word } as const;
        this.#send(() => {
          this.#node.execute({ ...said, need: 0, demand: 0 });
          told.add(user);
          if (told.size === most) this.#node.execute({ type: "count-rate", at: 0, rate, version });
        }, loss);
      }, loss);
    }
  }

  #askCredit(user: User, budget: BudgetData, version: number, need: number, loss: number): void {
    const lease = leaseRefOf(budget);
    this.#follow(user, budget, version);
    const held = leaseOf(user.state, lease);
    const { grantedNanos: heard } = held;
    // What came back from older requests is leased anew, if there is room for it.
    if (held.recalled && creditOf(held) > 0) {
      user.execute({ type: "return-lease", at: 0, lease, grantedNanos: heard });
    }
    const totals = totalsOf(leaseOf(user.state, lease));
    const { seq } = user.state;
    const terms = termsOf(budget, version);
    const child = user.name;
    this.#send(() => {
      this.#node.execute({ type: "report", at: 0, child, lease, totals });
      if ((accountOf(this.#node.state, lease).countedVersion ?? -1) < version) {
        this.#openLeases(user, budget, version, loss);
      }
      const before = accountOf(this.#node.state, lease).children.get(child)?.grantedNanos ?? 0;
      if (before > totals.grantedNanos) {
        // A grant that was not heard may be of an older version: it goes back unspent.
        const back = { type: "return-lease", at: 0, lease, grantedNanos: before } as const;
        this.#send(() => user.execute(back), loss);
        return;
      }
      const asked = { needNanos: need, demandNanos: need * (1 + this.#random.int(4)) };
      const renew = { type: "renew", at: 0, child, lease, terms, seq, totals, ...asked } as const;
      this.#node.execute(renew);
      const { grantedNanos = 0 } = accountOf(this.#node.state, lease).children.get(child) ?? {};
      if (grantedNanos <= totals.grantedNanos) return;
      this.#send(() => this.#granted(user, budget, version, grantedNanos), loss);
    }, loss);
  }

  #granted(user: User, budget: BudgetData, version: number, grantedNanos: number): void {
    const lease = leaseRefOf(budget);
    // A newer version began meanwhile: what was granted under the older one goes back unspent.
    if ((leaseOf(user.state, lease).version ?? version) > version) {
      user.execute({ type: "return-lease", at: 0, lease, grantedNanos });
    } else user.execute({ type: "lease-granted", at: 0, granted: { lease, grantedNanos } });
  }

  #follow(user: User, budget: BudgetData, version: number): void {
    const lease = leaseRefOf(budget);
    const held = leaseOf(user.state, lease);
    if ((held.version ?? -1) >= version) return;
    const { grantedNanos } = held;
    if (creditOf(held) > 0) user.execute({ type: "return-lease", at: 0, lease, grantedNanos });
    const opening: LeaseOpening = { lease, startsAt: budget.startsAt ?? 0, whole: true };
    user.execute({ type: "open-lease", at: 0, opening, version });
  }

  #openLeases(asker: User, budget: BudgetData, version: number, loss: number): void {
    const lease = leaseRefOf(budget);
    const told = new Set([asker]);
    for (const user of this.#users.filter((other) => other !== asker)) {
      this.#send(() => {
        this.#follow(user, budget, version);
        const totals = totalsOf(leaseOf(user.state, lease));
        this.#send(() => {
          this.#node.execute({ type: "report", at: 0, child: user.name, lease, totals });
          told.add(user);
          if (told.size < most) return;
          this.#node.execute({ type: "count-member", at: 0, lease, version });
        }, loss);
      }, loss);
    }
  }

  #recall(user: User, loss: number): void {
    const { terms, version } = this.#node.state.rate;
    if (terms === undefined) return;
    this.#send(() => {
      const keep = loss === 0 ? 0 : this.#random.int(3);
      user.execute({ type: "return-rate", at: 0, rate: terms, keep });
      const { limit } = rateLeaseOf(user.state, terms);
      const word = wordOf(user.state, limit, user.now, keptOf(user.state, terms, user.now));
      const back = { type: "rate", at: 0, child: user.name, rate: terms, version, word } as const;
      this.#send(() => this.#node.execute({ ...back, need: 0, demand: 0 }), loss);
    }, loss);
  }

  #end(): void {
    const one = this.#random.pick(this.admitted.filter(({ isOpen }) => isOpen));
    if (one !== undefined) this.#settle(one);
    // Now and then the same is told again.
    if (one !== undefined && this.#random.int(3) === 0) this.#settle(one);
  }

  #settle(one: Admission): void {
    const nanos = one.isOpen ? this.#random.int(one.nanos + 1) : one.nanos;
    const settlement = settlementOf(one.id, nanos, 1);
    one.user.execute({ type: "settle", at: 0, settlement });
    Object.assign(one, { nanos, isOpen: false });
  }

  #expire(): void {
    this.#now += this.#random.int(deadlineMs);
    for (const user of this.#users) user.execute({ type: "expire", at: 0 });
    for (const one of this.admitted) if (one.deadlineAt <= one.user.now) one.isOpen = false;
  }

  #publish(): void {
    const last = this.#versions.at(-1) as Version;
    // Who was split once is never decided by own rules again: one actor is one of them.
    const shards = this.#random.pick(last.shards === 0 ? [0, 2, most] : [1, 2, 3, most]);
    const limit = this.#random.int(2) === 0 ? this.#amount() : last.limit;
    this.#versions.push({ shards, limit });
  }
}

/** Runs one member; the first violation, and how many were admitted. */
export function simulateSplit(
  seed: number,
  { user = userDecider, budget = budgetDecider }: { user?: UserDecider; budget?: BudgetDecider },
  steps = 700,
): { violation: string | undefined; admissions: number } {
  const member = new Member(user, budget, seed);
  try {
    member.run(steps);
    member.quiet();
    return { violation: undefined, admissions: member.admitted.length };
  } catch (error) {
    if (!(error instanceof Violation)) throw error;
    return { violation: error.message, admissions: member.admitted.length };
  }
}
