/** What members used together, for a draft in the shadow: by their own words, and by the node's books. */
import { beforeEach, expect, test, vi } from "vitest";
import type { ShadowItem, ShadowWord } from "#actors/budget/api.ts";
import { shadowKeepMs, shadowMembersMax } from "#actors/budget/limits.ts";
import { ShadowDesk } from "#actors/budget/shadow-desk.ts";
import { emptyAccount, emptyChild, initialState, type BudgetState } from "#actors/budget/state.ts";

const lease = {
  budget: "pot",
  scope: "team:red",
  period: "month",
  periodKey: "2026-11-01",
  resetsAt: 9e12,
} as const;
const pot: ShadowItem = { kind: "budget", lease };
const december: ShadowItem = { kind: "budget", lease: { ...lease, periodKey: "2026-12-01" } };
const minute: ShadowItem = {
  kind: "rate",
  rate: {
    name: "rpm",
    scope: "team:red",
    metric: "requests",
    mode: "sliding",
    limit: 5,
    windowMs: 60_000,
  },
};

let now: number;
let state: BudgetState;
let kept: string | undefined;
beforeEach(() => {
  now = 1_000_000;
  state = initialState();
  kept = undefined;
});

const open = () =>
  new ShadowDesk({
    state: () => state,
    now: () => now,
    read: () => kept,
    keep: (json) => (kept = json),
  });
const word = (child: string, item: ShadowItem, more: Partial<ShadowWord> = {}): ShadowWord => {
  return { draft: 7, child, item, sentAt: now, ...more };
};

test("a member hears what the others spent in the period, and a newer word stands for an older", () => {
  const desk = open();
  expect(desk.tell(word("u_1", pot, { nanos: 5 }))).toBe(0);
  expect(desk.tell(word("u_2", pot, { nanos: 7 }))).toBe(5);
  expect(desk.tell(word("u_1", pot, { nanos: 9 }))).toBe(7);
  expect(desk.tell(word("u_2", pot, { nanos: 7 }))).toBe(9);
  // Who only asks tells nothing.
  expect(desk.tell(word("u_3", pot))).toBe(16);
  expect(desk.tell(word("u_4", december, { nanos: 1 }))).toBe(0);
});

test("who has not spoken counts as the node knows them, and never less than all children told", () => {
  const account = emptyAccount(lease);
  account.children.set("u_8", { ...emptyChild(), usedNanos: 20, heldNanos: 3 });
  account.children.set("b_1", { ...emptyChild(), usedNanos: 40, heldNanos: 900 });
  state.accounts.set("month|2026-11-01", account);
  const desk = open();
  // 60 is what children say is spent; of what a team's node leases nobody knows that it is.
  expect(desk.tell(word("u_1", pot, { nanos: 5 }))).toBe(55);
  expect(desk.tell(word("u_2", pot, { nanos: 100 }))).toBe(28);
  expect(desk.tell(word("u_1", pot, { nanos: 5 }))).toBe(123);
  expect(desk.tell(word("u_8", pot, { nanos: 25 }))).toBe(105);
});

test("what was used in a window leaves it, by this node's clock", () => {
  const desk = open();
  // This member's clock is an hour ahead.
  const ahead = now + 3_600_000;
  const moments = [
    { at: ahead - 50_000, amount: 2 },
    { at: ahead - 1_000, amount: 1 },
  ];
  expect(desk.tell(word("u_1", minute, { moments, sentAt: ahead }))).toBe(0);
  expect(desk.tell(word("u_2", minute, { moments: [] }))).toBe(3);
  now += 20_000;
  expect(desk.tell(word("u_2", minute, { moments: [] }))).toBe(1);
  now += 60_000;
  expect(desk.tell(word("u_2", minute, { moments: [] }))).toBe(0);
});

test("a newer draft begins anew, and one that is over is told nothing", () => {
  const desk = open();
  desk.tell(word("u_1", pot, { nanos: 5 }));
  expect(desk.tell(word("u_2", pot, { nanos: 1, draft: 8 }))).toBe(0);
  expect(desk.tell(word("u_1", pot, { nanos: 5 }))).toBeNull();
});

test("words outlive the actor, and no more are taken than fit", () => {
  vi.useFakeTimers();
  try {
    const desk = open();
    for (let n = 0; n < shadowMembersMax; n += 1) desk.tell(word(`u_${n}`, pot, { nanos: 1 }));
    expect(desk.tell(word("u_more", pot, { nanos: 1 }))).toBeNull();
    expect(desk.tell(word("u_0", pot, { nanos: 2 }))).toBe(shadowMembersMax - 1);
    vi.advanceTimersByTime(shadowKeepMs);
    expect(open().tell(word("u_1", pot, { nanos: 1 }))).toBe(shadowMembersMax);
  } finally {
    vi.useRealTimers();
  }
});
