/**
 * One shared rate and those who share it, at random, over the real deciders: clocks that differ,
 * messages that are late, lost, doubled and reordered, crashes, limits that are cut and raised, truths
 * that come after bounds. The oracle counts admissions by the true time, and knows nothing of permits.
 */
import { type BudgetCommand } from "#actors/budget/decider.ts";
import { isOver } from "#actors/budget/rate-decider.ts";
import type { BudgetState } from "#actors/budget/state.ts";
import { windowStart } from "#actors/kit/windows.ts";
import type { UserCommand } from "#actors/user/decider.ts";
import { keptOf, rateLeaseOf, wordOf } from "#actors/user/shared-rates.ts";
import type { UserState } from "#actors/user/state.ts";
import type { LimitData } from "#events/user-events.ts";
import { limitOf, requestOf, settlementOf } from "../user/fixtures.ts";
import {
  Actor,
  randomOf,
  Violation,
  type BudgetDecider,
  type UserDecider,
} from "./tree-simulator.ts";
import { rateTermsOf } from "#policy/shared.ts";

interface Use {
  id: string;
  user: number;
  at: number;
  amount: number;
}

type User = Actor<UserState, UserCommand, Parameters<UserDecider["evolve"]>[1]>;
type Counter = Actor<BudgetState, BudgetCommand, Parameters<BudgetDecider["evolve"]>[1]>;

class Company {
  readonly #random: ReturnType<typeof randomOf>;
  readonly #loss: number;
  readonly #users: User[] = [];
  readonly #node: Counter;
  readonly uses: Use[] = [];
  #wire: { deliver: () => void; dueAt: number }[] = [];
  #now = Date.UTC(2026, 10, 23, 12);
  #limit: LimitData;
  #version = 1;
  #ids = 0;

