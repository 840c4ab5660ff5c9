/**
 * What is kept of prompts and answers, and that it is gone: events of a UserActor's stream. The texts
 * themselves are encrypted under the subject's own key, outside every log.
 */
import * as z from "zod";

const count = z.int().min(0);

/** What was kept of a request's texts. Without `sha256` only sizes were. */
export const PayloadData = z.strictObject({
  mode: z.enum(["metadata", "redacted", "full"]),
  /** Of the prompt as it was sent on. */
  promptBytes: count,
  /** Of the answer as the caller got it. */
  answerBytes: count,
  /** True when less than all of it was kept. */
  truncated: z.boolean().optional(),
  /** SHA-256 of the kept object's bytes, hex: of the ciphertext, so it proves without telling. */
  sha256: z.string().max(64).optional(),
  bytes: count.optional(),
  /** The subject's key that it is encrypted under; once that is destroyed nobody reads it. */
  keyId: z.string().max(64).optional(),
  /** When it may be deleted, milliseconds. */
  expiresAt: count.optional(),
});
export type PayloadData = z.infer<typeof PayloadData>;

/** What placeholders of a conversation stand for is kept, encrypted, since its provider keeps the rest. */
export const TokensData = z.strictObject({
  /** The subject's key that it is encrypted under; once that is destroyed nobody reads it. */
  keyId: z.string().max(64),
  /** How many values are in it. */
  values: count,
  /** How long they come back, milliseconds. */
  until: count,
  /** When it may be deleted, milliseconds. */
  expiresAt: count,
});
export type TokensData = z.infer<typeof TokensData>;

/**
 * The key of the subject's kept texts was destroyed, in the transaction that wrote this: what it
 * encrypted can be read by nobody any more. Used by: audit.
 */
export const SubjectErased = z.strictObject({
  type: z.literal("SubjectErased"),
  v: z.literal(1),
  data: z.strictObject({
    /** The number of the order, `ErasureOrdered`, in the organisation's policy stream. */
    order: count.min(1),
    /** The key that is gone; absent where no text was ever kept under one. */
    keyId: z.string().max(64).optional(),
    /** True when the subject was no member any more, so that nothing is kept of latecomers. */
    former: z.boolean().optional(),
  }),
});

/** A payload that a settlement names could not be stored. Used by: audit. */
export const PayloadLost = z.strictObject({
  type: z.literal("PayloadLost"),
  v: z.literal(1),
  data: z.strictObject({ requestId: z.string().max(64), reason: z.string().max(200) }),
});
