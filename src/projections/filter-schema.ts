/** The audit filter's schema: every field bounded, for query strings and for live tails. */
import * as z from "zod";
import type { AuditFilter } from "./queries.ts";

const amount = z.int().min(0);
const name = z.string().min(1).max(200);
const time = z.int().min(0).max(8_640_000_000_000_000);

/** Parses an `AuditFilter` from plain data. */
export const AuditFilterSchema = z.strictObject({
  kind: z.enum(["request", "refusals", "access", "act"]).exactOptional(),
  user: name.exactOptional(),
  team: name.exactOptional(),
  model: name.exactOptional(),
  provider: name.exactOptional(),
  action: name.exactOptional(),
  resource: name.exactOptional(),
  dlp: z.enum(["none", "warned", "redacted", "blocked"]).exactOptional(),
  outcome: z
    .enum([
      "admitted",
      "completed",
      "failed",
      "aborted",
      "blocked",
      "cut",
      "refused",
      "released",
      "expired",
      "orphaned",
    ])
    .exactOptional(),
  code: name.exactOptional(),
  route: name.exactOptional(),
  key: name.exactOptional(),
  tag: name.exactOptional(),
  costNanosMin: amount.exactOptional(),
  costNanosMax: amount.exactOptional(),
  latencyMsMin: amount.exactOptional(),
  latencyMsMax: amount.exactOptional(),
  from: time.exactOptional(),
  to: time.exactOptional(),
}) satisfies z.ZodType<AuditFilter>;
