/** A draft policy that is decided beside the one in force: what is recorded of it, and where. */
import * as z from "zod";

const count = z.int().min(0);

const ShadowFindings = z
  .array(
    z.strictObject({
      rule: z.string().max(200),
      action: z.string().max(20),
      enforced: z.boolean(),
      count,
    }),
  )
  .max(50);

/**
 * What a draft would have made of a request, in the same event as what was made of it. `admits` is
 * absent where it was not decided, which `undecided` says.
 */
export const ShadowData = z.strictObject({
  /** The number of the event that started the shadow. */
  draft: count.min(1),
  admits: z.boolean().optional(),
  /** Why the draft would have refused it, and by which rule, limit or budget. */
  code: z.string().max(100).optional(),
  by: z.string().max(500).optional(),
  /** Who would have been asked first. */
  first: z.strictObject({ provider: z.string().max(200), model: z.string().max(300) }).optional(),
  /** What the draft's data rules found in the prompt: never the text. */
  findings: ShadowFindings.optional(),
  /** Budgets or rates of a team or the organisation applied of which nobody had told enough. */
  unshared: z.literal(true).optional(),
  undecided: z.enum(["too_large", "failed"]).optional(),
});
export type ShadowData = z.infer<typeof ShadowData>;

/** What a draft's data rules would have made of an answer, beside what was made of it. */
export const ShadowAnswerData = z.strictObject({
  draft: count.min(1),
  /** The rule that would have blocked it. */
  by: z.string().max(200).optional(),
  findings: ShadowFindings.optional(),
  undecided: z.enum(["too_large", "failed", "unseen"]).optional(),
});
export type ShadowAnswerData = z.infer<typeof ShadowAnswerData>;

/**
 * A draft is decided beside the policy in use from here on, on live traffic, and changes nothing of
 * it. The number of this event is the draft's. Ends any shadow before it.
 */
export const ShadowStarted = z.strictObject({
  type: z.literal("ShadowStarted"),
  v: z.literal(1),
  data: z.strictObject({
    /** The version that it is compared with at first. */
    base: count.min(1),
    hash: z.string().max(64),
    document: z.record(z.string(), z.unknown()),
    comment: z.string().max(200),
    member: z.string().max(200),
  }),
});

/** A shadow ends; what it found stays. One that is published ends with that, too. */
export const ShadowStopped = z.strictObject({
  type: z.literal("ShadowStopped"),
  v: z.literal(1),
  data: z.strictObject({ draft: count.min(1), reason: z.string().max(200) }),
});
