import { describe, expect, test } from "vitest";
import { userDecider } from "#actors/user/decider.ts";
import { UserFact } from "#events/user-events.ts";
import { boundOf, budgetOf, limitOf, requestOf, Run, START } from "./fixtures.ts";

const types = (facts: readonly { type: string }[]) => facts.map(({ type }) => type);

describe("admission", () => {
  test("within every limit is admitted, and tells what is left of each", () => {
    const run = new Run();
    const request = requestOf("a", { limits: [limitOf()], budgets: [budgetOf()] });
    const [fact] = run.admit(START, request);
    expect(fact).toMatchObject({ type: "RequestAdmitted", data: { left: [2, 900] } });
    expect(UserFact.parse(fact)).toEqual(fact);
  });

  test("the same request id again is the same hold", () => {
    const run = new Run();
    run.admit(START, requestOf("a", { budgets: [budgetOf()] }));
    expect(run.admit(START + 1, requestOf("a", { budgets: [budgetOf()] }))).toEqual([]);
    expect([...run.state.accounts.values()]).toMatchObject([{ heldNanos: 100, settledNanos: 0 }]);
  });

  test("a request that has ended is not admitted again", () => {
    const run = new Run();
    run.admit(START, requestOf("a"));
    run.settle(START + 1, "a", 40);
    expect(run.admit(START + 2, requestOf("a"))).toEqual([]);
    expect(run.state.holds.size).toBe(0);
  });

  test("the request over the limit is refused, by name and with the first moment that helps", () => {
    const run = new Run();
    const limits = [limitOf()];
    for (const id of ["a", "b", "c"]) run.admit(START, requestOf(id, { limits }));
    const [fact] = run.admit(START + 5, requestOf("d", { limits }));
    expect(fact).toMatchObject({
      type: "RequestRefused",
      data: { code: "rate_limited", by: "per-minute", scope: "user", retryAt: START + 60_000 },
    });
    expect(UserFact.parse(fact)).toEqual(fact);
    expect(types(run.admit(START + 60_000, requestOf("e", { limits })))).toEqual([
      "RequestAdmitted",
    ]);
  });

  test("the refusals after the first in a window are counted, not recorded", () => {
    const run = new Run();
    const limits = [limitOf({ limit: 1 })];
    run.admit(START, requestOf("a", { limits }));
    expect(types(run.admit(START + 1, requestOf("b", { limits })))).toEqual(["RequestRefused"]);
    expect(run.admit(START + 2, requestOf("c", { limits }))).toEqual([]);
    run.admit(START + 60_000, requestOf("d", { limits }));
    expect(types(run.admit(START + 60_001, requestOf("e", { limits })))).toEqual([
      "RequestRefused",
    ]);
  });

  test("a given verdict is recorded each time", () => {
    const run = new Run();
    for (const id of ["a", "b"]) {
      const [fact] = run.admit(START, requestOf(id), { code: "dlp_blocked", by: "cards" });
      expect(fact).toMatchObject({
        type: "RequestRefused",
        data: { code: "dlp_blocked", given: true },
      });
    }
  });

  test("an older policy than the newest seen decides nothing", () => {
    const run = new Run();
    run.admit(START, requestOf("a", { policyVersion: 7 }));
    expect(run.admit(START, requestOf("b", { policyVersion: 6 }))).toEqual([]);
    expect(run.state.holds.size).toBe(1);
  });

  test("a fenced key is refused whatever the policy says", () => {
    const run = new Run();
    run.run.execute({ type: "fence-key", at: START, keyId: "k" }, START);
    const [fact] = run.admit(START, requestOf("a", { keyId: "k" }));
    expect(fact).toMatchObject({ type: "RequestRefused", data: { code: "key_revoked", by: "k" } });
    expect(types(run.admit(START, requestOf("b", { keyId: "other" })))).toEqual([
      "RequestAdmitted",
    ]);
  });

  test("open requests are capped, and the end of one makes room", () => {
    const run = new Run();
    const limits = [limitOf({ name: "open", metric: "concurrency", limit: 1, windowMs: 0 })];
    run.admit(START, requestOf("a", { limits }));
    const [fact] = run.admit(START, requestOf("b", { limits }));
    expect(fact).toMatchObject({ data: { code: "concurrency_limited", by: "open" } });
    run.release(START + 1, "a");
    expect(types(run.admit(START + 2, requestOf("c", { limits })))).toEqual(["RequestAdmitted"]);
  });

  test("a request larger than its limit has no moment at which it would pass", () => {
    const run = new Run();
    const limits = [limitOf({ metric: "tokens", limit: 50 })];
    const [fact] = run.admit(START, requestOf("a", { limits, bound: boundOf(51, 1) }));
    expect(fact).toMatchObject({ data: { code: "token_rate_limited" } });
    expect(fact?.data).not.toHaveProperty("retryAt");
  });

  test("the last of several refusing limits says when", () => {
    const run = new Run();
    const limits = [
      limitOf({ limit: 1 }),
      limitOf({ name: "per-hour", limit: 1, windowMs: 3_600_000 }),
    ];
    run.admit(START, requestOf("a", { limits }));
    const [fact] = run.admit(START + 1, requestOf("b", { limits }));
    expect(fact).toMatchObject({ data: { by: "per-minute", retryAt: START + 3_600_000 } });
  });

  test("numbers that cannot be counted are refused and leave no trace", () => {
    const run = new Run();
    const bad = [Number.NaN, -1, 0.5, Infinity, 2 ** 60];
    for (const [index, limit] of bad.entries()) {
      const [fact] = run.admit(
        START,
        requestOf(`a${index}`, { limits: [limitOf({ limit, name: `n${index}` })] }),
      );
      expect(fact).toMatchObject({ type: "RequestRefused", data: { code: "invalid_limits" } });
      expect(UserFact.parse(fact)).toEqual(fact);
    }
    expect(run.state.buckets.size).toBe(0);
  });

  test("a clock that steps back is clamped", () => {
    const run = new Run();
    const limits = [limitOf({ limit: 1 })];
    run.admit(START, requestOf("a", { limits }));
    const [fact] = run.admit(START - 3_600_000, requestOf("b", { limits }));
    expect(fact).toMatchObject({ type: "RequestRefused", data: { retryAt: START + 60_000 } });
  });
});

