/**
 * A tree of budgets at random, over the real deciders: users of two teams and of none, the teams
 * leasing from an organisation. Messages are lost, doubled and reordered; actors crash; limits are
 * cut and raised; months roll over; settlements come late, twice or never. An oracle that shares no
 * code with the deciders knows the true cost of every request.
 */
import { isDeepStrictEqual } from "node:util";
import type { Decider } from "#actors/kit/decider.ts";
import type { BudgetCommand, LimitTerms } from "#actors/budget/decider.ts";
import { unanswered } from "#actors/budget/decider.ts";
import { accountOf } from "#actors/budget/preview.ts";
import { outOf, ownSpare, type BudgetState } from "#actors/budget/state.ts";
import { nodeTotals } from "#actors/budget/totals.ts";
import type { UserCommand } from "#actors/user/decider.ts";
import { creditOf, leaseKey, leaseOf, spendable, totalsOf } from "#actors/user/leases.ts";
import type { Lease, UserState } from "#actors/user/state.ts";
import type { BudgetFact, LeaseRefData } from "#events/budget-events.ts";
import type { Fact } from "#events/envelope.ts";
import type { BudgetData, SharedBudgetData, UserFact } from "#events/user-events.ts";
import { boundOf, requestOf, settlementOf } from "../user/fixtures.ts";

export type UserDecider = Decider<UserState, UserCommand, UserFact>;
export type BudgetDecider = Decider<BudgetState, BudgetCommand, BudgetFact>;

