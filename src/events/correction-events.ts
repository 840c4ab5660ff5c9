/**
 * Prices, and what a call cost, said anew because its price was wrong: events of a UserActor's stream. The
 * settlement stays as it was; the books take the difference.
 */
import * as z from "zod";

const count = z.int().min(0);
const nanos = z.int().min(0);

/** A price: nano-dollars per million tokens, per request and per second of run time. */
export const PriceData = z.strictObject({
  inputNanosPerMtok: nanos,
  outputNanosPerMtok: nanos,
  cachedReadNanosPerMtok: nanos.optional(),
  cacheWrite5mNanosPerMtok: nanos.optional(),
  cacheWrite1hNanosPerMtok: nanos.optional(),
  reasoningNanosPerMtok: nanos.optional(),
  requestNanos: nanos.optional(),
  secondNanos: nanos.optional(),
  /** The most seconds that one call may run. */
  secondsMax: count.optional(),
});

/** One attempt of the call, under the model and provider that the cost view has it under. */
const CorrectedPart = z.strictObject({
  /** Its place among the settlement's attempts, from 0. */
  attempt: count,
  model: z.string(),
  provider: z.string(),
  oldNanos: nanos,
  newNanos: nanos,
});

/**
 * A settled call costs something else under a corrected price. It repeats what views need of the
 * call, so that no fold has to look for it. Used by: audit, cost.
 */
export const CostCorrected = z.strictObject({
  type: z.literal("CostCorrected"),
  v: z.literal(1),
  data: z.strictObject({
    /** The number of the order, `PriceCorrectionOrdered`, in the organisation's policy stream. */
    order: count.min(1),
    requestId: z.string(),
    /** The number of the settlement in this stream. */
    settlement: count.min(1),
    member: z.string(),
    team: z.string().optional(),
    keyId: z.string().optional(),
    route: z.string().optional(),
    tags: z.array(z.string()).optional(),
    /** When the call was admitted, milliseconds: its cost is booked to that moment. */
    admittedAt: count,
    /** What the settlement said. */
    bookedNanos: nanos,
    /** What the books said before this, and what they say from here on. */
    oldNanos: nanos,
    newNanos: nanos,
    parts: z.array(CorrectedPart).min(1),
  }),
});
