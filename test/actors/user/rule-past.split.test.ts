/** Rules that come late to a member whom several actors serve: each tells what it would have counted. */
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { leaseOf, leaseRefOf, totalsOf } from "#actors/user/leases.ts";
import { wordOf } from "#actors/user/shared-rates.ts";
import type { RequestData } from "#actors/user/state.ts";
import { picksFor } from "#policy/picks.ts";
import { boundOf, Run, START } from "./fixtures.ts";
import {
  called,
  first,
  late,
  Ledger,
  planned,
  RULES,
  step,
  type Call,
  type Step,
} from "./late-rules.ts";
import { countPast } from "./past.ts";

/** Three actors of one member, and the oracle that knows all of them. */
class Split {
  readonly runs = [new Run(), new Run(), new Run()];
  readonly ledger = new Ledger();
  at = START - 4 * 3_600_000;

  /** The actor of a request: any, but always the same. */
  #runOf(id: string): Run {
    const run = this.runs[Number(id.slice(1)) % 3];
    if (run === undefined) throw new Error("no such actor");
    return run;
  }

  step({ after, act, call, amount, which }: Step): void {
    this.at += after;
    const { at, ledger } = this;
    const id = ledger.all[which % Math.max(ledger.all.length, 1)]?.id;
    if (act === "admit") {
      const request = planned(`r${ledger.all.length}`, called(call), first());
      this.admit(request, called(call), amount);
    } else if (act === "expire") {
      for (const run of this.runs) run.expire(at);
      ledger.expire(at);
    } else if (id !== undefined && act === "settle") {
      this.#runOf(id).settle(at, id, amount * 2, amount);
      ledger.end(id, "settled", amount, amount * 2);
    } else if (id !== undefined) {
      this.#runOf(id).release(at, id);
      ledger.end(id, "released", 0, 0);
    }
  }

  admit(request: RequestData, call: Call, amount: number): void {
    const { at, ledger } = this;
    const { requestId: id } = request;
    const deadlineAt = at + 40 * 60_000;
    const bound = boundOf(amount, amount * 3);
    this.#runOf(id).admit(at, { ...request, bound, deadlineAt });
    ledger.all.push({ id, at, call, tokens: amount, nanos: amount * 3, deadlineAt });
  }

  /** What all actors say of each rule of a call, as its node hears it. */
  told(request: RequestData): number[] {
    const { at } = this;
    const rates = (request.sharedLimits ?? []).map((limit) => {
      const words = this.runs.map(({ state }) => wordOf(state, limit, at));
      return sum(words.flatMap(({ moments }) => moments.map(({ amount }) => amount)));
    });
    const budgets = (request.shared ?? []).map((budget) => {
      const totals = this.runs.map(({ state }) => totalsOf(leaseOf(state, leaseRefOf(budget))));
      return sum(totals.map(({ usedNanos, heldNanos }) => usedNanos + heldNanos));
    });
    return [...rates, ...budgets];
  }

  exact(call: Call): number[] {
    return (["limits", "concurrency", "budgets"] as const).flatMap((list) =>
      RULES.filter((rule) => rule.list === list).flatMap((rule) =>
        rule.scopes(call).map((scope) => this.ledger.used(rule, scope, this.at)),
      ),
    );
  }

  /** What a node asks of every actor before it grants under a version. */
  open(request: RequestData, picks: ReturnType<typeof picksFor>): void {
    const { at } = this;
    const { policyVersion: version } = request;
    for (const run of this.runs) {
      if (picks !== undefined) countPast(run, request, picks, at);
      for (const limit of request.sharedLimits ?? []) {
        run.run.execute({ type: "open-rate", at, limit, version }, at);
      }
      for (const budget of request.shared ?? []) {
        const { startsAt = 0, since } = budget;
        const opening = {
          lease: leaseRefOf(budget),
          startsAt,
          since,
          parent: undefined,
          whole: false,
        };
        run.run.execute({ type: "open-lease", at, opening, version }, at);
      }
    }
  }
}

function sum(amounts: readonly number[]): number {
  return amounts.reduce((total, amount) => total + amount, 0);
}

test("what the actors of a split member tell of a late rule is what it would have counted", () => {
  const lives = fc.tuple(
    fc.array(step, { maxLength: 40 }),
    fc.array(step, { minLength: 1, maxLength: 15 }),
  );
  const property = fc.property(lives, ([before, after]) => {
    const life = new Split();
    for (const one of before) life.step(one);
    const policy = { ...late(life.at), splits: { alice: { shards: 3, most: 3 } } };
    for (const one of after) {
      life.step({ ...one, act: one.act === "admit" ? "settle" : one.act });
      const call = called(one.call);
      const request = planned("r0", call, policy);
      expect(request.limits).toEqual([]);
      life.open(request, picksFor(policy.document, request, life.at));
      expect(life.told(request)).toEqual(life.exact(call));
    }
    for (const { run, state } of life.runs) expect(run.replayed()).toEqual(state);
  });
  fc.assert(property, { numRuns: 200, verbose: 1 });
});
