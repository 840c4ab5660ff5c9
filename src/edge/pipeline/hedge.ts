/**
 * A hedge: a second provider is asked too once the first has been silent for a while. Whoever
 * answers first is the answer; the other is ended, and may have been paid.
 */

/** A call that is under way. */
export interface Running<Result> {
  /** Never rejects: a failure is a result. */
  result: Promise<Result>;
  /** Ends it. */
  stop(): void;
}

/** How a call of a hedge ended; without a result it was ended here. */
export interface Ended<Call, Result> {
  call: Call;
  result?: Result;
}

export interface Hedged<Call, Result> {
  /** The first good result, or the last bad one. */
  winner: Required<Ended<Call, Result>>;
  /** The other call, where there was one. */
  other?: Ended<Call, Result>;
}

/** Runs `first`, and `second` too where `first` has not ended when `wait` says so. */
export async function hedge<Result, Call extends Running<Result>>(
  first: Call,
  second: () => Call,
  wait: Promise<boolean>,
  isGood: (result: Result) => boolean,
): Promise<Hedged<Call, Result>> {
  const endOf = async (call: Call) => ({ call, result: await call.result });
  const early = await Promise.race([endOf(first), wait]);
  if (early !== true) {
    return { winner: early === false ? await endOf(first) : early };
  }
  const spare = second();
  const one = await Promise.race([endOf(first), endOf(spare)]);
  const rest = one.call === first ? spare : first;
  if (isGood(one.result)) {
    rest.stop();
    return { winner: one, other: { call: rest } };
  }
  return { winner: await endOf(rest), other: one };
}
