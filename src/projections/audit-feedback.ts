/** Feedback in the audit list: what was said last, field by field. */
import type { FeedbackGiven } from "#events/reader-events.ts";

/** What people think of an answer. Fields that nobody gave, or that were taken back, are absent. */
export interface AuditFeedback {
  /** 1 good, -1 bad, 0 neither. */
  value?: number;
  /** From 0 to 100. */
  score?: number;
  metadata?: Record<string, string | number | boolean>;
  /** Who spoke last, and when. */
  by: string;
  at: number;
}

/** Feedback as it stands after one more was given at `at`, milliseconds. */
export function addFeedback(
  before: AuditFeedback | undefined,
  { member, feedback, score, metadata }: FeedbackGiven["data"],
  at: number,
): AuditFeedback {
  const given = { value: feedback, score, metadata };
  const after: Record<string, unknown> = { ...before, by: member, at };
  for (const [field, value] of Object.entries(given)) {
    if (value === null) delete after[field];
    else if (value !== undefined) after[field] = value;
  }
  return after as unknown as AuditFeedback;
}
