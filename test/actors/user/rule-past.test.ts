/** A rule that picks some requests and comes later counts what it would have counted. */
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { userDecider } from "#actors/user/decider.ts";
import { bucketsMax } from "#actors/user/limits.ts";
import { scopesIn } from "#actors/user/recorded.ts";
import { decidePast, newRulesOf } from "#actors/user/rule-past.ts";
import { accountKey, bucketKey } from "#actors/user/state.ts";
import { emptyLog, sumAfter } from "#actors/user/usage-log.ts";
import type { LimitData } from "#events/user-events.ts";
import { picksFor, sharedPick, type RulePicks } from "#policy/picks.ts";
import { boundOf, budgetOf, limitOf, requestOf, Run, START } from "./fixtures.ts";
import { countPast } from "./past.ts";

const hourMs = 3_600_000;
const when = { models: ["big*"], tags: ["batch"] };
const picks: RulePicks = { limits: { few: when, spend: when }, budgets: { mine: when } };

const rules = (since: number, most = 1_000_000) => ({
  limits: [
    limitOf({ name: "few", metric: "tokens", limit: most, windowMs: hourMs, since }),
    limitOf({ name: "spend", metric: "usd", mode: "gcra", limit: most, windowMs: hourMs, since }),
  ],
  budgets: [budgetOf({ name: "mine", limitNanos: most, since })],
});

const big = { model: "big-1", tags: ["batch", "night"] };
const asked = (since: number) => requestOf("r", { ...big, ...rules(since) });