describe("settlement", () => {
  test("books the true cost in place of the hold", () => {
    const run = new Run();
    run.admit(START, requestOf("a", { budgets: [budgetOf()] }));
    expect(types(run.settle(START + 1, "a", 40))).toEqual(["RequestSettled"]);
    expect([...run.state.accounts.values()]).toMatchObject([{ heldNanos: 0, settledNanos: 40 }]);
  });

  test("twice has one effect", () => {
    const run = new Run();
    run.admit(START, requestOf("a", { budgets: [budgetOf()] }));
    run.settle(START + 1, "a", 40);
    expect(run.settle(START + 2, "a", 40)).toEqual([]);
    expect([...run.state.accounts.values()]).toMatchObject([{ heldNanos: 0, settledNanos: 40 }]);
  });

  test("of a request nobody admitted moves no money and is recorded once", () => {
    const run = new Run();
    expect(types(run.settle(START, "ghost", 40))).toEqual(["SettlementOrphaned"]);
    expect(run.settle(START, "ghost", 40)).toEqual([]);
  });

  test("after the hold expired refunds once, and not after 48 hours", () => {
    const run = new Run();
    const hour = 3_600_000;
    const budgets = [budgetOf()];
    run.admit(START, requestOf("a", { budgets }));
    run.admit(START, requestOf("b", { budgets }));
    expect(types(run.expire(START + 600_000))).toEqual(["HoldExpired", "HoldExpired"]);
    expect([...run.state.accounts.values()]).toMatchObject([{ heldNanos: 0, settledNanos: 200 }]);
    const [late] = run.settle(START + hour, "a", 40);
    expect(late).toMatchObject({ type: "ExpiryCorrected", data: { refundNanos: 60 } });
    expect(UserFact.parse(late)).toEqual(late);
    expect(run.settle(START + hour, "a", 40)).toEqual([]);
    expect(types(run.settle(START + 49 * hour, "b", 40))).toEqual(["SettlementOrphaned"]);
    expect([...run.state.accounts.values()]).toMatchObject([{ settledNanos: 140 }]);
  });

  test("records each threshold once per period", () => {
    const run = new Run();
    const budgets = [budgetOf({ limitNanos: 200 })];
    for (const id of ["a", "b"]) run.admit(START, requestOf(id, { budgets }));
    expect(run.settle(START, "a", 100)).toHaveLength(1);
    expect(run.settle(START, "b", 100).slice(1)).toMatchObject([
      { type: "ThresholdCrossed", data: { threshold: 0.8, spentNanos: 200, limitNanos: 200 } },
      { type: "ThresholdCrossed", data: { threshold: 1 } },
    ]);
    expect(run.admit(START, requestOf("c", { budgets, bound: boundOf(0, 0) }))).toHaveLength(1);
  });

  test("above the hold is booked in full and named an overrun", () => {
    const run = new Run();
    run.admit(START, requestOf("a", { budgets: [budgetOf()], accounting: "estimate" }));
    const [fact] = run.settle(START, "a", 130);
    expect(fact).toMatchObject({ data: { costNanos: 130, overrunNanos: 30 } });
  });
});

