/** One line of the audit list: what an auditor sees of a request, a read or an admin's act. */
import type { UnsearchedData } from "#events/entity-events.ts";
import type { GuardData } from "#events/guard-events.ts";
import type { PayloadData, TokensData } from "#events/payload-events.ts";
import type { ShadowAnswerData, ShadowData } from "#events/shadow-events.ts";
import type { FindingData } from "#events/user-events.ts";
import type { AuditFeedback } from "./audit-feedback.ts";

/** The strongest thing that was done about what a scan found. */
export type DlpResult = "none" | "warned" | "redacted" | "blocked";

/** How it ended; `admitted` while it runs, `orphaned` for a settlement that nobody asked for. */
export type AuditOutcome =
  | "admitted"
  | "completed"
  | "failed"
  | "aborted"
  | "blocked"
  | "cut"
  | "refused"
  | "released"
  | "expired"
  | "orphaned";

/** One call to one provider, as the list shows it. */
export interface AuditAttempt {
  provider: string;
  model: string;
  /** The alias of the credential; `caller` for a key that the caller brought. */
  credential?: string;
  /** HTTP status; 0 when no answer came. */
  status: number;
  code?: string;
  latencyMs: number;
  costNanos: number;
  /** `guard`: the guard's second stage was asked. */
  role?: "guard";
}

/** Where an entry's events are, so that their chain can be fetched and checked. */
export interface AuditSource {
  stream: string;
  epoch: number;
  /** The events that made the entry, in order. */
  seqs: number[];
}

/** `request`: a model call; `refusals`: several at once; `access`: a read; `act`: the rest. */
export type AuditKind = "request" | "refusals" | "access" | "act";

/** An entry. Fields that an event did not tell are absent. */
export interface AuditEntry {
  /** The request id, or one of the same form (UUIDv7) made of the event's time and hash. */
  id: string;
  kind: AuditKind;
  /** When it was admitted or refused, milliseconds since 1970. */
  at: number;
  /** The member; empty for the system itself. */
  user: string;
  keyId?: string;
  team?: string;
  tier?: string;
  /** The budgets that count it: name, kind of period, its first day, and scope, with bars between. */
  budgets?: string[];
  /** What its limits by tag counted it under. */
  tags?: string[];
  action: string;
  resource?: string;
  metadata?: Record<string, string | number | boolean>;
  dialect?: string;
  streaming?: boolean;
  /** The route of the policy that took it. */
  route?: string;
  modelAsked?: string;
  modelServed?: string;
  provider?: string;
  inputTokens?: number;
  outputTokens?: number;
  /** The part of the input that the provider read from its cache. */
  cachedTokens?: number;
  costNanos?: number;
  /** True when usage was bounded from what was seen instead of reported. */
  estimated?: boolean;
  /** What a correction gave back after an expired hold had been charged. */
  refundNanos?: number;
  /** What its settlement said, where a corrected price has changed `costNanos` since. */
  bookedNanos?: number;
  /** The order that changed it last, by its number in the policy stream. */
  correction?: number;
  dlp: DlpResult;
  findings: FindingData[];
  guard?: GuardData;
  /** Rules that could not look into the prompt, and why: their service did not answer. */
  unsearched?: UnsearchedData;
  cache?: "hit" | "miss" | "off";
  /** What a hit saved. */
  savedNanos?: number;
  policyVersion?: number;
  policyHash?: string;
  priceBook?: string;
  promptHash?: string;
  /** What a draft in the shadow would have made of it. */
  shadow?: ShadowData;
  shadowAnswer?: ShadowAnswerData;
  answerHash?: string;
  /** What was kept of prompt and answer. */
  payload?: PayloadData;
  /** What was kept of the values behind placeholders. */
  tokens?: TokensData;
  /** Why what was to be kept is not there. */
  payloadLost?: string;
  /** What people said of the answer afterwards. */
  feedback?: AuditFeedback;
  ip?: string;
  userAgent?: string;
  latencyMs?: number;
  firstByteMs?: number;
  /** The HTTP status that the caller got. */
  status?: number;
  finish?: string;
  outcome: AuditOutcome;
  /** Why it was refused or released. */
  code?: string;
  /** The limit, budget or rule that refused. */
  by?: string;
  /** How many refusals a `refusals` entry stands for. */
  count?: number;
  attempts?: AuditAttempt[];
  source: AuditSource;
}

/** The strongest result among findings; a rule that only watches counts as a warning. */
export function dlpResult(findings: readonly FindingData[]): DlpResult {
  let result: DlpResult = "none";
  for (const finding of findings) {
    if (finding.action === "off") continue;
    if (!finding.enforced || finding.action === "warn") {
      if (result === "none") result = "warned";
    } else if (finding.action === "block") {
      return "blocked";
    } else {
      result = "redacted";
    }
  }
  return result;
}

/**
 * An id for what has no request id: a UUIDv7 of the event's time whose random part is the event's
 * hash, so it sorts among request ids and every fold makes the same one.
 */
export function idOfEvent(at: number, hash: string): string {
  const time = at.toString(16).padStart(12, "0");
  const variant = "89ab"[Number.parseInt(hash.slice(3, 4), 16) & 3] ?? "8";
  const random = `7${hash.slice(0, 3)}-${variant}${hash.slice(4, 7)}-${hash.slice(7, 19)}`;
  return `${time.slice(0, 8)}-${time.slice(8)}-${random}`;
}
