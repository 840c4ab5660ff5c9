/** An actor's storage is put back to an earlier moment, by an admin's order. */
import * as z from "zod";

const count = z.int().min(0);
const bookmark = z.string().max(200);

/** What is put back, and to when. */
export const RestoreOrderData = z.strictObject({
  /** `policy`, `member:ID`, `budget:NAME:SCOPE`, `rate:NAME:SCOPE` or `ledger:N`. */
  actor: z.string().max(300),
  /** The stream or the shard that this is. */
  stream: z.string().max(200),
  /** The moment, milliseconds, or the platform's bookmark of one. */
  to: count.optional(),
  bookmark: bookmark.optional(),
  /** Events that the ledger lacks may be lost. */
  loseUncollected: z.boolean().optional(),
  reason: z.string().max(200),
  member: z.string().max(200),
});

/**
 * An actor is about to be put back. It is in the ledger before the actor goes, whoever's it is, so it
 * outlives a restore of the policy's own. Used by: audit.
 */
export const RestoreOrdered = z.strictObject({
  type: z.literal("RestoreOrdered"),
  v: z.literal(1),
  data: RestoreOrderData,
});

/** What became of the order; without it the actor may have gone back, and nobody was told. */
export const RestoreEnded = z.strictObject({
  type: z.literal("RestoreEnded"),
  v: z.literal(1),
  data: z.strictObject({
    /** The number of the order in this stream. */
    order: count.min(1),
    actor: z.string().max(300),
    /**
     * `restored`: it is back, with all that the ledger has. `unconfirmed`: it went, and did not say
     * that it is back. `refused`: it stayed where it was.
     */
    outcome: z.enum(["restored", "unconfirmed", "refused"]),
    /** Why it was refused. */
    code: z.string().max(100).optional(),
    /** Where it went, and the bookmark of the moment before. */
    bookmark: bookmark.optional(),
    undo: bookmark.optional(),
    /** How many events it had before, right after, and with those that it took back. */
    beforeSeq: count.optional(),
    restoredSeq: count.optional(),
    seq: count.optional(),
  }),
});
export type RestoreOrder = z.infer<typeof RestoreOrderData>;
export type RestoreEnd = z.infer<typeof RestoreEnded>["data"];
