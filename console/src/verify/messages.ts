/** What the page and its verifier say to each other. */
import type { Checkpoint } from "#events/checkpoint.ts";
import type { VerifyReport } from "#projections/verify/verify.ts";

export interface VerifyAsked {
  /** Base64, as the gateway publishes them or as somebody kept them. */
  publicKeys: string[];
  /** Checkpoints seen before: the archive must begin with what they saw. */
  trusted: Checkpoint[];
}

export type VerifyTold =
  | { kind: "progress"; events: number; of: number }
  | { kind: "done"; report: VerifyReport }
  | { kind: "failed"; message: string };
