/**
 * Corrected prices, decided and folded.
 *
 * Invariants: an order corrects a settlement once, and follows the one before it. Budgets and limits
 * are left alone: they were decided under the price that was known.
 */
import type { DataOf, UserState } from "./state.ts";

type Corrected = DataOf<"CostCorrected">;

/** Those corrections that are news: an order goes through a stream once, from its start to its end. */
export function decideCorrect(
  state: UserState,
  corrections: readonly Corrected[],
): { type: "CostCorrected"; v: 1; data: Corrected }[] {
  const { order = 0, through = 0 } = state.corrected ?? {};
  return corrections
    .filter((one) => one.order > order || (one.order === order && one.settlement > through))
    .map((data) => ({ type: "CostCorrected", v: 1, data }));
}

/** Folds a correction: how far its order is, and what it has changed. */
export function evolveCorrected(state: UserState, data: Corrected): void {
  const { order, settlement: through } = data;
  const before = state.corrected?.order === order ? state.corrected : undefined;
  state.corrected = {
    order,
    through,
    requests: (before?.requests ?? 0) + 1,
    oldNanos: (before?.oldNanos ?? 0) + data.oldNanos,
    newNanos: (before?.newNanos ?? 0) + data.newNanos,
  };
}
