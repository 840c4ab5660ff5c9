/** What happens to a stream itself, whoever's it is: written by the kit, not by a decider. */
import * as z from "zod";

const count = z.int().min(0);

/** A place in a stream: an event's number and hash. */
export const PlaceData = z.strictObject({ seq: count, hash: z.string().max(64) });
export type PlaceData = z.infer<typeof PlaceData>;

/**
 * A stream was restored from a backup and had gone on before the ledger's later events were back: it
 * continues after them, under a higher epoch. First event of its epoch. Used by: ledger, verify, audit.
 */
export const StreamForked = z.strictObject({
  type: z.literal("StreamForked"),
  v: z.literal(1),
  data: z.strictObject({
    /** The last event that both branches share. */
    restored: PlaceData,
    /** The last event of the branch that the ledger had: the event before this one. */
    ledger: PlaceData,
    /** The last event of the branch that began after the restore, as it was sealed then. */
    own: PlaceData,
    /**
     * How many events after this one are that branch, sealed anew: decided without what the ledger's
     * branch says, and counted beside it.
     */
    carried: count,
    /** That branch where it is not carried on: kept, and of no effect. */
    setAside: z
      .array(
        z.strictObject({
          seq: count,
          type: z.string(),
          v: count,
          at: count,
          cause: z.strictObject({
            command: z.string(),
            member: z.string().optional(),
            keyId: z.string().optional(),
          }),
          data: z.record(z.string(), z.unknown()),
        }),
      )
      .optional(),
  }),
});
export type StreamForked = z.infer<typeof StreamForked>;