describe("budgets", () => {
  test("refuse a hold that does not fit, and change nothing", () => {
    const run = new Run();
    const budgets = [budgetOf({ limitNanos: 150 })];
    run.admit(START, requestOf("a", { budgets }));
    const [fact] = run.admit(START, requestOf("b", { budgets }));
    expect(fact).toMatchObject({
      data: { code: "budget_exceeded", by: "monthly", retryAt: budgetOf().resetsAt },
    });
    expect([...run.state.accounts.values()]).toMatchObject([{ heldNanos: 100, settledNanos: 0 }]);
  });

  test("that downgrade say so; that allow are passed and named", () => {
    const run = new Run();
    const limitNanos = 50;
    const [down] = run.admit(
      START,
      requestOf("a", { budgets: [budgetOf({ limitNanos, atLimit: "downgrade" })] }),
    );
    expect(down).toMatchObject({ data: { code: "budget_downgrade" } });
    const [over] = run.admit(
      START,
      requestOf("b", { budgets: [budgetOf({ limitNanos, atLimit: "allow" })] }),
    );
    expect(over).toMatchObject({ type: "RequestAdmitted", data: { over: ["monthly"] } });
  });

  test("that are new count what was spent and what is held since their period began", () => {
    const run = new Run();
    run.admit(START, requestOf("a"));
    run.settle(START, "a", 70);
    run.admit(START + 1, requestOf("b"));
    const budgets = [budgetOf({ limitNanos: 260 })];
    run.admit(START + 2, requestOf("c", { budgets, bound: boundOf(0, 90) }));
    expect([...run.state.accounts.values()]).toMatchObject([{ settledNanos: 70, heldNanos: 190 }]);
    run.settle(START + 3, "b", 10);
    expect([...run.state.accounts.values()]).toMatchObject([{ settledNanos: 80, heldNanos: 90 }]);
  });

  test("lowered below what is spent admit nothing more", () => {
    const run = new Run();
    run.admit(START, requestOf("a", { budgets: [budgetOf()] }));
    run.settle(START, "a", 100);
    const budgets = [budgetOf({ limitNanos: 60 })];
    const facts = run.admit(START + 1, requestOf("b", { budgets, bound: boundOf(1, 1) }));
    expect(types(facts)).toEqual(["RequestRefused", "ThresholdCrossed", "ThresholdCrossed"]);
  });

  test("a long request may hold more while there is room", () => {
    const run = new Run();
    run.admit(START, requestOf("a", { budgets: [budgetOf({ limitNanos: 150 })] }));
    expect(types(run.extend(START, "a", START + 700_000, 150))).toEqual(["HoldExtended"]);
    expect(run.extend(START, "a", START + 700_000, 151)).toEqual([]);
    expect([...run.state.accounts.values()]).toMatchObject([{ heldNanos: 150 }]);
  });
});

