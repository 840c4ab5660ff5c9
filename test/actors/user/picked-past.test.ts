/**
 * Shared budgets that pick some requests and come, change or go: what they count, against a list of
 * requests that is filtered and summed by hand.
 */
import { describe, expect, test } from "vitest";
import { inOrder, type LeaseOpening } from "#actors/user/lease-past.ts";
import { creditOf, leaseKey, leaseOf, leaseRefOf } from "#actors/user/leases.ts";
import { asRead, isUnread, openingsToRead } from "#actors/user/picked-past.ts";
import { PickedScan } from "#actors/user/picked-scan.ts";
import type { RequestData } from "#actors/user/state.ts";
import { userDecider } from "#actors/user/decider.ts";
import type { EventEnvelope } from "#events/envelope.ts";
import type { SharedBudgetData } from "#events/user-events.ts";
import type { PolicyWhen } from "#policy/document.ts";
import { randomOf } from "../budget/tree-simulator.ts";
import { boundOf, budgetOf, requestOf, Run, START } from "./fixtures.ts";

const runs = Number(process.env["PICKED_RUNS"] ?? 300);
const first = Number(process.env["PICKED_SEED"] ?? 20261122);
const minuteMs = 60_000;
const before = Date.UTC(2026, 9, 31, 23);
const begun = Date.UTC(2026, 10, 1);

interface Asked {
  id: string;
  at: number;
  team: string | undefined;
  route: string | undefined;
  model: string;
  /** What it holds, and then what it cost. */
  nanos: number;
  ended: "no" | "yes" | "expired";
  deadlineAt: number;
}

interface Rule {
  scope: string;
  when: PolicyWhen;
  since: number;
  parent: boolean;
}

/** One principal, whose organisation's policy changes. */
class Life {
  readonly random: ReturnType<typeof randomOf>;
  readonly run = new Run();
  readonly asked: Asked[] = [];
  at = before;
  version = 1;
  rule: Rule | undefined;
  hasOrg = false;
  edits = 0;
  #ids = 0;

  constructor(seed: number) {
    this.random = randomOf(seed);
  }

  get org(): SharedBudgetData {
    return { ...budgetOf({ name: "org", scope: "organisation", whole: true }) };
  }

  get own(): SharedBudgetData | undefined {
    if (this.rule === undefined) return undefined;
    const { scope, since, parent } = this.rule;
    const own = budgetOf({ name: "some", scope, whole: false, since });
    return parent ? { ...own, parent: this.org } : own;
  }

  picks({ team, route, model }: Omit<Asked, "ended">): boolean {
    const { scope, when } = this.rule ?? {};
    const own = { organisation: true, "team:red": team === "red", "route:r": route === "r" };
    const isIn = own[scope as keyof typeof own];
    const isModel =
      when?.models === undefined || model.startsWith(when.models[0]?.slice(0, 3) ?? "");
    const isTeam = when?.teams === undefined || when.teams.includes(team ?? "");
    return isIn && isModel && isTeam && when?.members === undefined;
  }

  /** As the actor does: reads its stream for what is unread, then takes over what it lacks. */
  open(openings: readonly LeaseOpening[]): void {
    const { run, at, version } = this;
    const unread = openings.filter(
      (one) => one.when !== undefined && isUnread(leaseOf(run.state, one.lease), one),
    );
    const scan = unread.length > 0 ? new PickedScan(unread) : undefined;
    for (const [index, { at: when, fact }] of scan ? run.run.facts.entries() : []) {
      if (scan === undefined || when < scan.from) continue;
      scan.take({ ...fact, at: when, seq: index + 1 } as unknown as EventEnvelope);
    }
    const rest = openings.map((one) => (one.when === undefined ? one : asRead(one)));
    for (const opening of [...inOrder(scan?.found() ?? []), ...inOrder(rest)]) {
      run.run.execute({ type: "open-lease", at, opening, version }, at);
    }
  }

  /** As the policy actor does for everybody once a version is in force. */
  found(): void {
    const openings: LeaseOpening[] = [];
    const { own, rule } = this;
    if (own !== undefined && rule !== undefined) {
      const { when, since } = rule;
      const parent = own.parent?.name;
      const opening = { lease: leaseRefOf(own), startsAt: begun, parent, whole: false };
      openings.push({ ...opening, when, since });
    }
    if (this.hasOrg) {
      const below = rule?.parent === true ? ["some"] : [];
      openings.push({ lease: leaseRefOf(this.org), startsAt: begun, whole: true, below });
    }
    this.open(openings);
  }

  edit(rule: Omit<Rule, "since"> | undefined, hasOrg = this.hasOrg): void {
    this.version += 1;
    this.edits += 1;
    this.hasOrg = hasOrg;
    this.rule = rule && { ...rule, since: Math.max(this.at, begun) + 1 };
    this.at = Math.max(this.at, begun) + 1;
  }

