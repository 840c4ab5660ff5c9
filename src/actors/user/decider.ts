/**
 * The decider of one principal: rates, concurrency, holds, budgets and key fences, composed.
 *
 * Invariants: see `rates.ts`, `budgets.ts`, `holds.ts` and `admit.ts`, each of which lists its own.
 * Time comes in on the command and is clamped to the last event's; a refusal is a fact.
 */
import type { Decider } from "#actors/kit/decider.ts";
import type { LeaseRefData, RateTermsData } from "#events/budget-events.ts";
import type { LimitData, UserFact } from "#events/user-events.ts";
import { decideAdmit, type Verdict } from "./admit.ts";
import { decideCorrect } from "./correct.ts";
import { evolve } from "./evolve.ts";
import { decideExpire, decideExtend, decideRelease, decideSettle } from "./holds.ts";
import { fromSnapshot, snapshotVersion, toSnapshot } from "./snapshot.ts";
import { decideOpenLease, type LeaseOpening } from "./lease-past.ts";
import { decideIdleReturns, decideLeaseGranted, decideLeaseReturn } from "./leases.ts";
import type { ShadowAsk } from "./shadow.ts";
import { decideAwait, decidePast } from "./rule-past.ts";
import { decideOpenRate, decideRateLeased, decideRateReturn } from "./shared-rates.ts";
import { initialState, type DataOf, type RequestData, type UserState } from "./state.ts";

/** What a UserActor decides about. `at` is milliseconds since 1970, UTC. */
export type UserCommand =
  | { type: "admit"; at: number; request: RequestData; verdict?: Verdict; shadow?: ShadowAsk }
  | { type: "settle"; at: number; settlement: DataOf<"RequestSettled"> }
  | { type: "release"; at: number; requestId: string; reason: string }
  | { type: "extend"; at: number; requestId: string; deadlineAt: number; costNanos: number }
  | { type: "fence-key"; at: number; keyId: string }
  | { type: "record-access"; at: number; access: DataOf<"AccessRecorded"> }
  | { type: "lose-payload"; at: number; lost: DataOf<"PayloadLost"> }
  | { type: "erase-subject"; at: number; erasure: DataOf<"SubjectErased"> }
  | { type: "give-feedback"; at: number; given: DataOf<"FeedbackGiven"> }
  /** What a corrected price changes, in the order of the settlements. */
  | { type: "correct-costs"; at: number; corrections: readonly DataOf<"CostCorrected">[] }
  /** Refusals that were counted in memory since the last append. */
  | { type: "count-refusals"; at: number; counts: readonly DataOf<"RefusalsCounted">[] }
  /** A node granted credit, or had none. */
  | { type: "lease-granted"; at: number; granted: DataOf<"LeaseGranted"> }
  | { type: "lease-denied"; at: number; denied: DataOf<"LeaseDenied"> }
  /** A shared budget begins to count: what was spent before is its too. */
  | { type: "open-lease"; at: number; opening: LeaseOpening; version: number }
  /** Gives credit back that is not held: a node called it, or it is to be leased anew. */
  | {
      type: "return-lease";
      at: number;
      lease: LeaseRefData;
      grantedNanos: number;
      recall?: number | undefined;
      /** What stays: somebody is about to take it. */
      keepNanos?: number;
    }
  /** A counter granted permits of a shared rate, had none, or calls them back. */
  | { type: "rate-leased"; at: number; leased: DataOf<"RateLeased"> }
  | { type: "open-rate"; at: number; limit: LimitData; version: number }
  | { type: "rate-denied"; at: number; denied: DataOf<"RateDenied"> }
  | { type: "return-rate"; at: number; rate: RateTermsData; keep?: number }
  /** What rules that pick some requests count of those before them. */
  | { type: "count-past"; at: number; pasts: readonly DataOf<"RulePastCounted">[] }
  | { type: "await-past"; at: number; awaits: readonly DataOf<"RulePastAwaited">[] }
  /** Brought by the alarm: gives back what nobody used. */
  | { type: "return-idle"; at: number }
  /** Brought by the alarm. */
  | { type: "expire"; at: number };

/** What happens because of a command. Pure, total. */
export function decide(state: UserState, command: UserCommand): UserFact[] {
  // A clock that steps back is clamped, as the shell clamps the event's time.
  const at = Math.max(command.at, state.lastAt);
  switch (command.type) {
    case "admit":
      return decideAdmit(state, command, at);
    case "settle":
      return decideSettle(state, command.settlement, at);
    case "release":
      return decideRelease(state, command.requestId, command.reason);
    case "extend":
      return decideExtend(state, command, at);
    case "fence-key":
      if (state.fenced.has(command.keyId)) return [];
      return [{ type: "KeyFenced", v: 1, data: { keyId: command.keyId } }];
    case "record-access":
      return [{ type: "AccessRecorded", v: 1, data: command.access }];
    case "lose-payload":
      return [{ type: "PayloadLost", v: 1, data: command.lost }];
    case "erase-subject":
      // Told again: what this order was for is gone.
      if (command.erasure.order <= (state.erased?.order ?? 0)) return [];
      return [{ type: "SubjectErased", v: 1, data: command.erasure }];
    case "give-feedback":
      return [{ type: "FeedbackGiven", v: 1, data: command.given }];
    case "correct-costs":
      return decideCorrect(state, command.corrections);
    case "count-refusals":
      return command.counts.map((data) => ({ type: "RefusalsCounted", v: 1, data }));
    case "lease-granted":
      return decideLeaseGranted(state, command.granted);
    case "lease-denied":
      return [{ type: "LeaseDenied", v: 1, data: command.denied }];
    case "open-lease":
      return decideOpenLease(state, command.opening, command.version);
    case "return-lease":
      return decideLeaseReturn(state, command);
    case "rate-leased":
      return decideRateLeased(state, command.leased);
    case "open-rate":
      return decideOpenRate(state, command, at);
    case "rate-denied":
      return [{ type: "RateDenied", v: 1, data: command.denied }];
    case "return-rate":
      return decideRateReturn(state, command, at);
    case "count-past":
      return decidePast(state, command.pasts);
    case "await-past":
      return decideAwait(state, command.awaits);
    case "return-idle":
      return decideIdleReturns(state, at);
    case "expire":
    default:
      return decideExpire(state, at);
  }
}

export const userDecider: Decider<UserState, UserCommand, UserFact> = {
  initialState,
  decide,
  evolve,
  snapshotVersion,
  toSnapshot,
  fromSnapshot,
};