test("a limit made later counts what happened in its window", () => {
  const run = new Run();
  for (const id of ["a", "b"]) run.admit(START, requestOf(id));
  const limits = [limitOf({ limit: 2 })];
  const [fact] = run.admit(START + 1_000, requestOf("c", { limits }));
  expect(fact).toMatchObject({ data: { code: "rate_limited", retryAt: START + 60_000 } });
});

describe("a rule that picks some requests", () => {
  const tokens = { name: "big-tokens", metric: "tokens", limit: 100 } as const;
  const rules = (since: number) => ({
    limits: [limitOf({ name: "big", limit: 2, since }), limitOf({ ...tokens, since })],
    budgets: [budgetOf({ name: "big-month", limitNanos: 250, since })],
  });
  /** Three small requests, one of them open, and then a big one under the rules. */
  const bigAfterSmall = (since: number) => {
    const run = new Run();
    for (const id of ["a", "b", "c"]) {
      run.admit(START, requestOf(id, { bound: boundOf(60, 100) }));
      if (id !== "c") run.settle(START + 5, id, 100, 60);
    }
    const big = requestOf("big", { ...rules(since), bound: boundOf(60, 100) });
    return { run, facts: run.admit(START + 1_000, big) };
  };

  test("and was there before has no past: what it never saw was nothing of its own", () => {
    const { run, facts } = bigAfterSmall(Date.UTC(2026, 10, 1));
    expect(facts).toMatchObject([{ type: "RequestAdmitted" }]);
    // The small one that was open then is none of its business either.
    run.settle(START + 1_500, "c", 1, 1);
    run.settle(START + 1_600, "big", 40, 20);
    const [account] = run.state.accounts.values();
    expect(account).toMatchObject({ settledNanos: 40, heldNanos: 0 });
    const [refused] = run.admit(
      START + 2_000,
      requestOf("more", { ...rules(Date.UTC(2026, 10, 1)), bound: boundOf(81, 100) }),
    );
    expect(refused).toMatchObject({ type: "RequestRefused", data: { by: "big-tokens" } });
  });

  test("and came within its window starts from all that its scope used", () => {
    const { facts } = bigAfterSmall(START - 1_000);
    expect(facts).toMatchObject([{ type: "RequestRefused", data: { code: "rate_limited" } }]);
  });

  test("and came within its period alone counts the period's past", () => {
    const run = new Run();
    for (const id of ["a", "b"]) run.admit(START - 3_600_000, requestOf(id));
    const { budgets } = rules(START - 86_400_000);
    const [fact] = run.admit(START, requestOf("big", { budgets }));
    expect(fact).toMatchObject({ type: "RequestRefused", data: { by: "big-month" } });
  });
});

test("a snapshot is plain JSON and the state again", () => {
  const run = new Run();
  const limits = [limitOf(), limitOf({ name: "t", metric: "tokens", mode: "gcra", limit: 100 })];
  run.admit(START, requestOf("a", { limits, budgets: [budgetOf()] }));
  run.settle(START + 5, "a", 3, 4);
  run.admit(START + 9, requestOf("b", { limits, budgets: [budgetOf()] }));
  const json = JSON.parse(JSON.stringify(userDecider.toSnapshot(run.state))) as unknown;
  expect(userDecider.fromSnapshot(json)).toEqual(run.state);
});
