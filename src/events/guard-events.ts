/**
 * What the prompt guard made of a request, as events hold it: scores, names and outcomes, never a
 * text. Everything that came after the first three fields is optional, so that old logs still parse.
 */
import * as z from "zod";

const count = z.int().min(0);

/** A second classifier that was asked because the first score was in doubt. */
export const GuardSecondData = z.strictObject({
  /** `failed`: no answer that could be read; the policy's `failMode` decided. */
  outcome: z.enum(["safe", "unsafe", "failed"]),
  /** Its own score, where it gives one. */
  score: z.number().min(0).max(1).optional(),
  /** Its names for what it saw, out of those that policy or its standard lists. */
  categories: z.array(z.string().max(64)).max(16).optional(),
  /** Why there was no answer. */
  failure: z
    .enum([
      "timeout",
      "unreachable",
      "status",
      "unreadable",
      "not_configured",
      "resting",
      "unpriced",
    ])
    .optional(),
  latencyMs: count,
  /** What the question cost. Part of the cost of the request that settles with it; 0 in another. */
  costNanos: count,
});

export const GuardData = z.strictObject({
  action: z.string(),
  score: z.number(),
  category: z.string().nullable(),
  /** Where the text stood that decided. */
  channel: z.string().max(32).optional(),
  /** The highest score of each channel that was judged. */
  scores: z
    .array(z.strictObject({ channel: z.string().max(32), score: z.number() }))
    .max(16)
    .optional(),
  /** What the first stage would have done under the document's own rule, where that is another. */
  first: z.string().optional(),
  second: GuardSecondData.optional(),
  /** Held for a question to a second classifier: the settlement says what came of it. */
  heldNanos: count.optional(),
});
export type GuardData = z.infer<typeof GuardData>;
export type GuardSecondData = z.infer<typeof GuardSecondData>;