describe("a rule that picks some requests and is met for the first time", () => {
  test("counts those of its window and period, and none of the others", () => {
    const run = new Run();
    run.admit(START - 2 * hourMs, requestOf("old", { ...big, bound: boundOf(7, 70) }));
    run.admit(START - 900, requestOf("small", { tags: ["batch"], bound: boundOf(500, 5_000) }));
    run.admit(START - 800, requestOf("other", { model: "big-1", bound: boundOf(500, 5_000) }));
    run.admit(START - 700, requestOf("done", { ...big, bound: boundOf(40, 400) }));
    run.admit(START - 600, requestOf("open", { ...big, bound: boundOf(20, 200) }));
    run.admit(START - 500, requestOf("back", { ...big, bound: boundOf(90, 900) }));
    run.settle(START - 400, "old", 33, 3);
    run.settle(START - 300, "done", 150, 15);
    run.release(START - 200, "back");
    const request = requestOf("new", { ...big, policyVersion: 2, ...rules(START) });
    expect(countPast(run, request, picks, START)).toHaveLength(3);
    const [mine] = run.state.accounts.values();
    expect(mine).toMatchObject({ settledNanos: 183, heldNanos: 200 });
    const few = run.state.buckets.get("few|user");
    expect(few && sumAfter(few.log, 0, START - hourMs)).toBe(35);
    // What was open is corrected here too, once it is known.
    run.settle(START + 1, "open", 11, 1);
    expect(run.state.accounts.get(accountKey(budgetOf({ name: "mine" })))).toMatchObject({
      settledNanos: 194,
      heldNanos: 0,
    });
    expect(few && sumAfter(few.log, 0, START - hourMs)).toBe(16);
    expect(run.run.replayed()).toEqual(run.state);
  });

  test("admits what it has room for and refuses one more", () => {
    const run = new Run();
    for (const [n, id] of ["a", "b", "c"].entries()) {
      run.admit(START - 100 + n, requestOf(id, { bound: boundOf(90, 900) }));
    }
    run.admit(START - 50, requestOf("d", { ...big, bound: boundOf(60, 600) }));
    const next = (id: string, tokens: number) =>
      requestOf(id, { ...big, ...rules(START, 1_000), bound: boundOf(tokens, 400) });
    countPast(run, next("e", 10), picks, START);
    expect(run.admit(START, next("e", 10))).toMatchObject([{ type: "RequestAdmitted" }]);
    const refused = { type: "RequestRefused", data: { by: "spend" } };
    expect(run.admit(START + 1, next("f", 10))).toMatchObject([refused]);
    expect(run.run.replayed()).toEqual(run.state);
  });

  test("is read once, and again when it has become another", () => {
    const run = new Run();
    expect(countPast(run, asked(START), picks, START)).toHaveLength(3);
    expect(newRulesOf(run.state, asked(START), picks, START + 1)).toEqual([]);
    run.admit(START + 2, asked(START));
    expect(countPast(run, asked(START), picks, START + 3)).toHaveLength(0);
    expect(countPast(run, asked(START + 10), picks, START + 20)).toHaveLength(3);
    expect(run.state.buckets.get("few|user")?.log.sums).toEqual([20]);
  });

  test("of a policy that is over counts nothing", () => {
    const run = new Run();
    run.admit(START - 10, requestOf("a", { policyVersion: 5 }));
    const request = requestOf("r", { ...big, ...rules(START) });
    expect(newRulesOf(run.state, request, picks, START)).toEqual([]);
  });

  test("counts what a hold was raised by within its window, however old the hold", () => {
    const run = new Run();
    const longAgo = START - 3 * hourMs;
    run.admit(longAgo, requestOf("old", { ...big, bound: boundOf(1, 100) }));
    run.extend(START - 500, "old", START + hourMs, 350);
    const { limits } = rules(START);
    countPast(run, requestOf("r", { ...big, limits }), picks, START);
    expect(run.state.buckets.get("spend|user")?.log.sums).toEqual([250]);
    run.settle(START + 1, "old", 120);
    expect(run.state.buckets.get("spend|user")?.log.sums).toEqual([20]);
  });

  test("counts from the first millisecond of its window or period, and none before", () => {
    const run = new Run();
    const startsAt = START - hourMs / 2;
    run.admit(START - hourMs, requestOf("gone", { ...big, bound: boundOf(1, 10) }));
    run.admit(START - hourMs + 1, requestOf("first", { ...big, bound: boundOf(2, 20) }));
    run.admit(startsAt - 1, requestOf("yesterday", { ...big, bound: boundOf(4, 40) }));
    run.admit(startsAt, requestOf("today", { ...big, bound: boundOf(8, 80) }));
    const { limits } = rules(START);
    const budgets = [budgetOf({ name: "mine", startsAt, limitNanos: 1_000, since: START })];
    countPast(run, requestOf("r", { ...big, limits, budgets }), picks, START);
    expect(run.state.buckets.get("few|user")?.log.sums).toEqual([14]);
    expect([...run.state.accounts.values()]).toMatchObject([{ settledNanos: 0, heldNanos: 80 }]);
  });

  test("that is awaited counts all of its scope, not what it picked when it was another", () => {
    const run = new Run();
    const budget = budgetOf({ name: "mine", limitNanos: 5_700, since: 0 });
    const limit = limitOf({
      name: "few",
      metric: "tokens",
      limit: 560,
      windowMs: hourMs,
      since: 0,
    });
    run.admit(START - 100, requestOf("x", { bound: boundOf(500, 1_000) }));
    const own = { ...big, limits: [limit], budgets: [budget] };
    run.admit(START - 50, requestOf("y", { ...own, bound: boundOf(60, 600) }));
    run.settle(START - 40, "y", 4_600, 60);
    const crossings = () => run.run.facts.filter(({ fact }) => fact.type === "ThresholdCrossed");
    expect(crossings()).toHaveLength(1);
    const [later, period] = [
      { ...limit, since: START },
      { ...budget, since: START },
    ];
    const awaits = [
      { version: 2, limit: later, events: 3 },
      { version: 2, budget: period, events: 3 },
    ];
    const told = run.run.execute({ type: "await-past", at: START, awaits }, START);
    expect(told.map(({ type }) => type)).toEqual(["RulePastAwaited", "RulePastAwaited"]);
    expect(run.run.execute({ type: "await-past", at: START, awaits }, START)).toEqual([]);
    const next = (id: string, tokens: number, fields: object) =>
      requestOf(id, { ...big, policyVersion: 2, bound: boundOf(tokens, 101), ...fields });
    const refused = { type: "RequestRefused", data: { by: "few" } };
    expect(run.admit(START, next("z", 1, { limits: [later] }))).toMatchObject([refused]);
    const spent = { type: "RequestRefused", data: { by: "mine" } };
    expect(run.admit(START + 1, next("b", 0, { budgets: [period] }))).toMatchObject([spent]);
    expect(crossings()).toHaveLength(1);
    const read = { version: 2, budget: period, settledNanos: 4_600, heldNanos: 0, open: [] };
    const pasts = [{ ...read, complete: true }];
    expect(run.run.execute({ type: "count-past", at: START + 2, pasts }, START + 2)).toHaveLength(
      1,
    );
    expect(run.run.execute({ type: "count-past", at: START + 2, pasts }, START + 2)).toEqual([]);
    expect(run.admit(START + 3, next("c", 0, { budgets: [period] }))).toMatchObject([
      { type: "RequestAdmitted" },
    ]);
    expect(crossings()).toHaveLength(1);
    expect(run.run.replayed()).toEqual(run.state);
  });

  test("is asked for every tag of a request, and for no tag that the rule does not name", () => {
    const limits = ["a", "b"].map((tag) =>
      limitOf({ name: "few", scope: `tag:${tag}`, since: START }),
    );
    const tagged = requestOf("r", { tags: ["a", "b", "c"], limits });
    const few = { limits: { few: { tags: ["a", "b"] } } };
    const [rule] = newRulesOf(new Run().state, tagged, few, START);
    expect(rule?.asked).toEqual(["tag:a", "tag:b"]);
    expect(scopesIn(tagged, "tag:a", ["a", "b"])).toEqual(["tag:a", "tag:b"]);
  });

  test("of sessions counts under each what no record says the session of", () => {
    const run = new Run();
    run.admit(START - 300, requestOf("old", { bound: boundOf(3, 30) }));
    run.admit(START - 200, requestOf("n", { ownTier: "x", session: "s2", bound: boundOf(4, 40) }));
    const told = ["s1", "s2"].map((session) => {
      const terms = { name: "few", metric: "tokens", windowMs: hourMs, since: START } as const;
      const limits = [limitOf({ ...terms, scope: `session:${session}` })];
      const request = requestOf(session, { ownTier: "x", session, limits });
      const facts = countPast(run, request, { limits: { few: {} } }, START);
      return facts.map(({ data }) => ("moments" in data ? data.moments : undefined));
    });
    const old = [START - 300, 3];
    expect(told).toEqual([[[old]], [[old, [START - 200, 4]]]]);
  });

  test("is not all read while one of its scopes finds no room", () => {
    const { state } = new Run();
    const [limit] = rules(START).limits;
    const bucket = {
      metric: "tokens",
      mode: "sliding",
      limit: 1,
      windowMs: 1,
      version: 1,
    } as const;
    const base = { ms: 0, part: 0 };
    for (let n = 1; n < bucketsMax; n += 1) {
      state.buckets.set(`x${n}|user`, { ...bucket, log: emptyLog(1), tat: base, base });
    }
    state.buckets.set("few|tag:b", { ...bucket, log: emptyLog(1), tat: base, base });
    const past = (scope: string) => {
      return { version: 1, limit: { ...limit, name: "few", scope } as LimitData, open: [] };
    };
    const pasts = [past("tag:a"), { ...past("tag:b"), complete: true }];
    const facts = decidePast(state, pasts);
    expect(facts).toEqual([{ type: "RulePastCounted", v: 1, data: past("tag:b") }]);
  });

  test("is kept by a snapshot", () => {
    const run = new Run();
    run.admit(START - 10, requestOf("a", { ...big, bound: boundOf(60, 600) }));
    countPast(run, requestOf("r", { ...big, ...rules(START) }), picks, START);
    const json = JSON.parse(JSON.stringify(userDecider.toSnapshot(run.state))) as unknown;
    expect(userDecider.fromSnapshot(json)).toEqual(run.state);
  });
});

