/** What some addresses answer, as schemas: each is held to the type that the gateway answers with. */
import * as z from "zod";
import type { ScanAnswer } from "#edge/dlp-scan.ts";
import type { WhatIfFrame } from "#actors/ledger/what-if.ts";
import type { WhatIfResult } from "#projections/what-if/result.ts";

/** The schema as it is, if it says all of a type and nothing else. */
const says =
  <Type>() =>
  <Schema extends z.ZodType<Type>>(
    schema: Schema & (Type extends z.output<Schema> ? unknown : never),
  ): Schema =>
    schema;

const count = z.int().min(0);
const action = z.enum(["off", "warn", "redact", "mask", "tokenize", "block"]);

/** `POST /dlp/scan`. */
export const ScanAnswerSchema = says<ScanAnswer>()(
  z.strictObject({
    matches: z.array(
      z.strictObject({
        start: count,
        end: count,
        detector: z.string(),
        rule: z.string(),
        confidence: z.number(),
        action,
        enforced: z.boolean(),
        lasting: z.boolean().exactOptional(),
        why: z.array(z.string()).readonly(),
        runsOn: z.string().exactOptional(),
      }),
    ),
    redacted: z.string(),
    findings: z.array(
      z.strictObject({
        rule: z.string(),
        detector: z.string(),
        action,
        enforced: z.boolean(),
        direction: z.enum(["prompt", "answer"]),
        channel: z.enum([
          "system",
          "user",
          "assistant",
          "tool-arguments",
          "tool-results",
          "reasoning",
          "file",
        ]),
        count,
        lengths: z.array(count),
      }),
    ),
    blockedBy: z.string().nullable(),
    patternCosts: z.record(z.string(), z.enum(["small", "medium", "large"])),
  }),
);

const difference = {
  requests: count,
  newlyRefused: count,
  newlyAllowed: count,
  costNanosBefore: z.int(),
  costNanosAfter: z.int(),
};
const groups = z.record(z.string(), z.strictObject(difference));

const texts = z.strictObject({
  read: count,
  notKept: count,
  erased: count,
  expired: count,
  lost: count,
  unread: count,
  over: count,
  answersBlocked: count,
  answersRedacted: count,
  answersByRule: z.record(z.string(), z.strictObject({ blocked: count, redacted: count })),
});

const result = says<WhatIfResult>()(
  z.strictObject({
    ...difference,
    newlyBlocked: count,
    newlyLimited: count,
    newlyRedacted: count,
    rerouted: count,
    newlyAllowedBoundNanos: count,
    countedRefusals: count,
    unknownMembers: count,
    splitMembers: count,
    splitLate: count,
    byModel: groups,
    byUser: groups,
    byDay: groups,
    byRule: z.record(z.string(), z.strictObject({ newlyRefused: count, newlyRedacted: count })),
    firstRefusedAt: z.record(z.string(), count),
    changed: z.array(
      z.strictObject({
        requestId: z.string(),
        at: count,
        user: z.string(),
        model: z.string(),
        code: z.string().exactOptional(),
        by: z.string().exactOptional(),
      }),
    ),
    sample: z.strictObject({ share: z.number(), members: count, of: count }).exactOptional(),
    texts: texts.exactOptional(),
  }),
);

/** One line of `POST /policy/what-if`. */
export const WhatIfLine = says<WhatIfFrame>()(
  z.union([
    z.strictObject({ texts: count }),
    z.strictObject({ done: count, of: count }),
    z.strictObject({ result, since: count.exactOptional() }),
  ]),
);