  ask(): void {
    const { int, pick } = this.random;
    const id = `r${this.#ids++}`;
    const team = pick(["red", "red", "blue", undefined]);
    const own = { team, route: pick(["r", undefined]), model: pick(["big", "small"]) };
    const deadlineAt = this.at + pick([5, 60]) * minuteMs;
    const asked: Asked = { id, at: this.at, ...own, nanos: int(90), ended: "no", deadlineAt };
    const shared: SharedBudgetData[] = [];
    const isPicked = this.own !== undefined && this.picks(asked);
    if (isPicked && this.own) shared.push(this.own);
    if (this.hasOrg && !(isPicked && this.rule?.parent)) shared.push(this.org);
    const request = requestOf(id, {
      ...(team === undefined ? {} : { team }),
      ...(own.route === undefined ? {} : { route: { name: own.route } }),
      model: own.model,
      policyVersion: this.version,
      bound: boundOf(1, asked.nanos),
      deadlineAt,
      ...(shared.length === 0 ? {} : { shared }),
    });
    if (this.rule !== undefined) {
      this.open(openingsToRead(this.run.state, request, { budgets: { some: this.rule.when } }));
    }
    for (const budget of shared) this.#fund(budget);
    const facts = this.run.admit(this.at, request);
    expect(facts[0]?.type).toBe("RequestAdmitted");
    this.asked.push(asked);
  }

  #fund(budget: SharedBudgetData): void {
    const lease = leaseOf(this.run.state, leaseRefOf(budget));
    const granted = { lease: lease.ref, grantedNanos: lease.grantedNanos + 1_000 };
    this.run.run.execute({ type: "lease-granted", at: this.at, granted }, this.at);
  }

  end(): void {
    const { int, pick } = this.random;
    const open = this.asked.filter(({ ended }) => ended !== "yes");
    if (open.length === 0) return;
    const asked = pick(open.slice(-12));
    if (asked.ended === "no" && int(5) === 0) {
      this.run.release(this.at, asked.id);
      asked.nanos = 0;
    } else {
      asked.nanos = int(asked.nanos + 1);
      this.run.settle(this.at, asked.id, asked.nanos);
    }
    asked.ended = "yes";
  }

  extend(): void {
    const asked = this.random.pick(this.asked.filter(({ ended }) => ended === "no"));
    if (asked === undefined) return;
    const nanos = asked.nanos + this.random.int(40);
    const deadlineAt = this.at + 60 * minuteMs;
    const facts = this.run.extend(this.at, asked.id, deadlineAt, nanos);
    // One that no lease has credit for is refused.
    if (facts.length > 0) Object.assign(asked, { nanos, deadlineAt });
  }

  pass(): void {
    this.at += this.random.int(20 * minuteMs);
    this.run.expire(this.at);
    for (const asked of this.asked) {
      if (asked.ended === "no" && asked.deadlineAt <= this.at) asked.ended = "expired";
    }
  }

  step(): void {
    const { pick } = this.random;
    pick([
      () => this.ask(),
      () => this.ask(),
      () => this.ask(),
      () => this.end(),
      () => this.end(),
      () => this.pass(),
      () => this.extend(),
    ])();
  }

  sum(counts: (asked: Asked) => boolean): number {
    const counted = this.asked.filter((asked) => asked.at >= begun && counts(asked));
    return counted.reduce((sum, { nanos }) => sum + nanos, 0);
  }

  counted(budget: SharedBudgetData): number {
    const { usedNanos, heldNanos } = leaseOf(this.run.state, leaseRefOf(budget));
    return usedNanos + heldNanos;
  }

  /** What the organisation counts: by its own lease, and through the budget that is part of it. */
  get believed(): number {
    const { own, org, run } = this;
    if (own?.parent === undefined) return this.counted(org);
    const lease = leaseOf(run.state, leaseRefOf(own));
    const both = [leaseKey(lease.ref), leaseKey(leaseRefOf(org))];
    const expired = [...run.state.expired.values()].map(({ hold }) => hold);
    const twice = [...run.state.holds.values(), ...expired]
      .filter(({ leases = [] }) => both.every((key) => leases.includes(key)))
      .reduce((sum, { costNanos }) => sum + costNanos, 0);
    return this.counted(org) + this.counted(own) - (lease.prepaidNanos ?? 0) - twice;
  }

  check(seed: number): void {
    const { state } = this.run;
    for (const lease of state.leases.values()) {
      expect(creditOf(lease), `credit, seed ${seed}`).toBeGreaterThanOrEqual(0);
    }
    const json = JSON.parse(JSON.stringify(userDecider.toSnapshot(state))) as unknown;
    expect(userDecider.fromSnapshot(json)).toEqual(state);
  }
}

