/** How long the record is kept: the `retention` section of a policy. Without it, for ever. */
import * as z from "zod";

/**
 * Events stay in an actor's and a ledger's own storage for thirty days, where restored actors ask
 * for them: what they may ask for stays in the archive, too.
 */
const archiveDaysMin = 35;

export const RetentionSection = z.strictObject({
  /** Segments of the archive older than this are let go, once a base stands for them. */
  archiveDays: z.int().min(archiveDaysMin).max(36_500).exactOptional(),
  /** Nothing is let go while this holds. */
  legalHold: z.boolean().default(false),
});
export type RetentionSection = z.infer<typeof RetentionSection>;
