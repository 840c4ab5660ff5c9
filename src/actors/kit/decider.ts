/**
 * The shape of every decider: a pure core that an actor, a test and a replay run alike.
 *
 * Invariants: `decide` and `evolve` see no clock, no randomness, no I/O; both are total; a refusal
 * is a fact like any other, so the reply and the log cannot disagree.
 */
import type { Fact } from "#events/envelope.ts";

export interface Decider<State, Command, F extends Fact> {
  /** A state before any event. A new value at each call. */
  initialState(): State;
  /** What happens because of a command. Changes nothing. */
  decide(state: State, command: Command): readonly F[];
  /**
   * The state after a fact. Never throws. It may change `state` in place and return it: a shell
   * whose transaction fails throws the state away and folds it again from storage.
   */
  evolve(state: State, fact: F, at: number): State;
  /** Raised when the state's shape or meaning changes; an older snapshot is then ignored. */
  snapshotVersion: number;
  /** The state as plain JSON. */
  toSnapshot(state: State): unknown;
  fromSnapshot(json: unknown): State;
}
