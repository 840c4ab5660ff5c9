/** A budget, a shared rate's counter or the policy as it was: the state folded from its events. */
import { unseal, type EventEnvelope, type SealedEvent } from "#events/envelope.ts";
import type { BudgetFact, LeaseRefData, RateTermsData } from "#events/budget-events.ts";
import type { MemberData, PolicyFact } from "#events/policy-events.ts";
import * as budget from "#actors/budget/state.ts";
import * as policy from "#actors/policy/state.ts";
import { RecordGone } from "./gone.ts";
import type { Beginning, Until } from "./principal.ts";

/** Children that are listed of a period, and of a rate: those that have most. */
export const childrenShownMax = 500;

/** What one who leases credit has of it, nano-dollars, as it told last. */
export interface ChildThen {
  /** Its stream. */
  child: string;
  /** What it may spend and has not returned. */
  outNanos: number;
  usedNanos: number;
  heldNanos: number;
}

/** A shared budget, or the counter of a shared rate, as it was. */
export interface BudgetThen {
  kind: "budget";
  /** The last event that counts, and its time. */
  seq: number;
  at: number;
  budget: string;
  scope: string;
  limitNanos: number;
  thresholds: readonly number[];
  parent: string | null;
  /** The policy version of its limit, and the one whose limit is effective. */
  version: number;
  effectiveVersion: number;
  /** Its periods; `children` counts them, `listed` has at most `childrenShownMax`. */
  periods: {
    lease: LeaseRefData;
    outstandingNanos: number;
    usedNanos: number;
    crossed: readonly number[];
    children: number;
    listed: ChildThen[];
  }[];
  /** Of a rate's counter. */
  rate: {
    terms: RateTermsData;
    children: number;
    listed: { child: string; used: number; booked: number; allowed: number; untilAt: number }[];
  } | null;
}

/** A key that was valid; without the hash of its secret. */
export type KeyThen = Omit<policy.KeyRecord, "secretHash">;

/** An organisation's policy, members and keys as they were. No document: `published` names its event. */
export interface PolicyThen {
  kind: "policy";
  seq: number;
  at: number;
  /** The version that was published last, and the event that has its document. */
  published: { version: number; hash: string; seq: number } | null;
  /** The latest version that no isolate was without. */
  inForce: number | null;
  /** The version whose limits held at every shared budget. */
  limitsEffective: number;
  members: MemberData[];
  keys: KeyThen[];
  /** Numbers of the events of proposals that waited for another admin, and of the draft in the shadow. */
  proposals: number[];
  shadow: number | null;
}

export type ActorThen = BudgetThen | PolicyThen;

type Runs = AsyncIterable<readonly SealedEvent[]>;

/** A shared budget or the policy after every event up to a moment or a number, by its stream's kind. */
export async function actorUntil(
  stream: string,
  runs: Runs,
  until: Until,
  before?: Beginning,
): Promise<ActorThen | null> {
  // A base has the states of principals alone: what these were is in their events, or not known.
  if (before !== undefined) throw new RecordGone(before.at);
  if (stream.startsWith("b_")) {
    const state = budget.initialState();
    const at = await foldUntil(runs, until, (event) => {
      budget.evolve(state, event as unknown as BudgetFact, event.at);
    });
    return budgetThen(state, at);
  }
  if (!stream.startsWith("p_")) return null;
  const state = policy.initialState();
  const at = await foldUntil(runs, until, (event) => {
    policy.evolve(state, event as unknown as PolicyFact, event.at);
  });
  return policyThen(state, at);
}

/** Folds events up to a moment or a number; the time of the last. */
async function foldUntil(
  runs: Runs,
  { seq = Infinity, at = Infinity }: Until,
  fold: (event: EventEnvelope) => void,
): Promise<number> {
  let lastAt = 0;
  for await (const run of runs) {
    for (const sealed of run) {
      const event = unseal(sealed);
      if (sealed.seq > seq || event.at > at) return lastAt;
      fold(event);
      lastAt = event.at;
    }
  }
  return lastAt;
}

function budgetThen(state: budget.BudgetState, at: number): BudgetThen {
  const { seq, scope, limitNanos, thresholds, version, effectiveVersion, rate } = state;
  const { terms } = rate;
  const told = { seq, at, scope: terms?.scope ?? scope, limitNanos, thresholds, version };
  return {
    kind: "budget",
    ...told,
    budget: terms?.name ?? state.budget,
    parent: state.parent ?? null,
    effectiveVersion,
    periods: [...state.accounts.values()].map((account) => {
      const { lease, outstandingNanos, usedNanos, crossed, children } = account;
      const listed = [...children].map(([child, one]): ChildThen => {
        const { usedNanos, heldNanos } = one;
        return { child, outNanos: budget.outOf(one), usedNanos, heldNanos };
      });
      const sums = { lease, outstandingNanos, usedNanos, crossed, children: children.size };
      return { ...sums, listed: most(listed, ({ outNanos }) => outNanos) };
    }),
    rate: terms === undefined ? null : rateThen(rate, terms),
  };
}

function rateThen(
  { children }: budget.BudgetState["rate"],
  terms: RateTermsData,
): NonNullable<BudgetThen["rate"]> {
  const listed = [...children].map(([child, { used, booked, allowed, untilAt }]) => ({
    child,
    used,
    booked,
    allowed,
    untilAt,
  }));
  return { terms, children: children.size, listed: most(listed, ({ used }) => used) };
}

/** Those that have most, most first; of the same amount the earlier ones. */
function most<One>(all: readonly One[], amountOf: (one: One) => number): One[] {
  return all.toSorted((a, b) => amountOf(b) - amountOf(a)).slice(0, childrenShownMax);
}

function policyThen(state: policy.PolicyState, at: number): PolicyThen {
  const { seq, versions, limitsEffective, members, keys, proposals, shadow } = state;
  const last = versions.at(-1);
  const inForce = versions.findLast(({ inForceAt }) => inForceAt !== undefined);
  return {
    kind: "policy",
    seq,
    at,
    published:
      last === undefined ? null : { version: last.version, hash: last.hash, seq: last.seq },
    inForce: inForce?.version ?? null,
    limitsEffective,
    members: [...members.values()],
    keys: [...keys.values()].map((key) => keyThen(key)),
    proposals: proposals.map(({ proposal }) => proposal),
    shadow: shadow?.draft ?? null,
  };
}

function keyThen({ keyId, member, label, issuedAt, expiresAt, scope }: policy.KeyRecord): KeyThen {
  const key: KeyThen = { keyId, member, label, issuedAt };
  if (expiresAt !== undefined) key.expiresAt = expiresAt;
  if (scope !== undefined) key.scope = scope;
  return key;
}
