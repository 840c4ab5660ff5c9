/** What people do with the record: they read it, and say what they think of an answer. */
import * as z from "zod";

/** A member read the books or used the console: reading is itself recorded. Used by: audit. */
export const AccessRecorded = z.strictObject({
  type: z.literal("AccessRecorded"),
  v: z.literal(1),
  data: z.strictObject({
    requestId: z.string(),
    member: z.string(),
    action: z.string(),
    resource: z.string(),
    ip: z.string().optional(),
    userAgent: z.string().optional(),
  }),
});

/**
 * Somebody gave feedback on a request, in the stream of whoever had asked: a field that is absent
 * stays as it was, null takes it back. Used by: audit.
 */
export const FeedbackGiven = z.strictObject({
  type: z.literal("FeedbackGiven"),
  v: z.literal(1),
  data: z.strictObject({
    requestId: z.string().max(64),
    /** Who gave it: the caller, or an auditor or admin. */
    member: z.string().max(200),
    /** 1 for good, -1 for bad, 0 for neither. */
    feedback: z.int().min(-1).max(1).nullable().optional(),
    /** From 0 to 100. */
    score: z.number().min(0).max(100).nullable().optional(),
    /** Stands beside the request's own metadata. */
    metadata: z
      .record(z.string().max(100), z.union([z.string().max(500), z.number(), z.boolean()]))
      .nullable()
      .optional(),
  }),
});
export type FeedbackGiven = z.infer<typeof FeedbackGiven>;
