/** What a scan reports of one match. */
import type { Candidate } from "./kit/detector.ts";
import type { DlpAction, DlpRule } from "./rule.ts";

/** One match: offsets are UTF-16 units of the text as given. */
export interface Match {
  start: number;
  end: number;
  detector: string;
  rule: string;
  confidence: number;
  action: DlpAction;
  enforced: boolean;
  /** Its placeholder is the same in the whole conversation. */
  lasting?: boolean;
  /** The evidence for it. */
  why: readonly string[];
  /** The match reached its bound inside a run of letters, digits and these characters. */
  runsOn?: string;
}

/** What a rule says of whatever one detector finds: looked up once, since a text may be all findings. */
export interface Verdict {
  readonly detector: string;
  readonly rule: string;
  readonly threshold: number;
  readonly action: DlpAction;
  readonly enforced: boolean;
  readonly lasting: boolean;
}

/** The verdict of a rule on what is called `detector` in its matches. */
export function verdictOf(rule: DlpRule, detector: string): Verdict {
  const { id, threshold = 0.5, action, mode, lifetime } = rule;
  const [enforced, lasting] = [mode === "enforce", lifetime === "conversation"];
  return { detector, rule: id, threshold, action, enforced, lasting };
}

/** The match that a candidate is to a rule, between two offsets of the text as given. */
export function matchOf(verdict: Verdict, candidate: Candidate, start: number, end: number): Match {
  const { detector, rule, action, enforced } = verdict;
  const { confidence, why, runsOn } = candidate;
  const match: Match = { start, end, detector, rule, confidence, action, enforced, why };
  if (verdict.lasting) match.lasting = true;
  if (runsOn !== undefined) match.runsOn = runsOn;
  return match;
}

/** A match between other offsets. Written out, since copies of all that there is take many times as long. */
export function cutTo(whole: Match, start: number, end: number): Match {
  const { detector, rule, confidence, action, enforced, why } = whole;
  const match: Match = { start, end, detector, rule, confidence, action, enforced, why };
  if (whole.lasting !== undefined) match.lasting = whole.lasting;
  if (whole.runsOn !== undefined) match.runsOn = whole.runsOn;
  return match;
}
