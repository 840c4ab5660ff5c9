/**
 * Kept texts under a draft's data rules: what was found in one request's, which requests had texts to
 * read, and what rules would have done to answers. Never a text.
 */

/** What the draft's rules find in one request's kept prompt, beyond what was done to it. */
export interface Reread {
  /** The rule that would have blocked it. */
  by?: string;
  /** Rules that would have hidden something that nothing hid. */
  hides?: string[];
}

/** By request id; requests that nothing new was found in are not there. */
export type Rereads = Record<string, Reread>;

/** What one data rule would have done to answers. */
export interface AnswerDifference {
  blocked: number;
  redacted: number;
}

/** Requests with an answer from a provider, each in one of the first seven, and what was found. */
export interface TextsTold {
  /** Prompt and answer were read. */
  read: number;
  /** Policy kept no texts, or sizes alone. */
  notKept: number;
  /** The key was destroyed with the person's erasure: nobody knows. */
  erased: number;
  /** Retention was over. */
  expired: number;
  /** The store does not have what the record names. */
  lost: number;
  /** Kept in part, or in a form that texts cannot be taken from. */
  unread: number;
  /** More than are read in one run. */
  over: number;
  /** Answers that a rule would have blocked, or hidden something in, that came as they were. */
  answersBlocked: number;
  answersRedacted: number;
  answersByRule: Record<string, AnswerDifference>;
}

export function noTexts(): TextsTold {
  return {
    read: 0,
    notKept: 0,
    erased: 0,
    expired: 0,
    lost: 0,
    unread: 0,
    over: 0,
    answersBlocked: 0,
    answersRedacted: 0,
    answersByRule: {},
  };
}

/** What became of a request's texts. */
export type TextsFate = "read" | "notKept" | "erased" | "expired" | "lost" | "unread" | "over";

/** Notes what rules would have done to one answer. */
export function noteAnswer(
  told: TextsTold,
  by: string | undefined,
  hides: readonly string[],
): void {
  const ruleOf = (rule: string): AnswerDifference =>
    (told.answersByRule[rule] ??= { blocked: 0, redacted: 0 });
  if (by !== undefined) {
    told.answersBlocked += 1;
    ruleOf(by).blocked += 1;
    return;
  }
  if (hides.length > 0) told.answersRedacted += 1;
  for (const rule of hides) ruleOf(rule).redacted += 1;
}

/** The sums of two; absent where neither was told. */
export function mergeTexts(a?: TextsTold, b?: TextsTold): { texts?: TextsTold } {
  const one = a ?? b;
  if (a === undefined || b === undefined) return one === undefined ? {} : { texts: one };
  const answersByRule = { ...a.answersByRule };
  for (const [rule, { blocked, redacted }] of Object.entries(b.answersByRule)) {
    const known = answersByRule[rule] ?? { blocked: 0, redacted: 0 };
    answersByRule[rule] = {
      blocked: known.blocked + blocked,
      redacted: known.redacted + redacted,
    };
  }
  return {
    texts: {
      read: a.read + b.read,
      notKept: a.notKept + b.notKept,
      erased: a.erased + b.erased,
      expired: a.expired + b.expired,
      lost: a.lost + b.lost,
      unread: a.unread + b.unread,
      over: a.over + b.over,
      answersBlocked: a.answersBlocked + b.answersBlocked,
      answersRedacted: a.answersRedacted + b.answersRedacted,
      answersByRule,
    },
  };
}
