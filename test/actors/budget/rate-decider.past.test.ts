/**
 * Shared rates that come, go and change at random, over the real deciders: what was used before
 * counts. The oracle is a list of requests that is filtered and summed by hand.
 */
import { expect, test } from "vitest";
import { budgetDecider, type BudgetCommand } from "#actors/budget/decider.ts";
import { freeOf, isOver, permittedAbove } from "#actors/budget/rate-decider.ts";
import type { BudgetState } from "#actors/budget/state.ts";
import { windowStart } from "#actors/kit/windows.ts";
import { userDecider, type UserCommand } from "#actors/user/decider.ts";
import { PastScan } from "#actors/user/past-scan.ts";
import { newRulesOf } from "#actors/user/rule-past.ts";
import { keptOf, rateKey, rateLeaseOf, wordOf } from "#actors/user/shared-rates.ts";
import type { UserState } from "#actors/user/state.ts";
import type { BudgetFact } from "#events/budget-events.ts";
import type { EventEnvelope } from "#events/envelope.ts";
import type { LimitData, UserFact } from "#events/user-events.ts";
import type { PolicyWhen } from "#policy/document.ts";
import { limitOf, requestOf, settlementOf } from "../user/fixtures.ts";
import { Actor, randomOf, Violation } from "./tree-simulator.ts";
import { rateTermsOf } from "#policy/shared.ts";

const runs = Number(process.env["RATE_RUNS"] ?? 300);
const first = Number(process.env["RATE_SEED"] ?? 20261122);

interface Use {
  id: string;
  member: Member;
  team: string | undefined;
  route: string | undefined;
  model: string;
  at: number;
  amount: number;
}

interface Rule {
  limit: LimitData;
  when: PolicyWhen | undefined;
  since: number;
}

/** A principal and its whole stream. */
class Member extends Actor<UserState, UserCommand, UserFact> {
  readonly stream: { fact: UserFact; at: number }[] = [];

  override execute(command: UserCommand): readonly UserFact[] {
    const facts = super.execute(command);
    for (const fact of facts) this.stream.push({ fact, at: this.now });
    return facts;
  }
}

class Company {
  readonly #random: ReturnType<typeof randomOf>;
  readonly #members: Member[];
  readonly #node: Actor<BudgetState, BudgetCommand, BudgetFact>;
  readonly #base: LimitData;
  readonly uses: Use[] = [];
  #wire: (() => void)[] = [];
  #now = Date.UTC(2026, 10, 23, 12);
  #version = 1;
  #rule: Rule | undefined;
  #asked = new Set<Member>();
  #isEffective = false;
  #ids = 0;
  exact = 0;