test("what a rule counts of its past is what it would have counted had it been there", () => {
  const step = fc.record({
    after: fc.integer({ min: 0, max: 20 * 60_000 }),
    act: fc.constantFrom("admit", "admit", "settle", "release", "extend", "expire"),
    picked: fc.boolean(),
    amount: fc.integer({ min: 0, max: 500 }),
    which: fc.nat(30),
  });
  const property = fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
    const [late, always] = [new Run(), new Run()];
    let at = START - 5 * hourMs;
    const ids: string[] = [];
    for (const [n, { after, act, picked, amount, which }] of steps.entries()) {
      at += after;
      const id = act === "admit" ? `r${n}` : (ids[which % Math.max(ids.length, 1)] ?? "none");
      if (act === "admit") ids.push(id);
      const bound = boundOf(amount, amount * 3);
      const plain = { ...(picked ? big : {}), bound, deadlineAt: at + 40 * 60_000 };
      for (const run of [late, always]) {
        if (act === "admit") {
          const there = run === always && picked ? rules(0) : {};
          run.admit(at, requestOf(id, { ...plain, ...there }));
        } else if (act === "settle") run.settle(at, id, amount * 2, amount);
        else if (act === "release") run.release(at, id);
        else if (act === "extend") run.extend(at, id, at + 50 * 60_000, amount * 5);
        else run.expire(at);
      }
    }
    countPast(late, requestOf("new", { ...big, ...rules(at + 1) }), picks, at);
    for (const limit of rules(0).limits) {
      const used = [late, always].map(({ state }) => {
        const log = state.buckets.get(bucketKey(limit))?.log;
        return log === undefined ? 0 : sumAfter(log, 0, at - hourMs);
      });
      expect(used[0]).toBe(used[1]);
    }
    const [mine, theirs] = [late, always].map(({ state }) => {
      const account = state.accounts.get(accountKey(budgetOf({ name: "mine" })));
      return [account?.settledNanos ?? 0, account?.heldNanos ?? 0];
    });
    expect(mine).toEqual(theirs);
    expect(late.run.replayed()).toEqual(late.state);
  });
  fc.assert(property, { numRuns: 300, verbose: 1 });
});

