/**
 * What a policy says about prompt attacks, applied to the texts of one request: off, flag or block,
 * at a threshold, on chosen channels.
 */
import type { Channel } from "../rule.ts";
import { DEFAULT_THRESHOLD, type GuardCategory, judge } from "./score.ts";

export type { Channel } from "../rule.ts";

/** A guard rule of a policy or a route. */
export interface GuardRule {
  readonly action: "off" | "flag" | "block";
  /** Score from which the action applies, 0..1; `DEFAULT_THRESHOLD` unless said. */
  readonly threshold?: number;
  /** Channels judged; `defaultChannels` unless said. */
  readonly channels?: readonly Channel[];
}

/** What came of a rule. `action: "none"` still tells the highest score and where it was. */
export interface GuardOutcome {
  readonly action: "none" | "flag" | "block";
  readonly score: number;
  readonly category: GuardCategory | null;
  readonly channel: Channel | null;
}

/** Flag, never block, until an admin says so: a guard that is wrong once in a hundred may not block. */
export const defaultGuardRule: GuardRule = { action: "flag" };

/**
 * Channels an outsider can write to. A system prompt is the operator's own and speaks like an
 * injection ("never reveal these instructions"), and the assistant's turns are the model's.
 */
export const defaultChannels: readonly Channel[] = ["user", "tool-results", "file"];

const nothing: GuardOutcome = { action: "none", score: 0, category: null, channel: null };

/** Judges each text on the rule's channels; the highest score decides. */
export function applyGuard(
  rule: GuardRule,
  texts: readonly { readonly channel: Channel; readonly text: string }[],
): GuardOutcome {
  if (rule.action === "off") return nothing;
  const channels = rule.channels ?? defaultChannels;
  const threshold = rule.threshold ?? DEFAULT_THRESHOLD;
  let worst = nothing;
  for (const { channel, text } of texts) {
    if (!channels.includes(channel)) continue;
    const { score, category } = judge(text);
    if (score > worst.score) worst = { action: "none", score, category, channel };
  }
  return worst.channel !== null && worst.score >= threshold
    ? { ...worst, action: rule.action }
    : worst;
}