const whens: readonly PolicyWhen[] = [
  { models: ["big*"] },
  { models: ["small"] },
  { members: [] },
  { models: ["small"], teams: ["red", "blue"] },
];

test("what a shared budget counts of its past is what it would have counted had it been there", () => {
  console.log(`picked seeds ${first} to ${first + runs - 1}`);
  let checks = 0;
  for (let seed = first; seed < first + runs; seed += 1) {
    const life = new Life(seed);
    const { int, pick } = life.random;
    const scope = pick(["organisation", "team:red", "route:r"]);
    for (let turn = 0; turn < 4; turn += 1) {
      for (let step = int(25); step > 0; step -= 1) life.step();
      life.edit(int(5) === 0 ? undefined : { scope, when: pick(whens), parent: false });
      for (let step = int(8); step > 0; step -= 1) life.step();
      life.found();
      for (let step = int(8); step >= 0; step -= 1) {
        const { own } = life;
        if (own !== undefined) {
          checks += 1;
          expect(life.counted(own), `seed ${seed}`).toBe(life.sum((asked) => life.picks(asked)));
        }
        life.step();
      }
      life.found();
    }
    life.check(seed);
  }
  expect(checks).toBeGreaterThan(runs * 4);
});

test("one that is part of another counts no less, and new exactly that; nothing of it is lost above", () => {
  let exact = 0;
  for (let seed = first; seed < first + runs; seed += 1) {
    const life = new Life(seed);
    const { int, pick } = life.random;
    const scope = "team:red";
    for (let turn = 0; turn < 4; turn += 1) {
      for (let step = int(25); step > 0; step -= 1) life.step();
      const hasOrg = int(5) > 0;
      const when = pick(whens);
      life.edit(int(5) === 0 ? undefined : { scope, when, parent: hasOrg }, hasOrg);
      for (let step = int(8); step > 0; step -= 1) life.step();
      life.found();
      for (let step = int(8); step >= 0; step -= 1) {
        const { own } = life;
        const truth = life.sum((asked) => life.picks(asked));
        if (own !== undefined) {
          expect(life.counted(own), `seed ${seed}`).toBeGreaterThanOrEqual(truth);
          if (life.edits === 1) expect(life.counted(own), `seed ${seed}`).toBe(truth);
        }
        const all = life.sum(() => true);
        if (hasOrg) expect(life.believed, `seed ${seed}`).toBeGreaterThanOrEqual(all);
        if (hasOrg && life.edits === 1) {
          exact += 1;
          expect(life.believed, `seed ${seed}`).toBe(all);
        }
        life.step();
      }
    }
    life.check(seed);
  }
  expect(exact).toBeGreaterThan(runs);
});

function admit(run: Run, id: string, nanos: number, more: Partial<RequestData> = {}): void {
  run.admit(START, requestOf(id, { bound: boundOf(1, nanos), team: "red", ...more }));
}

function red(model: string, nanos: number): Partial<RequestData> {
  return { team: "red", model, bound: boundOf(1, nanos) };
}

function lifeAt(at: number): { life: Life; run: Run } {
  const life = new Life(1);
  life.at = at;
  return { life, run: life.run };
}