/** Numbers that look random and are the same for the same seed (mulberry32). */
export function randomOf(seed: number) {
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
type Random = ReturnType<typeof randomOf>;

export class Violation extends Error {}

/** One actor: a state, its log, and a last snapshot. A crash folds again what storage has. */
export class Actor<S, C extends { at: number }, F extends Fact> {
  readonly name: string;
  readonly #decider: Decider<S, C, F>;
  readonly #clock: () => number;
  state: S;
  #snapshot: unknown;
  #tail: { fact: F; at: number }[] = [];
  #lastAt = 0;

  constructor(name: string, decider: Decider<S, C, F>, clock: () => number) {
    this.name = name;
    this.#decider = decider;
    this.#clock = clock;
    this.state = decider.initialState();
    this.#snapshot = JSON.stringify(decider.toSnapshot(this.state));
  }

  get now(): number {
    return Math.max(this.#clock(), this.#lastAt);
  }

  execute(command: C): readonly F[] {
    const at = this.now;
    const facts = this.#decider.decide(this.state, { ...command, at });
    for (const fact of facts) {
      this.state = this.#decider.evolve(this.state, fact, at);
      this.#tail.push({ fact, at });
      this.#lastAt = at;
    }
    return facts;
  }

  /** I7: what is folded from storage is what was in memory. */
  crash(): void {
    let state = this.#decider.fromSnapshot(JSON.parse(String(this.#snapshot)));
    for (const { fact, at } of this.#tail) state = this.#decider.evolve(state, fact, at);
    const [live, folded] = [this.state, state].map((each) =>
      JSON.parse(JSON.stringify(this.#decider.toSnapshot(each))),
    );
    if (!isDeepStrictEqual(live, folded)) throw new Violation(`I7 ${this.name}: fold differs`);
    this.state = state;
    this.#snapshot = JSON.stringify(this.#decider.toSnapshot(state));
    this.#tail = [];
  }
}

type User = Actor<UserState, UserCommand, UserFact>;
type Node = Actor<BudgetState, BudgetCommand, BudgetFact>;

/** What the oracle knows of a request: what it truly cost, whatever the actors believe. */
interface Spent {
  id: string;
  user: User;
  /** Names of the nodes above it, as `node period`. */
  nodes: string[];
  held: number;
  deadlineAt: number;
  /** True cost, once the provider has answered; it may never be told. */
  trueNanos: number | undefined;
  told: boolean;
  ended: "open" | "settled" | "expired" | "corrected" | "released";
  bookedNanos: number;
}

const DAY = 86_400_000;
const LATE = 48 * 3_600_000;

interface Policy {
  version: number;
  /** What is absent has no budget: nobody counts what is spent there. */
  limits: Record<string, number | undefined>;
}

/** How far the nodes of one policy version are with what was spent before them. */
interface Founding {
  version: number;
  asked: Set<string>;
  told: Set<string>;
}

export interface Faults {
  loss: number;
  twice: number;
}

class Tree {
  readonly #random: Random;
  readonly #faults: Faults;
  readonly #users: { actor: User; team: string | undefined }[] = [];
  readonly #nodes = new Map<string, Node>();
  readonly #spent: Spent[] = [];
  /** The largest limit in force since a period began, by node. */
  readonly #high = new Map<string, number>();
  #wire: { deliver: () => void; dueAt: number }[] = [];
  #time = Date.UTC(2026, 10, 27);
  #policy: Policy = { version: 1, limits: {} };
  #founding: Founding = { version: 0, asked: new Set(), told: new Set() };
  /** Whether a team's budget was taken away. */
  #isRemoved = false;
  #ids = 0;

  constructor(user: UserDecider, budget: BudgetDecider, seed: number, faults: Faults) {
    this.#random = randomOf(seed);
    this.#faults = faults;
    const clock = () => this.#time;
    for (const [index, team] of ["red", "red", "blue", undefined].entries()) {
      this.#users.push({ actor: new Actor(`u${index}`, user, clock), team });
    }
    for (const name of ["org", "red", "blue"]) {
      this.#nodes.set(name, new Actor(name, budget, clock));
      // Some budgets come only later: then they count what was spent before.
      const isLate = this.#random.int(3) === 0;
      this.#policy.limits[name] = isLate ? undefined : 200 + this.#random.int(1_500);
    }
    this.#raiseHigh();
  }

  run(steps: number): void {
    const actions: readonly (() => void)[] = [
      ...Array.from({ length: 10 }, () => () => this.#ask()),
      ...Array.from({ length: 6 }, () => () => this.#settle()),
      ...Array.from({ length: 30 }, () => () => this.#deliver()),
      ...Array.from({ length: 3 }, () => () => this.#pass()),
      () => this.#expire(),
      () => this.#idle(),
      () => this.#crash(),
      () => this.#crash(),
      () => this.#recall(),
      () => this.#recall(),
      () => this.#edit(),
      () => this.#found(),
      () => this.#found(),
      () => this.#found(),
      () => this.#move(),
      () => this.#release(),
    ];
    for (let step = 0; step < steps; step++) {
      this.#random.pick(actions)();
      this.#check();
    }
    this.#settleAll();
    this.#check();
    this.#quiet();
  }

  // Messages ------------------------------------------------------------------------------------

  #send(deliver: () => void): void {
    const { int } = this.#random;
    if (int(100) < this.#faults.loss) return;
    const copies = int(100) < this.#faults.twice ? 2 : 1;
    for (let copy = 0; copy < copies; copy++) {
      this.#wire.push({ deliver, dueAt: this.#time + int(5_000) });
    }
  }

  /** Any message may be the next. */
  #deliver(): void {
    if (this.#wire.length === 0) return;
    const [message] = this.#wire.splice(this.#random.int(this.#wire.length), 1);
    message?.deliver();
  }

  #nodeOf(lease: LeaseRefData): Node {
    const name = lease.scope === "organisation" ? "org" : lease.scope.slice(5);
    return this.#nodes.get(name) as Node;
  }

  #terms(name: string): LimitTerms {
    const scope = name === "org" ? "organisation" : `team:${name}`;
    const { version, limits } = this.#policy;
    const limitNanos = limits[name] ?? 0;
    const terms = { budget: `b-${name}`, scope, version, limitNanos, thresholds: [0.5, 1] };
    return name === "org" || !this.#has("org") ? terms : { ...terms, parent: "b-org" };
  }

  #has(name: string): boolean {
    return this.#policy.limits[name] !== undefined;
  }

  #budgetOf(name: string, at = this.#time): BudgetData {
    const { budget, scope, limitNanos, thresholds } = this.#terms(name);
    const month = new Date(at).getUTCMonth();
    return {
      name: budget,
      scope,
      period: "month",
      periodKey: `2026-${month + 1}-01`,
      limitNanos,
      startsAt: Date.UTC(2026, month, 1),
      resetsAt: Date.UTC(2026, month + 1, 1),
      thresholds: [...thresholds],
      atLimit: "block",
      whole: true,
    };
  }

  // Users ---------------------------------------------------------------------------------------

  #shared(team: string | undefined, at: number): SharedBudgetData[] {
    const org = this.#has("org") ? this.#budgetOf("org", at) : undefined;
    if (team === undefined || !this.#has(team)) return org === undefined ? [] : [org];
    const own = this.#budgetOf(team, at);
    return [org === undefined ? own : { ...own, parent: org }];
  }

  #ask(): void {
    const { int, pick } = this.#random;
    const { actor, team } = pick(this.#users);
    const old = int(12) === 0 ? this.#spent.at(-1 - int(5)) : undefined;
    const id = old?.user === actor ? old.id : `r${this.#ids++}`;
    const shared = this.#shared(team, actor.now);
    const cost = int(8) === 0 ? 0 : 1 + int(60);
    const deadlineAt = actor.now + pick([20_000, 600_000]);
    const request = requestOf(id, {
      policyVersion: this.#policy.version,
      bound: boundOf(1, cost),
      shared,
      deadlineAt,
      ...(team === undefined ? {} : { team }),
    });
    const [budget] = shared;
    const { periodKey } = this.#budgetOf("org", actor.now);
    const before = budget === undefined ? Infinity : spendable(leaseOf(actor.state, refOf(budget)));
    const facts = actor.execute({ type: "admit", at: 0, request });
    if (facts.some(({ type }) => type === "RequestAdmitted")) {
      if (old?.user === actor) throw new Violation(`I8 ${id} was admitted twice`);
      if (cost > before) throw new Violation(`I1 ${id} took ${cost} of a credit of ${before}`);
      const nodes = team === undefined ? ["org"] : [team, "org"];
      this.#spent.push({
        id,
        user: actor,
        nodes: nodes.map((node) => `${node} ${periodKey}`),
        held: cost,
        deadlineAt,
        trueNanos: undefined,
        told: false,
        ended: "open",
        bookedNanos: cost,
      });
      if (cost > 0) for (const node of nodes) this.#checkLimit(node, periodKey);
      return;
    }
    if (budget !== undefined) this.#renew(actor, budget, cost);
  }

  /** As the shell does: credit that may not be spent goes back before new credit is asked for. */
  #renew(user: User, budget: SharedBudgetData, needNanos: number): void {
    const lease = refOf(budget);
    if (!user.state.leases.has(leaseKey(lease)) && budget.scope !== "organisation") {
      this.#open(user, budget);
    }
    const held = leaseOf(user.state, lease);
    if (held.recalled && creditOf(held) > 0) {
      user.execute({ type: "return-lease", at: 0, lease, grantedNanos: held.grantedNanos });
    }
    const totals = totalsOf(leaseOf(user.state, lease));
    const name = budget.scope === "organisation" ? "org" : budget.scope.slice(5);
    const { seq } = user.state;
    const terms = { ...this.#terms(name) };
    const node = this.#nodeOf(lease);
    const command = {
      type: "renew" as const,
      at: 0,
      child: user.name,
      lease,
      terms,
      seq,
      totals,
      needNanos,
      demandNanos: needNanos * (1 + this.#random.int(3)),
    };
    this.#send(() => {
      this.#grant(node, command);
      const granted = accountOf(node.state, lease).children.get(user.name)?.grantedNanos ?? 0;
      this.#send(() =>
        user.execute({ type: "lease-granted", at: 0, granted: { lease, grantedNanos: granted } }),
      );
    });
  }

  #grant(node: Node, command: Extract<BudgetCommand, { type: "renew" }>): void {
    const facts = node.execute(command);
    const account = accountOf(node.state, command.lease);
    if (facts.some(({ type }) => type === "CreditGranted")) {
      const { limitNanos } = node.state;
      if (account.outstandingNanos > limitNanos) {
        throw new Violation(`I2 ${node.name}: ${account.outstandingNanos} out of ${limitNanos}`);
      }
      return;
    }
    // Short: a team asks the organisation, for what is missing.
    const isChild = node.state.parent !== undefined;
    if (isChild) this.#renewNode(node, command.lease, command.needNanos - ownSpare(account));
  }

  #renewNode(node: Node, lease: LeaseRefData, missing: number): void {
    if (missing <= 0 || !this.#has("org")) return;
    const org = this.#nodes.get("org") as Node;
    const up = upOf(lease);
    const before = accountOf(node.state, lease);
    if (before.own.recalled) {
      node.execute({ type: "return-own", at: 0, lease, grantedNanos: before.own.grantedNanos });
    }
    const account = accountOf(node.state, lease);
    const command = {
      type: "renew" as const,
      at: 0,
      child: node.name,
      lease: up,
      terms: this.#terms("org"),
      seq: node.state.seq,
      totals: nodeTotals(account),
      needNanos: missing,
      demandNanos: missing,
    };
    this.#send(() => {
      this.#grant(org, command);
      const granted = accountOf(org.state, up).children.get(node.name)?.grantedNanos ?? 0;
      this.#send(() =>
        node.execute({ type: "lease-granted", at: 0, lease, grantedNanos: granted, freeNanos: 0 }),
      );
    });
  }

  #settle(): void {
    const { int, pick } = this.#random;
    if (this.#spent.length === 0) return;
    const spent = pick(this.#spent.slice(-30));
    spent.trueNanos ??= int(spent.held + 1);
    // The provider has charged; its settlement may be lost, and be told again.
    if (int(4) === 0) return;
    this.#tell(spent);
  }

  #tell(spent: Spent): void {
    const { user, id, trueNanos = 0 } = spent;
    const settlement = settlementOf(id, trueNanos);
    const facts = user.execute({ type: "settle", at: 0, settlement });
    const booked = facts.some(
      ({ type }) => type === "RequestSettled" || type === "ExpiryCorrected",
    );
    const counts = spent.ended === "open" || (spent.ended === "expired" && !spent.told);
    if (booked && !counts) throw new Violation(`I8 ${id} settled twice`);
    if (booked) {
      spent.ended = spent.ended === "open" ? "settled" : "corrected";
      spent.bookedNanos = trueNanos;
      spent.told = true;
    }
  }

  #release(): void {
    const open = this.#spent.filter((one) => one.ended === "open" && one.trueNanos === undefined);
    if (open.length === 0) return;
    const spent = this.#random.pick(open);
    spent.user.execute({ type: "release", at: 0, requestId: spent.id, reason: "r" });
    spent.ended = "released";
    spent.bookedNanos = 0;
    spent.trueNanos = 0;
    spent.told = true;
  }

  #expire(): void {
    for (const { actor } of this.#users) actor.execute({ type: "expire", at: 0 });
    for (const spent of this.#spent) {
      if (spent.ended === "open" && spent.deadlineAt <= spent.user.now) spent.ended = "expired";
    }
  }

  /** Unused credit goes back: durably here first, then told. */
  #idle(): void {
    const { actor } = this.#random.pick(this.#users);
    for (const fact of actor.execute({ type: "return-idle", at: 0 })) {
      if (fact.type === "LeaseReturned") this.#report(actor, fact.data.lease);
    }
    for (const name of ["red", "blue"]) {
      const node = this.#nodes.get(name) as Node;
      const account = [...node.state.accounts.values()].at(-1);
      if (account === undefined || this.#random.int(3) > 0) continue;
      const { lease, own } = account;
      node.execute({ type: "return-own", at: 0, lease, grantedNanos: own.grantedNanos });
      const up = upOf(lease);
      const totals = nodeTotals(accountOf(node.state, lease));
      const org = this.#nodes.get("org") as Node;
      this.#send(() => org.execute({ type: "report", at: 0, child: node.name, lease: up, totals }));
    }
  }

  #report(user: User, lease: LeaseRefData, recall?: number): void {
    const totals = totalsOf(leaseOf(user.state, lease));
    const node = this.#nodeOf(lease);
    this.#send(() =>
      node.execute({ type: "report", at: 0, child: user.name, lease, totals, recall }),
    );
  }

  // Recalls -------------------------------------------------------------------------------------

  /** Every node asks again those who have not answered; now and then, for idle credit only. */
  #recall(): void {
    const { int } = this.#random;
    for (const node of this.#nodes.values()) {
      for (const account of node.state.accounts.values()) {
        const waits = new Set(unanswered(account));
        for (const [name, child] of account.children) {
          const recall = waits.has(name) ? account.recall : undefined;
          if (recall === undefined && (int(6) > 0 || outOf(child) === 0)) continue;
          this.#call(node, account.lease, name, child.grantedNanos, recall);
        }
      }
    }
  }

  #call(
    node: Node,
    lease: LeaseRefData,
    child: string,
    grantedNanos: number,
    recall: number | undefined,
  ): void {
    const user = this.#users.find(({ actor }) => actor.name === child)?.actor;
    if (user !== undefined) {
      this.#send(() => {
        user.execute({ type: "return-lease", at: 0, lease, grantedNanos, recall });
        this.#report(user, lease, recall);
      });
      return;
    }
    const team = this.#nodes.get(child) as Node;
    const own: LeaseRefData = { ...lease, budget: `b-${child}`, scope: `team:${child}` };
    this.#send(() => {
      if (recall !== undefined) {
        team.execute({ type: "recall", at: 0, lease: own, parentRecall: recall });
      }
      team.execute({ type: "return-own", at: 0, lease: own, grantedNanos, recall });
      const account = accountOf(team.state, own);
      // The answer to a recall waits until the team's own children have answered.
      if (recall !== undefined && unanswered(account).length > 0) return;
      const totals = nodeTotals(account);
      this.#send(() => node.execute({ type: "report", at: 0, child, lease, totals, recall }));
    });
  }

  // Budgets that begin to count -------------------------------------------------------------------

  #open(user: User, { parent, ...budget }: SharedBudgetData, whole = true): void {
    const { version } = this.#policy;
    const { startsAt = 0 } = budget;
    const own = { lease: refOf(budget), startsAt, parent: parent?.name, whole };
    const below = ["red", "blue"].filter((name) => this.#has(name)).map((name) => `b-${name}`);
    const opening = budget.scope === "organisation" ? { ...own, below } : own;
    user.execute({ type: "open-lease", at: 0, opening, version });
  }

  /** As the policy actor does: tell the nodes, ask everybody, and only then call them whole. */
  #found(): void {
    const { version } = this.#policy;
    if (this.#founding.version !== version) {
      this.#founding = { version, asked: new Set(), told: new Set() };
    }
    const { asked, told } = this.#founding;
    const names = ["red", "blue", "org"].filter((name) => this.#has(name));
    for (const name of names) this.#tellNode(name, told);
    const stateOf = (name: string) => (this.#nodes.get(name) as Node).state;
    if (names.some((name) => stateOf(name).version < version || !told.has(name))) return;
    const lacking = names.filter((name) => stateOf(name).countedVersion < version);
    if (lacking.length === 0) return;
    const below = lacking.includes("org") ? names : lacking;
    for (const { actor } of this.#users) {
      if (!asked.has(actor.name)) this.#askPast(actor, [...new Set(below)], lacking, asked);
    }
    if (this.#users.some(({ actor }) => !asked.has(actor.name))) return;
    const open = lacking.some((name) => name !== "org")
      ? lacking.filter((name) => name !== "org")
      : lacking;
    for (const name of open) {
      const node = this.#nodes.get(name) as Node;
      const last = new Set<string>();
      this.#tellNode(name, last, () => node.execute({ type: "count-past", at: 0, version }));
    }
  }

  /** Tells a node its terms, and has it tell its parent what is out there already. */
  #tellNode(name: string, told: Set<string>, then = () => {}): void {
    const node = this.#nodes.get(name) as Node;
    const org = this.#nodes.get("org") as Node;
    const terms = this.#terms(name);
    const done = () => {
      told.add(name);
      then();
    };
    this.#send(() => {
      node.execute({ type: "set-limit", at: 0, terms });
      const account = [...node.state.accounts.values()].at(-1);
      if (account === undefined || terms.parent === undefined) return done();
      const { lease } = account;
      node.execute({ type: "open-own", at: 0, lease });
      const after = accountOf(node.state, lease);
      if (after.own.pastNanos === 0) return done();
      const report = { type: "report" as const, at: 0, child: name, lease: upOf(lease) };
      const totals = nodeTotals(after);
      return this.#send(() => {
        org.execute({ ...report, totals });
        done();
      });
    });
  }

  #askPast(user: User, names: readonly string[], lacking: readonly string[], asked: Set<string>) {
    const org = this.#has("org") ? this.#budgetOf("org", user.now) : undefined;
    const budgets = names.map((name) => {
      const budget = this.#budgetOf(name, user.now);
      const whole = lacking.includes(name);
      return { budget: name === "org" || !org ? budget : { ...budget, parent: org }, whole };
    });
    this.#send(() => {
      for (const { budget, whole } of budgets) this.#open(user, budget, whole);
      const leases = budgets.map(({ budget }) => refOf(budget));
      const known = leases.filter((lease) => user.state.leases.has(leaseKey(lease)));
      const rest = new Set(known);
      if (rest.size === 0) asked.add(user.name);
      for (const lease of known) {
        const totals = totalsOf(leaseOf(user.state, lease));
        this.#send(() => {
          const report = { type: "report" as const, at: 0, child: user.name };
          this.#nodeOf(lease).execute({ ...report, lease, totals });
          rest.delete(lease);
          if (rest.size === 0) asked.add(user.name);
        });
      }
    });
  }

  // Time, policy, crashes ---------------------------------------------------------------------------

  #pass(): void {
    const { int, pick } = this.#random;
    this.#time += pick([int(50), int(2_000), int(60_000), int(11 * 60_000)]);
    if (int(60) === 0) this.#time += 12 * 3_600_000;
    if (int(15) === 0) this.#time -= int(10_000);
    this.#raiseHigh();
  }

  #crash(): void {
    this.#random
      .pick<{ crash(): void }>([...this.#users.map(({ actor }) => actor), ...this.#nodes.values()])
      .crash();
  }

  #edit(): void {
    const { int, pick } = this.#random;
    if (int(3) > 0) return;
    const name = pick(["org", "red", "blue"]);
    const isGone = this.#random.int(6) === 0;
    if (isGone && name !== "org") this.#isRemoved = true;
    const limits = { ...this.#policy.limits, [name]: isGone ? undefined : int(1_700) };
    this.#policy = { version: this.#policy.version + 1, limits };
    this.#raiseHigh();
    this.#found();
  }

  #move(): void {
    const { int, pick } = this.#random;
    const member = this.#users[int(this.#users.length)];
    if (member !== undefined && int(4) === 0) member.team = pick(["red", "blue", undefined]);
  }

  /** A period that began stays open to late messages, so a raise counts for it too. */
  #raiseHigh(): void {
    for (const name of ["org", "red", "blue"]) {
      const limitNanos = this.#has(name) ? this.#terms(name).limitNanos : Infinity;
      const current = `${name} ${this.#budgetOf(name).periodKey}`;
      const keys = [...this.#high.keys()].filter((key) => key.startsWith(`${name} `));
      for (const key of new Set([...keys, current])) {
        this.#high.set(key, Math.max(this.#high.get(key) ?? 0, limitNanos));
      }
    }
  }

  // Invariants ----------------------------------------------------------------------------------

  #check(): void {
    for (const { actor } of this.#users) {
      for (const lease of actor.state.leases.values()) {
        if (creditOf(lease) < 0) throw new Violation(`I1 ${actor.name}: negative credit`);
        const parent = accountOf(this.#nodeOf(lease.ref).state, lease.ref);
        const child = parent.children.get(actor.name);
        if (lease.grantedNanos > (child?.grantedNanos ?? 0)) {
          throw new Violation(`I3 ${actor.name} knows of more than was granted`);
        }
        if ((child?.returnedNanos ?? 0) > lease.returnedNanos) {
          throw new Violation(`I3 ${actor.name} returned less than its node believes`);
        }
      }
    }
    for (const node of this.#nodes.values()) this.#checkNode(node);
    this.#checkTruth();
  }

  #checkNode(node: Node): void {
    for (const account of node.state.accounts.values()) {
      const { lease, outstandingNanos, own, children } = account;
      const key = `${node.name} ${lease.periodKey}`;
      const high = this.#high.get(key) ?? 0;
      const sum = [...children.values()].reduce((total, child) => total + outOf(child), 0);
      if (sum !== outstandingNanos) throw new Violation(`I7 ${key}: sum of leases`);
      // A past that is told is what was spent, and for a while more than that.
      const told = [...children.values()].some(({ pastNanos }) => pastNanos > 0);
      if (outstandingNanos > high && !told) {
        throw new Violation(`I2 ${key}: ${outstandingNanos} is out, the limit was ${high} at most`);
      }
      if (node.state.parent !== undefined) {
        if (ownSpare(account) < 0 && this.#isWhole(node) && this.#isWhole("org"))
          throw new Violation(`I1 ${key}: passed on more than it has`);
        const org = accountOf((this.#nodes.get("org") as Node).state, upOf(lease));
        const child = org.children.get(node.name);
        if (own.grantedNanos > (child?.grantedNanos ?? 0)) throw new Violation(`I3 ${key}`);
        if ((child?.returnedNanos ?? 0) > own.returnedNanos) throw new Violation(`I3 ${key} back`);
      }
      this.#checkEffective(node);
    }
  }

  /** Whether a node knows all that was spent, under the newest policy. */
  #isWhole(of: Node | string): boolean {
    const { name, state } = typeof of === "string" ? (this.#nodes.get(of) as Node) : of;
    return this.#has(name) && state.countedVersion === this.#policy.version;
  }

  /** Nothing is admitted above an effective limit, whatever was spent before the budget was made. */
  #checkLimit(name: string, periodKey: string): void {
    const { state } = this.#nodes.get(name) as Node;
    const { version } = this.#policy;
    if (!this.#has(name) || state.effectiveVersion !== version) return;
    const key = `${name} ${periodKey}`;
    const booked = this.#spent.filter(({ nodes }) => nodes.includes(key));
    const sum = booked.reduce((total, { bookedNanos }) => total + bookedNanos, 0);
    if (sum > state.limitNanos) {
      throw new Violation(`${key}: ${sum} after ${state.limitNanos} was effective`);
    }
  }

  /** After a limit is effective nobody can spend above it. */
  #checkEffective(node: Node): void {
    const { state } = node;
    if (state.effectiveVersion < state.version) return;
    for (const account of state.accounts.values()) {
      const { lease, outstandingNanos, children } = account;
      const told = [...children.values()].some(({ pastNanos }) => pastNanos > 0);
      // What was told since is being called back.
      if (told && unanswered(account).length > 0) continue;
      if (outstandingNanos <= state.limitNanos) continue;
      for (const { actor } of this.#users) {
        const under = [...actor.state.leases.values()].filter(
          ({ ref }) =>
            ref.periodKey === lease.periodKey && ref.scope === lease.scope && !isChild(ref, node),
        );
        if (under.some((one) => spendable(one) > 0)) {
          throw new Violation(`${actor.name} can spend above ${node.name}'s effective limit`);
        }
      }
    }
  }

  /** I4 and I5: against true costs, which the actors do not know. */
  #checkTruth(): void {
    const [truth, booked] = [new Map<string, number>(), new Map<string, number>()];
    for (const spent of this.#spent) {
      for (const node of spent.nodes) {
        truth.set(node, (truth.get(node) ?? 0) + (spent.trueNanos ?? 0));
        booked.set(node, (booked.get(node) ?? 0) + spent.bookedNanos);
      }
    }
    for (const [key, nanos] of booked) {
      if (nanos > (this.#high.get(key) ?? 0)) throw new Violation(`I4 ${key}: ${nanos} booked`);
      if ((truth.get(key) ?? 0) > nanos) throw new Violation(`I5 ${key}: truth is above the books`);
      const [name = ""] = key.split(" ");
      if (!this.#isWhole(name)) continue;
      const believed = this.#believed(key);
      // What a budget that is gone has passed on may be counted by the one above it again.
      if (believed > nanos && name === "org" && this.#isRemoved) continue;
      if (believed !== nanos) throw new Violation(`I5 ${key}: ${believed} believed, ${nanos} true`);
    }
  }

  /** Used and held under a node, as the users' states say. */
  #believed(key: string): number {
    const [name = "", periodKey] = key.split(" ");
    let sum = 0;
    for (const { actor } of this.#users) {
      for (const lease of actor.state.leases.values()) {
        const { ref, usedNanos, heldNanos, parent, prepaidNanos = 0 } = lease;
        if (ref.periodKey !== periodKey) continue;
        if (ref.scope === (name === "org" ? "organisation" : `team:${name}`)) {
          sum += usedNanos + heldNanos;
        } else if (name === "org" && parent === "b-org") {
          sum += usedNanos + heldNanos - prepaidNanos - this.#twice(actor, lease);
        }
      }
    }
    return sum;
  }

  /** Open or unverified, and under both a team's budget and the organisation's: counted twice. */
  #twice({ state }: User, { ref }: Lease): number {
    const both = [leaseKey(ref), leaseKey(upOf(ref))];
    const open = [...state.holds.values(), ...[...state.expired.values()].map(({ hold }) => hold)];
    return open
      .filter(({ leases = [] }) => both.every((key) => leases.includes(key)))
      .reduce((sum, { costNanos }) => sum + costNanos, 0);
  }

  #allTwice({ periodKey }: LeaseRefData): number {
    const leases = this.#users.flatMap(({ actor }) =>
      [...actor.state.leases.values()].map((lease) => ({ actor, lease })),
    );
    return leases
      .filter(({ lease }) => lease.ref.periodKey === periodKey && lease.parent === "b-org")
      .reduce((sum, { actor, lease }) => sum + this.#twice(actor, lease), 0);
  }

  /** Everything ends: settlements that were told, expiries for the rest. */
  #settleAll(): void {
    for (const spent of this.#spent)
      if (spent.ended === "open" && this.#random.int(2) === 0) {
        spent.trueNanos ??= this.#random.int(spent.held + 1);
        this.#tell(spent);
      }
    this.#time += DAY;
    this.#expire();
    for (const spent of this.#spent) {
      if (spent.ended === "expired" && this.#random.int(2) === 0) {
        spent.trueNanos ??= this.#random.int(spent.held + 1);
        if (this.#time - spent.deadlineAt < LATE - DAY) this.#tell(spent);
      }
    }
  }

  /** I6: once everything is returned and told, what is out is what was used. Nothing leaks. */
  #quiet(): void {
    this.#wire = [];
    this.#faults.loss = 0;
    this.#faults.twice = 0;
    for (let round = 0; round < 12; round++) {
      for (const node of this.#nodes.values()) {
        for (const account of node.state.accounts.values()) {
          for (const [name, child] of account.children) {
            const recall = unanswered(account).includes(name) ? account.recall : undefined;
            this.#call(node, account.lease, name, child.grantedNanos, recall);
          }
        }
      }
      this.#found();
      while (this.#wire.length > 0) this.#deliver();
    }
    this.#check();
    for (const node of this.#nodes.values()) {
      if (!this.#has(node.name)) continue;
      for (const { lease, outstandingNanos } of node.state.accounts.values()) {
        const key = `${node.name} ${lease.periodKey}`;
        const used = this.#spent
          .filter(({ nodes }) => nodes.includes(key))
          .reduce((sum, { bookedNanos }) => sum + bookedNanos, 0);
        const twice = node.name === "org" ? this.#allTwice(lease) : 0;
        if (outstandingNanos >= used && node.name === "org" && this.#isRemoved) continue;
        if (outstandingNanos !== used + twice) {
          throw new Violation(`I6 ${key}: ${outstandingNanos} is out, ${used} was used`);
        }
      }
      if (node.state.version >= 0 && node.state.effectiveVersion < node.state.version) {
        throw new Violation(`${node.name}: a limit never became effective`);
      }
    }
  }

  get admissions(): number {
    return this.#spent.length;
  }
}

function isChild(ref: LeaseRefData, node: Node): boolean {
  return node.name === "org" ? ref.scope !== "organisation" : ref.scope !== `team:${node.name}`;
}

function refOf({ name, scope, period, periodKey, resetsAt }: BudgetData): LeaseRefData {
  return { budget: name, scope, period, periodKey, resetsAt };
}

function upOf(lease: LeaseRefData): LeaseRefData {
  return { ...lease, budget: "b-org", scope: "organisation" };
}

/** Runs one tree; the first violation and how many were admitted. */
export function simulateTree(
  user: UserDecider,
  budget: BudgetDecider,
  seed: number,
  steps = 400,
): { violation: string | undefined; admissions: number } {
  const tree = new Tree(user, budget, seed, { loss: 25, twice: 20 });
  try {
    tree.run(steps);
    return { violation: undefined, admissions: tree.admissions };
  } catch (error) {
    if (error instanceof Violation) {
      return { violation: error.message, admissions: tree.admissions };
    }
    throw error;
  }
}
