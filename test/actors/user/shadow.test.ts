/** A draft in the shadow: judged as it would be in force, and without any effect. */
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { runInMemory } from "#actors/kit/run-in-memory.ts";
import { decideAdmit } from "#actors/user/admit.ts";
import { userDecider } from "#actors/user/decider.ts";
import type { ShadowAsk } from "#actors/user/shadow.ts";
import type { RequestData } from "#actors/user/state.ts";
import { boundOf, budgetOf, limitOf, requestOf, settlementOf, START } from "./fixtures.ts";

interface Step {
  gapMs: number;
  tokens: number;
  liveLimit: number;
  draftLimit: number;
  draftNanos: number;
  blocks: boolean;
  settles: boolean;
}

const step: fc.Arbitrary<Step> = fc.record({
  gapMs: fc.nat(40_000),
  tokens: fc.integer({ min: 1, max: 500 }),
  liveLimit: fc.constantFrom(2, 5, 50),
  draftLimit: fc.constantFrom(1, 3, 40),
  draftNanos: fc.constantFrom(900, 4_000, 1_000_000),
  blocks: fc.boolean(),
  settles: fc.boolean(),
});

function draftOf({ draftLimit, draftNanos, tokens }: Step): NonNullable<ShadowAsk["request"]> {
  const { tier, chain } = requestOf("draft");
  const limits = [limitOf({ name: "tighter", limit: draftLimit, whole: true })];
  const budgets = [budgetOf({ name: "new", limitNanos: draftNanos, whole: true })];
  return { tier, chain, limits, budgets, bound: boundOf(tokens, 300) };
}

function liveOf(one: Step, n: number): RequestData {
  const limits = [limitOf({ limit: one.liveLimit, whole: true })];
  return requestOf(`r-${n}`, { limits, budgets: [], bound: boundOf(one.tokens, 200) });
}

function run(steps: readonly Step[], isShadowed: boolean) {
  const principal = runInMemory(userDecider);
  const facts: unknown[] = [];
  let at = START;
  for (const [n, one] of steps.entries()) {
    at += one.gapMs;
    const request = liveOf(one, n);
    const ask: ShadowAsk = { draft: 7, request: draftOf(one) };
    if (one.blocks) ask.verdict = { code: "dlp_blocked", by: "cards" };
    const admit = { type: "admit", at, request, ...(isShadowed ? { shadow: ask } : {}) } as const;
    // What the actor with the draft in force would decide: the same books, another request.
    const inForce = { ...request, ...draftOf(one), policyVersion: request.policyVersion + 1 };
    const [would] = decideAdmit(
      principal.state,
      one.blocks
        ? { request: inForce, verdict: { code: "dlp_blocked", by: "cards" } }
        : { request: inForce },
      at,
    );
    for (const fact of principal.execute(admit, at)) {
      const { shadow, ...data } = fact.data as { shadow?: { admits?: boolean; code?: string } };
      facts.push({ type: fact.type, data });
      if (!isShadowed || !fact.type.startsWith("Request")) continue;
      expect(shadow).toMatchObject({ draft: 7 });
      // One that is refused quietly leaves no fact to compare with.
      if (would !== undefined) expect(shadow?.admits).toBe(would.type === "RequestAdmitted");
      if (would?.type === "RequestRefused") expect(shadow?.code).toBe(would.data.code);
    }
    if (!one.settles) continue;
    const settlement = settlementOf(request.requestId, 150, 20);
    const settled = principal.execute({ type: "settle", at: at + 1, settlement }, at + 1);
    facts.push(...settled.map(({ type, data }) => ({ type, data })));
  }
  return { facts, state: principal.state };
}

test("a shadow changes neither what is decided nor the books, and says what the draft would decide", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
      const live = run(steps, false);
      const beside = run(steps, true);
      expect(beside.facts).toEqual(live.facts);
      expect(beside.state).toEqual(live.state);
    }),
    { seed: 21_112_026, numRuns: 80 },
  );
});

test("a draft that could not be planned is told as undecided", () => {
  const state = userDecider.initialState();
  const request = requestOf("r-1");
  const [fact] = decideAdmit(
    state,
    { request, shadow: { draft: 3, undecided: "too_large" } },
    START,
  );
  expect(fact).toMatchObject({
    type: "RequestAdmitted",
    data: { shadow: { draft: 3, undecided: "too_large" } },
  });
});