  constructor(user: UserDecider, budget: BudgetDecider, seed: number, loss: number) {
    this.#random = randomOf(seed);
    this.#loss = loss;
    const { int, pick } = this.#random;
    this.#limit = limitOf({
      name: "shared",
      metric: pick(["requests", "requests", "tokens"]),
      mode: pick(["sliding", "sliding", "fixed"]),
      scope: "team:red",
      limit: 5 + int(60),
      windowMs: pick([1_000, 5_000, 20_000]),
    });
    this.#node = new Actor("node", budget, () => this.#now);
    for (let index = 0; index < 4; index += 1) {
      // Clocks of different machines, up to minutes apart.
      const skew = int(240_000) - 120_000;
      this.#users.push(new Actor(`u${index}`, user, () => this.#now + skew));
    }
  }

  run(steps: number): void {
    const actions: readonly (() => void)[] = [
      ...Array.from({ length: 12 }, () => () => this.#ask(this.#random.int(4))),
      ...Array.from({ length: 14 }, () => () => this.#deliver()),
      ...Array.from({ length: 4 }, () => () => this.#pass()),
      ...Array.from({ length: 3 }, () => () => this.#settle()),
      () => this.#recall(),
      () => this.#crash(),
      () => this.#edit(),
    ];
    for (let step = 0; step < steps; step += 1) this.#random.pick(actions)();
  }

  /** Nobody has used anything for long: the whole limit is there for one. */
  quiet(): void {
    this.#wire = [];
    this.#now += 2 * Math.max(this.#limit.windowMs, 300_000);
    const before = this.uses.length;
    for (let turn = 0; turn < this.#limit.limit * 3; turn += 1) {
      this.#ask(0, 0);
      this.#wire.splice(0).forEach(({ deliver }) => deliver());
      this.#wire.splice(0).forEach(({ deliver }) => deliver());
    }
    if (this.uses.length - before !== this.#limit.limit) {
      throw new Violation(`${this.uses.length - before} of ${this.#limit.limit} were admitted`);
    }
  }

  #send(deliver: () => void, loss = this.#loss): void {
    const { int } = this.#random;
    if (int(100) < loss) return;
    for (let copy = int(100) < loss ? 2 : 1; copy > 0; copy -= 1) {
      this.#wire.push({ deliver, dueAt: this.#now + int(40) });
    }
  }

  #deliver(): void {
    const due = this.#wire.filter(({ dueAt }) => dueAt <= this.#now);
    // Now and then one that is far too late, or too early for its company.
    const message = this.#random.pick(this.#random.int(4) === 0 ? this.#wire : due);
    if (message === undefined) return;
    this.#wire = this.#wire.filter((other) => other !== message);
    message.deliver();
  }

  #ask(index: number, loss = this.#loss): void {
    const user = this.#users[index] as User;
    const limit = this.#limit;
    const tokens = loss === 0 ? 1 : 1 + this.#random.int(8);
    const id = `r${this.#ids++}`;
    const bound = { inputTokens: tokens, outputTokens: 0, costNanos: 0 };
    const shared = { policyVersion: this.#version, sharedLimits: [limit], bound };
    const request = requestOf(id, { ...shared, deadlineAt: user.now + 600_000 });
    const facts = user.execute({ type: "admit", at: 0, request });
    const amount = limit.metric === "requests" ? 1 : tokens;
    if (facts.some(({ type }) => type === "RequestAdmitted")) {
      this.uses.push({ id, user: index, at: this.#now, amount });
      this.#check();
      return;
    }
    if (this.#random.int(2) === 0 || loss === 0) this.#renew(user, limit, amount, loss);
  }

  #renew(user: User, limit: LimitData, amount: number, loss: number): void {
    const sentAt = user.now;
    const version = this.#version;
    const held = rateLeaseOf(user.state, limit);
    const anew = held.version >= 0 && held.version < version;
    // As the shell does: what an older policy permitted is given up first.
    if (anew) user.execute({ type: "return-rate", at: 0, rate: rateTermsOf(limit) });
    const word = wordOf(user.state, limit, sentAt, anew ? 0 : undefined);
    const rate = rateTermsOf(limit);
    const demand = amount * (1 + this.#random.int(4));
    this.#send(() => {
      const command = { type: "rate", at: 0, child: user.name, rate, version, word } as const;
      this.#node.execute({ ...command, need: amount, demand });
      const at = this.#node.now;
      const known = this.#node.state.rate.children.get(user.name);
      if (known === undefined || known.seq !== word.seq || known.untilAt <= at) return;
      if (known.allowed - word.booked < amount || isOver(this.#node.state.rate, limit.limit, at))
        return;
      const { allowed } = known;
      const untilAt = sentAt + known.untilAt - at;
      const leased = { limit, version, seq: word.seq, allowed, untilAt };
      this.#send(() => user.execute({ type: "rate-leased", at: 0, leased }), loss);
    }, loss);
  }

  #recall(): void {
    const user = this.#random.pick(this.#users);
    const { terms, version } = this.#node.state.rate;
    if (terms === undefined) return;
    this.#send(() => {
      const keep = this.#random.int(6);
      user.execute({ type: "return-rate", at: 0, rate: terms, keep });
      const word = wordOf(user.state, terms, user.now, keptOf(user.state, terms, user.now));
      const back = { type: "rate", at: 0, child: user.name, rate: terms, version, word } as const;
      this.#send(() => this.#node.execute({ ...back, need: 0, demand: 0 }));
    });
  }

  #settle(): void {
    if (this.#limit.metric !== "tokens" || this.uses.length === 0) return;
    const use = this.#random.pick(this.uses.slice(-20));
    const tokens = this.#random.int(use.amount + 1);
    const user = this.#users[use.user] as User;
    const settlement = settlementOf(use.id, 0, tokens);
    if (user.execute({ type: "settle", at: 0, settlement }).length > 0) use.amount = tokens;
  }

  #pass(): void {
    const { int, pick } = this.#random;
    const { windowMs } = this.#limit;
    this.#now += pick([1, int(20), int(100), int(Math.floor(windowMs / 4)), int(windowMs * 2)]);
  }

  #crash(): void {
    this.#random.pick([...this.#users, this.#node]).crash();
  }

  #edit(): void {
    if (this.#random.int(3) > 0) return;
    this.#version += 1;
    this.#limit = { ...this.#limit, limit: 5 + this.#random.int(60) };
  }

  /** Counts the window that ends now again, by the true time. */
  #check(): void {
    const { mode, windowMs, limit } = this.#limit;
    const from = mode === "fixed" ? windowStart(this.#now, windowMs) : this.#now - windowMs + 1;
    const sum = this.uses.reduce((sum, { at, amount }) => (at >= from ? sum + amount : sum), 0);
    if (sum > limit) throw new Violation(`${sum} of ${limit} in ${windowMs} ms (${mode})`);
  }
}

/** Runs one company; the first violation, and how many were admitted. */
export function simulateRate(
  user: UserDecider,
  budget: BudgetDecider,
  seed: number,
  steps = 500,
): { violation: string | undefined; admissions: number } {
  const company = new Company(user, budget, seed, 15);
  try {
    company.run(steps);
    company.quiet();
    return { violation: undefined, admissions: company.uses.length };
  } catch (error) {
    if (!(error instanceof Violation)) throw error;
    return { violation: error.message, admissions: company.uses.length };
  }
}