describe("a shared budget that picks some requests", () => {
  const big = { models: ["big*"] };
  test("takes a request that is open into account when its parent changes, and no other one", () => {
    const { life: own, run } = lifeAt(START);
    admit(run, "mine", 100, { model: "big-1" });
    admit(run, "other", 40, { model: "small" });
    own.edit({ scope: "team:red", when: big, parent: false });
    own.found();
    own.edit({ scope: "team:red", when: big, parent: true }, true);
    own.found();
    const lease = () => leaseOf(run.state, leaseRefOf(own.own as SharedBudgetData));
    expect(lease()).toMatchObject({ parent: "org", usedNanos: 0, heldNanos: 100 });
    run.settle(START, "other", 25);
    run.settle(START, "mine", 70);
    expect(lease()).toMatchObject({ usedNanos: 70, heldNanos: 0 });
    expect(own.believed).toBe(95);
  });

  test("is corrected by the late truth of a request that expired before it came", () => {
    const { life: own, run } = lifeAt(START);
    admit(run, "late", 100, { model: "big-1", deadlineAt: START + 1 });
    admit(run, "else", 100, { model: "small", deadlineAt: START + 1 });
    run.expire(START + 2);
    own.at = START + 3;
    own.edit({ scope: "team:red", when: big, parent: false });
    own.found();
    expect(own.counted(own.own as SharedBudgetData)).toBe(100);
    run.settle(START + 5, "late", 30);
    run.settle(START + 5, "else", 30);
    expect(own.counted(own.own as SharedBudgetData)).toBe(30);
  });

  test("whose stream is too long to be read starts from all of its scope's", () => {
    const { life: own, run } = lifeAt(START);
    admit(run, "a", 100, { model: "big-1" });
    admit(run, "b", 40, { model: "small" });
    own.edit({ scope: "team:red", when: big, parent: false });
    const { since = 0 } = own.rule ?? {};
    const lease = leaseRefOf(own.own as SharedBudgetData);
    const opening = { lease, startsAt: begun, whole: false, since, when: big };
    run.run.execute({ type: "open-lease", at: own.at, opening, version: 2 }, own.at);
    expect(own.counted(own.own as SharedBudgetData)).toBe(140);
    run.run.execute({ type: "open-lease", at: own.at, opening, version: 2 }, own.at);
    expect(own.counted(own.own as SharedBudgetData)).toBe(140);
  });

  test("leaves what it picks no more to be spent again, and counts it again when it picks it again", () => {
    const { life: own, run } = lifeAt(START);
    own.edit({ scope: "team:red", when: big, parent: false });
    const budget = own.own as SharedBudgetData;
    const granted = { lease: leaseRefOf(budget), grantedNanos: 150 };
    run.run.execute({ type: "lease-granted", at: own.at, granted }, own.at);
    own.found();
    run.admit(own.at, requestOf("a", { ...red("big-1", 100), policyVersion: 2, shared: [budget] }));
    run.settle(own.at, "a", 100);
    own.edit({ scope: "team:red", when: { models: ["small"] }, parent: false });
    own.found();
    const lease = () => leaseOf(run.state, leaseRefOf(budget));
    expect([own.counted(budget), creditOf(lease())]).toEqual([0, 150]);
    own.edit({ scope: "team:red", when: big, parent: true }, true);
    own.found();
    expect(own.counted(budget)).toBe(100);
    expect(own.believed).toBe(100);
  });

  test("that was part of another counts no less once what it counted before costs less", () => {
    const { life: own, run } = lifeAt(START);
    const small = { models: ["small"] };
    admit(run, "open", 100, { model: "big-1" });
    admit(run, "b", 10, { model: "small" });
    for (const when of [big, small]) {
      own.edit({ scope: "team:red", when, parent: true }, true);
      own.found();
    }
    own.edit(undefined);
    run.admit(own.at, requestOf("gap", { ...red("small", 50), policyVersion: own.version }));
    run.settle(own.at, "gap", 50);
    own.edit({ scope: "team:red", when: small, parent: true }, true);
    own.found();
    run.settle(own.at, "open", 0);
    expect(own.counted(own.own as SharedBudgetData)).toBeGreaterThanOrEqual(60);
  });

  test("tells the one above, which picks the same, what that counts already, late truths too", () => {
    const { life: own, run } = lifeAt(START);
    own.hasOrg = true;
    const org = { ...own.org, whole: false, since: 0 };
    const granted = { lease: leaseRefOf(org), grantedNanos: 1_000 };
    run.run.execute({ type: "lease-granted", at: START, granted }, START);
    for (const [id, deadlineAt] of [
      ["a", START + 9],
      ["late", START + 1],
    ] as const) {
      admit(run, id, 100, { model: "big-1", shared: [org], deadlineAt });
    }
    admit(run, "other", 700, { model: "small" });
    run.settle(START, "a", 70);
    run.expire(START + 2);
    own.at = START + 3;
    own.edit({ scope: "team:red", when: big, parent: true });
    const budget = own.own as SharedBudgetData;
    const { since = 0 } = own.rule ?? {};
    const opening = { lease: leaseRefOf(budget), startsAt: begun, whole: false, since, when: big };
    own.open([{ ...opening, parent: "org" }]);
    expect([own.counted(budget), own.believed]).toEqual([170, 170]);
    run.settle(own.at, "late", 20);
    expect([own.counted(budget), own.believed]).toEqual([90, 90]);
  });

  test("counts from its own period's start, whatever others are read with it", () => {
    const { life: own, run } = lifeAt(START);
    const day = { periodKey: "2026-11-16", period: "day" as const, startsAt: START - 1_000 };
    run.admit(START - 2_000, requestOf("a", red("big-1", 5)));
    run.admit(START, requestOf("b", red("big-1", 3)));
    own.edit({ scope: "team:red", when: big, parent: false });
    const openings = [{ startsAt: begun }, day].map(({ startsAt, ...more }): LeaseOpening => {
      const lease = leaseRefOf({ ...(own.own as SharedBudgetData), ...more });
      return { lease, startsAt, whole: false, since: own.at, when: big };
    });
    own.open(openings);
    const counted = openings.map(({ lease }) => leaseOf(run.state, lease).heldNanos);
    expect(counted).toEqual([8, 3]);
  });
});
