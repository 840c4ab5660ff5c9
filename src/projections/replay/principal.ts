/** A principal as they were: the state folded from their events, and any decision made again from it. */
import { localScope } from "#policy/split.ts";
import { unseal, type EventEnvelope, type SealedEvent } from "#events/envelope.ts";
import type { StreamForked } from "#events/stream-events.ts";
import type { UserFact } from "#events/user-events.ts";
import { explainAdmit, type Decision } from "#actors/user/explain.ts";
import type { LimitStatus } from "#actors/user/commands.ts";
import { evolve } from "#actors/user/evolve.ts";
import { initialState, type UserState } from "#actors/user/state.ts";
import { RecordGone } from "./gone.ts";

/** How a decision came about. */
export interface ExplainedDecision {
  seq: number;
  at: number;
  /** What was recorded, with the request as it was asked. */
  recorded: UserFact;
  /** Every limit and budget as it stood just before. */
  limits: LimitStatus[];
  /** What the decider says today, of the same request in the same state. */
  decided: UserFact | null;
  same: boolean;
  /** True of one that was made on the other branch of a restored stream: it need not be the same. */
  carried?: boolean;
}

/** What a principal had used and held at some moment. */
export interface PrincipalState {
  /** The last event that counts, and its time. */
  seq: number;
  at: number;
  policyVersion: number;
  openRequests: { requestId: string; at: number; deadlineAt: number; costNanos: number }[];
  budgets: {
    name: string;
    scope: string;
    period: string;
    periodKey: string;
    limitNanos: number;
    settledNanos: number;
    heldNanos: number;
  }[];
  fencedKeys: string[];
}

/** Until where a stream is folded. */
export interface Until {
  /** Inclusive. */
  seq?: number;
  /** Milliseconds, inclusive. */
  at?: number;
}

/** Where a base says that a stream stood: its events up to then are not kept. */
export interface Beginning {
  seq: number;
  at: number;
  /** Events after it that were decided on the other branch of a fork. */
  carried: number;
  /** Undefined where this code cannot read it. */
  state: UserState | undefined;
}

type Runs = AsyncIterable<readonly SealedEvent[]>;

/** Explains event `seq` of a stream; `undefined` when it is no decision. */
export async function explainDecision(
  runs: Runs,
  seq: number,
  before?: Beginning,
): Promise<ExplainedDecision | undefined> {
  let state = stateAt(before, seq);
  let carriedTo = before === undefined ? 0 : before.seq + before.carried;
  for await (const run of runs) {
    for (const sealed of run) {
      const event = unseal(sealed);
      const fact = event as unknown as UserFact;
      if (event.type === "StreamForked") carriedTo = sealed.seq + carriedIn(event);
      if (sealed.seq < seq) {
        state = evolve(state, fact, event.at);
        continue;
      }
      if (fact.type !== "RequestAdmitted" && fact.type !== "RequestRefused") return undefined;
      const recorded = { type: fact.type, v: fact.v, data: fact.data } as Decision;
      const { limits, decided = null, same } = explainAdmit(state, recorded, event.at);
      const explained = { seq, at: event.at, recorded, limits, decided, same };
      return seq <= carriedTo ? { ...explained, carried: true } : explained;
    }
  }
  return undefined;
}

/** The state to go on from, for event `seq` or a moment; throws RecordGone for one of before. */
function stateAt(before: Beginning | undefined, seq: number, at = Infinity): UserState {
  if (before === undefined) return initialState();
  if (seq <= before.seq || at < before.at || before.state === undefined) {
    throw new RecordGone(before.at);
  }
  return before.state;
}

function carriedIn({ data }: EventEnvelope): number {
  return (data as StreamForked["data"]).carried;
}

/** The state after every event up to a moment or a number. */
export async function stateUntil(
  runs: Runs,
  until: Until,
  before?: Beginning,
): Promise<PrincipalState> {
  const { seq = Infinity, at = Infinity } = until;
  // A moment at which the stream stood where the base has it is known, too.
  let state = stateAt(before, seq + 1, at);
  for await (const run of runs) {
    for (const sealed of run) {
      const event = unseal(sealed);
      if (sealed.seq > seq || event.at > at) return show(state);
      state = evolve(state, event as unknown as UserFact, event.at);
    }
  }
  return show(state);
}

function show(state: UserState): PrincipalState {
  return {
    seq: state.seq,
    at: state.lastAt,
    policyVersion: state.policyVersion,
    openRequests: [...state.holds].map(([requestId, { at, deadlineAt, costNanos }]) => ({
      requestId,
      at,
      deadlineAt,
      costNanos,
    })),
    budgets: [...state.accounts.values()].flatMap((account) => {
      const { name, scope, period, periodKey, limitNanos, settledNanos, heldNanos } = account;
      // What was read of a shared one's past is its lease's.
      if (localScope(scope) !== undefined) return [];
      return { name, scope, period, periodKey, limitNanos, settledNanos, heldNanos };
    }),
    fencedKeys: [...state.fenced],
  };
}
