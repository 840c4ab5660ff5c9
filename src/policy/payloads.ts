/**
 * Which requests' texts are kept, and how: the `payloads` section of a policy. Without it nothing is
 * kept.
 */
import * as z from "zod";
import type { PolicyDocument, PolicyWhen } from "./document.ts";
import { compileWhen, type Condition, type Subject } from "./when.ts";

/**
 * From least to most. `metadata` keeps sizes alone; `redacted` texts in which everything that a data
 * rule finds is replaced; `full` texts as they went to the provider and as the caller got them.
 */
export const payloadModes = ["off", "metadata", "redacted", "full"] as const;
export type PayloadMode = (typeof payloadModes)[number];

const Mode = z.enum(payloadModes);

/** Rules one by one: the request path tries each. */
const rulesMax = 50;

/** The section's schema; `when` is the document's own. */
export function payloadsSchema<W extends z.ZodType<PolicyWhen>>(when: W) {
  return z.strictObject({
    mode: Mode.default("off"),
    /** In place of `mode` for those whom a rule's `when` names; the first that applies decides. */
    rules: z
      .array(z.strictObject({ mode: Mode, when }))
      .max(rulesMax)
      .default([]),
    /** How far a caller's headers may raise what is kept; they may always lessen it. */
    callersMayRaiseTo: Mode.default("off"),
    retentionDays: z.int().min(1).max(3_650).default(30),
    /** Characters of a prompt, and of each text of an answer: what is longer is cut, and says so. */
    charsMax: z.int().min(1_024).max(1_048_576).default(262_144),
    /** Who may read what is kept; `member` reads their own. */
    readers: z
      .array(z.enum(["admin", "auditor", "member"]))
      .max(3)
      .default(["auditor"]),
  });
}

type PayloadsSection = NonNullable<PolicyDocument["payloads"]>;

/** What is kept of one request. */
export interface PayloadSpec {
  mode: PayloadMode;
  callersMayRaiseTo: PayloadMode;
  retentionDays: number;
  charsMax: number;
}

/** What a caller's headers wish; absent where they say nothing. */
export interface PayloadWish {
  /** Whether anything is kept. */
  log?: boolean;
  /** Whether texts are kept. */
  payload?: boolean;
}

/** A section ready for the request path. */
export type CompiledPayloads = (subject: Subject) => PayloadSpec;

export function compilePayloads(
  section: PayloadsSection | undefined,
): CompiledPayloads | undefined {
  if (section === undefined) return undefined;
  const { callersMayRaiseTo, retentionDays, charsMax } = section;
  const rules: [Condition, PayloadMode][] = section.rules.map(({ when, mode }) => [
    compileWhen(when),
    mode,
  ]);
  return (subject) => ({
    mode: rules.find(([applies]) => applies(subject))?.[1] ?? section.mode,
    callersMayRaiseTo,
    retentionDays,
    charsMax,
  });
}

const rank = (mode: PayloadMode): number => payloadModes.indexOf(mode);
const least = (a: PayloadMode, b: PayloadMode): PayloadMode => (rank(a) < rank(b) ? a : b);
const most = (a: PayloadMode, b: PayloadMode): PayloadMode => (rank(a) < rank(b) ? b : a);

/** The mode of one request: wishes lessen freely, and raise as far as policy lets them. */
export function payloadMode(spec: PayloadSpec, wish: PayloadWish): PayloadMode {
  const { mode, callersMayRaiseTo } = spec;
  if (wish.log === false) return "off";
  if (wish.payload === false) return least(mode, "metadata");
  if (wish.payload === true) return most(mode, callersMayRaiseTo);
  if (wish.log === true) return most(mode, least(callersMayRaiseTo, "metadata"));
  return mode;
}