  constructor(seed: number) {
    this.#random = randomOf(seed);
    const { int, pick } = this.#random;
    const clock = () => this.#now;
    this.#members = ["u0", "u1", "u2"].map((name) => new Member(name, userDecider, clock));
    this.#node = new Actor("node", budgetDecider, clock);
    this.#base = limitOf({
      name: "shared",
      metric: pick(["requests", "tokens"]),
      mode: pick(["sliding", "sliding", "fixed"]),
      scope: pick(["team:red", "organisation", "route:agents"]),
      limit: 10 + int(50),
    });
  }

  run(steps: number): void {
    const actions: readonly (() => void)[] = [
      ...Array.from({ length: 12 }, () => () => this.#ask()),
      ...Array.from({ length: 14 }, () => () => this.#deliver()),
      ...Array.from({ length: 3 }, () => () => this.#pass()),
      ...Array.from({ length: 4 }, () => () => this.#settle()),
      ...Array.from({ length: 4 }, () => () => this.#found()),
      () => this.#random.pick([...this.#members, this.#node]).crash(),
      () => this.#edit(),
      () => this.#quiet(),
    ];
    for (let step = 0; step < steps; step += 1) this.#random.pick(actions)();
  }

  #edit(): void {
    const { int, pick } = this.#random;
    this.#version += 1;
    const old = this.#rule;
    const limit = 10 + int(50);
    if (old !== undefined && int(3) === 0) {
      // The amount alone: it is the rule that it was.
      this.#rule = { ...old, limit: { ...old.limit, limit } };
      return;
    }
    this.#asked = new Set();
    this.#isEffective = false;
    const windowMs = pick([10_000, 20_000, 60_000]);
    const picks: (PolicyWhen | undefined)[] = [undefined, { models: ["big*"] }];
    picks.push({ members: ["u0", "u1"] });
    if (this.#base.scope === "organisation") picks.push({ teams: ["red"] });
    const when = pick(picks);
    const since = this.#now;
    const own = { ...this.#base, limit, windowMs, whole: when === undefined };
    const isGone = int(4) === 0;
    this.#rule = isGone ? undefined : { limit: when ? { ...own, since } : own, when, since };
    this.#now += 1;
  }

  #ask(): void {
    const { int, pick } = this.#random;
    const member = pick(this.#members);
    const team = pick(["red", "red", "blue", undefined]);
    const route = pick(["agents", "agents", undefined]);
    const model = pick(["big-1", "small"]);
    const tokens = 1 + int(6);
    const metric = this.#rule?.limit.metric ?? "requests";
    const amount = this.#base.metric === "requests" ? 1 : tokens;
    const use = { id: `r${this.#ids++}`, member, team, route, model, at: this.#now, amount };
    const limit = this.#rule?.limit;
    const isUnder = limit !== undefined && this.#isPicked(use);
    if (isUnder) this.#readPast(member, limit);
    const request = requestOf(use.id, {
      member: member.name,
      model,
      policyVersion: this.#version,
      bound: { inputTokens: tokens, outputTokens: 0, costNanos: 0 },
      deadlineAt: this.#now + 600_000,
      ...(team === undefined ? {} : { team }),
      ...(route === undefined ? {} : { route: { name: route } }),
      ...(isUnder ? { sharedLimits: [limit] } : {}),
    });
    const facts = member.execute({ type: "admit", at: 0, request });
    if (facts.some(({ type }) => type === "RequestAdmitted")) {
      this.uses.push(use);
      if (isUnder) this.#check();
    } else if (isUnder) this.#renew(member, limit, metric === "requests" ? 1 : tokens);
  }

  /** As the shell does before it decides: a rule that picks some reads its past from the stream. */
  #readPast(member: Member, limit: LimitData): void {
    const when = this.#rule?.when;
    if (when === undefined) return;
    const { members: _members, ...picked } = when;
    const isOut = when.members?.includes(member.name) === false;
    const limits = { shared: isOut ? { members: [] } : picked };
    const asked = { policyVersion: this.#version, limits: [], budgets: [], sharedLimits: [limit] };
    const rules = newRulesOf(member.state, asked, { limits }, member.now);
    if (rules.length === 0) return;
    const scan = new PastScan(rules);
    for (const [index, { fact, at }] of member.stream.entries()) {
      if (at >= scan.from) scan.take({ ...fact, at, seq: index + 1 } as unknown as EventEnvelope);
    }
    member.execute({ type: "count-past", at: 0, pasts: scan.counted(this.#version) });
  }

  #renew(member: Member, limit: LimitData, need: number): void {
    const version = this.#version;
    const rate = rateTermsOf(limit);
    const held = rateLeaseOf(member.state, limit);
    const isAnew = held.version >= 0 && held.version < version;
    if (isAnew) member.execute({ type: "return-rate", at: 0, rate });
    const sentAt = member.now;
    const word = wordOf(member.state, limit, sentAt, isAnew ? 0 : undefined, version);
    const asked = { need, demand: need * (1 + this.#random.int(3)) };
    const { seq } = word;
    this.#send(() => {
      const command = { type: "rate", at: 0, child: member.name, rate, version, word } as const;
      this.#node.execute({ ...command, ...asked });
      const { rate: state } = this.#node.state;
      const known = state.children.get(member.name);
      const at = this.#node.now;
      if (known?.seq !== seq || known.untilAt <= at || isOver(state, limit.limit, at)) return;
      if (known.allowed - word.booked < need) return;
      const { allowed } = known;
      const leased = { limit, version, seq, allowed, untilAt: sentAt + known.untilAt - at };
      this.#send(() => member.execute({ type: "rate-leased", at: 0, leased }));
    });
  }

  /** As the policy actor does: everybody is asked, then the counter calls itself whole. */
  #found(): void {
    const rule = this.#rule;
    if (rule === undefined || this.#isEffective) return;
    for (const member of this.#members) if (!this.#asked.has(member)) this.#tell(member, rule);
    if (this.#asked.size < this.#members.length) return;
    const { limit, since } = rule;
    const version = this.#version;
    this.#node.execute({ type: "count-rate", at: 0, rate: rateTermsOf(limit), version, since });
    const above = permittedAbove(this.#node.state.rate, limit.limit, this.#node.now);
    if (above.length === 0) this.#isEffective = true;
    for (const name of above) this.#recall(this.#members.find((one) => one.name === name));
  }

  #tell(member: Member, { limit }: Rule): void {
    const version = this.#version;
    const rate = rateTermsOf(limit);
    this.#send(() => {
      if (version !== this.#version) return;
      this.#readPast(member, limit);
      const { state, now } = member;
      const { moments } = wordOf(state, limit, now, undefined, version);
      if (moments.length === 0 && !state.rates.has(rateKey(limit))) {
        this.#asked.add(member);
        return;
      }
      member.execute({ type: "open-rate", at: 0, limit, version });
      const word = wordOf(member.state, limit, now, keptOf(member.state, rate, now), version);
      const told = { child: member.name, rate, version, word, need: 0, demand: 0 };
      this.#send(() => {
        this.#node.execute({ type: "rate", at: 0, ...told });
        if (version === this.#version) this.#asked.add(member);
      });
    });
  }

  #recall(
    member: Member | undefined,
    send = (deliver: () => void): void => this.#send(deliver),
  ): void {
    const { terms, version } = this.#node.state.rate;
    if (member === undefined || terms === undefined) return;
    send(() => {
      member.execute({ type: "return-rate", at: 0, rate: terms });
      const { limit } = rateLeaseOf(member.state, terms);
      const kept = keptOf(member.state, terms, member.now);
      const word = wordOf(member.state, limit, member.now, kept);
      const back = { child: member.name, rate: terms, version, word, need: 0, demand: 0 };
      send(() => this.#node.execute({ type: "rate", at: 0, ...back }));
    });
  }

  /** Everybody has told all: what is left is what the limit leaves, no less and no more. */
  #quiet(): void {
    if (this.#rule === undefined || !this.#isEffective) return;
    this.#wire = [];
    const { rate } = this.#node.state;
    for (const member of this.#members) {
      if (rate.children.has(member.name)) this.#recall(member, (deliver) => deliver());
    }
    // Permits that were lost on their way, or nobody has asked since the amount was changed.
    const idle = [...rate.children.values()].some(({ allowed, booked }) => allowed > booked);
    if (idle || rate.version !== this.#version) return;
    const free = freeOf(rate, this.#node.now);
    const left = Math.max(this.#rule.limit.limit - this.#sum(), 0);
    if (free !== left) throw new Violation(`${free} is left, and it should be ${left}`);
    this.exact += 1;
  }

  #send(deliver: () => void): void {
    const { int } = this.#random;
    if (int(100) < 10) return;
    for (let copy = int(100) < 10 ? 2 : 1; copy > 0; copy -= 1) this.#wire.push(deliver);
  }

  #deliver(): void {
    const [deliver] = this.#wire.splice(this.#random.int(Math.min(this.#wire.length, 4)), 1);
    deliver?.();
  }

  #settle(): void {
    if (this.#base.metric !== "tokens" || this.uses.length === 0) return;
    const use = this.#random.pick(this.uses.slice(-20));
    const tokens = this.#random.int(use.amount + 1);
    const settlement = settlementOf(use.id, 0, tokens);
    if (use.member.execute({ type: "settle", at: 0, settlement }).length > 0) use.amount = tokens;
  }

  #pass(): void {
    const { int, pick } = this.#random;
    this.#now += pick([1, int(50), int(1_000), int(8_000)]);
  }

  #isPicked({ member, team, route, model }: Omit<Use, "amount" | "at">): boolean {
    const { when = {}, limit } = this.#rule ?? {};
    const own = { "team:red": team === "red", "route:agents": route === "agents" };
    const isIn = limit?.scope === "organisation" || own[limit?.scope as keyof typeof own];
    const isModel = when.models === undefined || model.startsWith("big");
    const isTeam = when.teams === undefined || team === "red";
    return isIn && isModel && isTeam && (when.members?.includes(member.name) ?? true);
  }

  #sum(): number {
    const { mode, windowMs } = this.#rule?.limit ?? this.#base;
    const from = mode === "fixed" ? windowStart(this.#now, windowMs) : this.#now - windowMs + 1;
    const counted = this.uses.filter((use) => use.at >= from && this.#isPicked(use));
    return counted.reduce((sum, { amount }) => sum + amount, 0);
  }

  #check(): void {
    if (!this.#isEffective || this.#rule === undefined) return;
    const { limit } = this.#rule.limit;
    if (this.#sum() > limit) throw new Violation(`${this.#sum()} of ${limit}`);
  }
}

test("a shared rate that is new, or changed, counts what all its members did in its window, exactly", () => {
  console.log(`rate past seeds ${first} to ${first + runs - 1}`);
  let [admissions, exact] = [0, 0];
  for (let seed = first; seed < first + runs; seed += 1) {
    const company = new Company(seed);
    expect(() => company.run(400), `seed ${seed}`).not.toThrow();
    admissions += company.uses.length;
    exact += company.exact;
  }
  console.log(`${admissions} admissions, ${exact} times all was told`);
  expect(exact).toBeGreaterThan(runs);
});
