/** Filters of the audit list that an organisation keeps under names. */
import * as z from "zod";

/** A named filter as it is kept: the audit list's own fields, each bounded. */
export const SavedViewData = z.strictObject({
  name: z.string().min(1).max(100),
  filter: z.record(z.string().max(40), z.union([z.string().max(200), z.number()])),
  /** The time before now that it shows, milliseconds, where it is not in the filter. */
  lastMs: z.int().min(1).optional(),
});
export type SavedViewData = z.infer<typeof SavedViewData>;

/** A filter is kept under a name, for everybody who reads the books; the whole of it is the new truth. */
export const SavedViewSet = z.strictObject({
  type: z.literal("SavedViewSet"),
  v: z.literal(1),
  data: SavedViewData.extend({ member: z.string().max(200) }),
});

/** A named filter is kept no more. */
export const SavedViewDeleted = z.strictObject({
  type: z.literal("SavedViewDeleted"),
  v: z.literal(1),
  data: z.strictObject({ name: z.string().max(100), member: z.string().max(200) }),
});
