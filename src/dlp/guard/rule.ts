/**
 * What a policy says about prompt attacks, applied to the texts of one request: off, flag or block,
 * at a threshold, on chosen channels, and with a second opinion on scores that are in doubt.
 */
import type { Channel } from "../rule.ts";
import { DEFAULT_THRESHOLD, type GuardCategory, judge } from "./score.ts";

export type { Channel } from "../rule.ts";

type Action = "off" | "flag" | "block";

/** What is done from which score on. */
interface Level {
  readonly action?: Action | undefined;
  /** Score from which the action applies, 0..1. */
  readonly threshold?: number | undefined;
}

/** A guard rule of a policy or a route. */
export interface GuardRule extends Level {
  readonly action: Action;
  /** Channels judged; `defaultChannels` unless said. */
  readonly channels?: readonly Channel[] | undefined;
  /** Where a channel is treated otherwise; one that is named here is judged. */
  readonly byChannel?: Readonly<Partial<Record<Channel, Level>>> | undefined;
  /** Scores that a second stage is asked about: from `from` up to, not at, `to`. */
  readonly band?: { readonly from: number; readonly to: number } | undefined;
}

/** One text as the first stage judged it; `index` is its place among the request's texts. */
export interface Judged {
  readonly index: number;
  readonly channel: Channel;
  readonly score: number;
  readonly category: GuardCategory | null;
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
const strength = { none: 0, flag: 1, block: 2 } as const;

/** The channels that a rule looks at; none where it does nothing on any. */
export function watchedChannels(rule: GuardRule): Channel[] {
  const named = Object.keys(rule.byChannel ?? {}) as Channel[];
  const all = new Set([...(rule.channels ?? defaultChannels), ...named]);
  return [...all].filter((channel) => levelOf(rule, channel).action !== "off");
}

function levelOf(rule: GuardRule, channel: Channel): { action: Action; threshold: number } {
  const own = rule.byChannel?.[channel];
  return {
    action: own?.action ?? rule.action,
    threshold: own?.threshold ?? rule.threshold ?? DEFAULT_THRESHOLD,
  };
}

/** The first stage: scores the texts on some channels. */
export function judgeTexts(
  texts: readonly { readonly channel: Channel; readonly text: string }[],
  channels: readonly Channel[],
): Judged[] {
  const judged: Judged[] = [];
  for (const [index, { channel, text }] of texts.entries()) {
    if (!channels.includes(channel)) continue;
    const { score, category } = judge(text);
    judged.push({ index, channel, score, category });
  }
  return judged;
}

const isInDoubt = ({ band }: GuardRule, score: number): boolean =>
  band !== undefined && score >= band.from && score < band.to;

/** The texts that a second stage is asked about, likeliest attack first. */
export function inDoubt(rule: GuardRule, judged: readonly Judged[]): Judged[] {
  const watched = watchedChannels(rule);
  return judged
    .filter(({ channel, score }) => watched.includes(channel) && isInDoubt(rule, score))
    .toSorted((a, b) => b.score - a.score);
}

/**
 * What becomes of judged texts: the strongest action decides, then the highest score. `opinion` is
 * the second stage's on texts in doubt; without one the first stage decides alone.
 */
export function outcomeOf(
  rule: GuardRule,
  judged: readonly Judged[],
  opinion?: "safe" | "unsafe",
): GuardOutcome {
  const watched = watchedChannels(rule);
  let worst = nothing;
  for (const { channel, score, category } of judged) {
    if (!watched.includes(channel)) continue;
    const { action, threshold } = levelOf(rule, channel);
    const asked = opinion !== undefined && isInDoubt(rule, score);
    const hit = asked ? opinion === "unsafe" : score >= threshold;
    const found = hit && action !== "off" ? action : "none";
    const more = strength[found] - strength[worst.action];
    if (more > 0 || (more === 0 && score > worst.score)) {
      worst = { action: found, score, category, channel };
    }
  }
  return worst;
}

/** Judges each text on the rule's channels by the first stage alone. */
export function applyGuard(
  rule: GuardRule,
  texts: readonly { readonly channel: Channel; readonly text: string }[],
): GuardOutcome {
  return outcomeOf(rule, judgeTexts(texts, watchedChannels(rule)));
}

/** The highest score of each channel that was judged. */
export function scoresByChannel(judged: readonly Judged[]): { channel: Channel; score: number }[] {
  const highest = new Map<Channel, number>();
  for (const { channel, score } of judged) {
    highest.set(channel, Math.max(highest.get(channel) ?? 0, score));
  }
  return [...highest].map(([channel, score]) => ({ channel, score }));
}
