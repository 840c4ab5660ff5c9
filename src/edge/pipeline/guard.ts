/** Runs the prompt guard over a prompt's texts, as the policy's guard rule says. */
import { applyGuard } from "#dlp/guard/rule.ts";
import type { PolicyDocument } from "#policy/document.ts";
import type { TextSlot } from "#providers/types.ts";

export interface GuardJudgement {
  blocked: boolean;
  /** What the event records; absent when the guard is off. */
  outcome?: { action: string; score: number; category: string | null };
}

/** Judges a prompt before anything in it is redacted. */
export function judgePrompt(
  rule: PolicyDocument["guard"],
  slots: readonly TextSlot[],
): GuardJudgement {
  if (rule.action === "off") return { blocked: false };
  const { action, threshold, channels } = rule;
  const outcome = applyGuard(
    {
      action,
      ...(threshold === undefined ? {} : { threshold }),
      ...(channels === undefined ? {} : { channels }),
    },
    slots,
  );
  return {
    blocked: outcome.action === "block",
    outcome: {
      action: outcome.action,
      score: Math.round(outcome.score * 1_000) / 1_000,
      category: outcome.category,
    },
  };
}
