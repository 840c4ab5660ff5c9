/** What the record says of entities, which a service beside the program finds in prompts. */
import * as z from "zod";

/** Rules that could not look for what a service finds: it said nothing that can be used. */
export const UnsearchedData = z.strictObject({
  /** Ids of rules; some of them where there are many. */
  rules: z.array(z.string().max(200)).max(32),
  failure: z.enum([
    "timeout",
    "unreachable",
    "status",
    "unreadable",
    "not_configured",
    "resting",
    "too_large",
  ]),
});
export type UnsearchedData = z.infer<typeof UnsearchedData>;