describe("what a rule picks is sent", () => {
  const document = {
    limits: [{ name: "few", when }],
    concurrency: [{ name: "open", when }],
    budgets: [{ name: "mine", when: { tiers: ["gold"] } }],
  } as unknown as Parameters<typeof picksFor>[0];

  test("while the rule is younger than its window", () => {
    const asked = { limits: rules(START).limits, budgets: [] };
    expect(picksFor(document, asked, START + 10)).toEqual({ limits: { few: when } });
    expect(picksFor(document, asked, START + hourMs)).toBeUndefined();
  });

  test("also of one that tells tiers apart, of a cap, and of a member who is split", () => {
    const { budgets } = rules(START);
    const tiers = { budgets: { mine: { tiers: ["gold"] } } };
    expect(picksFor(document, { limits: [], budgets }, START)).toEqual(tiers);
    const cap = limitOf({ name: "open", metric: "concurrency", windowMs: 0, since: START });
    const split = limitOf({ name: "few", since: START, scope: "member:a/user" });
    const asked = { limits: [cap], sharedLimits: [split], budgets: [] };
    expect(picksFor(document, asked, START)).toEqual({ limits: { few: when, open: when } });
  });

  test("also of rules of several members, of whom the one who asks is one", () => {
    const members = ["alice", "bob"];
    const shared = {
      limits: [{ name: "few", scope: "team", when: { ...when, members } }],
      budgets: [{ name: "ours", scope: "organisation", when: { members } }],
    } as unknown as Parameters<typeof picksFor>[0];
    const own = { limits: [], budgets: [] };
    const asked = {
      sharedLimits: [limitOf({ name: "few", scope: "team:a", since: START })],
      shared: [budgetOf({ name: "ours", scope: "organisation", since: START })],
    };
    const picks = { limits: { few: when }, budgets: { ours: {} } };
    expect(picksFor(shared, { ...own, ...asked }, START)).toEqual(picks);
    expect(sharedPick({ ...when, members }, "bob")).toEqual(when);
    expect(sharedPick({ ...when, members }, "carol")).toEqual({ members: [] });
  });

  test("unless it counts all", () => {
    const whole = limitOf({ name: "few", whole: true, since: START });
    expect(picksFor(document, { limits: [whole], budgets: [] }, START)).toBeUndefined();
  });
});
