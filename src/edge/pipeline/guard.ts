/**
 * The prompt guard over one request's texts: the first stage judges them all, the rule of the
 * document or of the route decides, and a second opinion may change what was in doubt.
 *
 * Invariants: no text is in what is recorded; without a second opinion the first stage's word
 * stands.
 */
import {
  type Channel,
  type GuardOutcome,
  type GuardRule,
  type Judged,
  inDoubt,
  judgeTexts,
  outcomeOf,
  scoresByChannel,
  watchedChannels,
} from "#dlp/guard/rule.ts";
import { opinionOf } from "#dlp/guard/second-stage.ts";
import type { GuardData, GuardSecondData } from "#events/guard-events.ts";
import type { PolicyDocument } from "#policy/document.ts";
import { guardFor, type PolicyGuard, type PolicySecondStage } from "#policy/guard.ts";
import type { TextSlot } from "#providers/types.ts";

/** The texts as the first stage judged them; none where no rule of the policy looks at any. */
export interface FirstLook {
  judged: readonly Judged[];
  /** What the document's own rule makes of them: what routes go by. */
  action: GuardOutcome["action"];
}

/** What the guard makes of a request under the rule that applies to it. */
export interface GuardJudgement {
  blocked: boolean;
  /** What the event records; absent when the guard is off. */
  outcome?: GuardData;
  /** Who is to be asked, about which of the request's texts, likeliest attack first. */
  asks?: { stage: PolicySecondStage; texts: readonly number[] };
}

/** Channels that the document or one of its routes has judged. */
const watched = new WeakMap<PolicyDocument, Channel[]>();

function channelsOf(document: PolicyDocument): Channel[] {
  let channels = watched.get(document);
  if (channels === undefined) {
    const rules = [undefined, ...(document.routes ?? []).map(({ guard }) => guard)];
    channels = [
      ...new Set(rules.flatMap((own) => watchedChannels(ruleOf(guardFor(document.guard, own))))),
    ];
    watched.set(document, channels);
  }
  return channels;
}

function ruleOf({ secondStage, ...rule }: PolicyGuard): GuardRule {
  return secondStage === undefined ? rule : { ...rule, band: secondStage.band };
}

/** Judges a prompt before anything in it is redacted. */
export function lookAt(document: PolicyDocument, slots: readonly TextSlot[]): FirstLook {
  const channels = channelsOf(document);
  const judged = channels.length === 0 ? [] : judgeTexts(slots, channels);
  return { judged, action: outcomeOf(ruleOf(document.guard), judged).action };
}

/** Decides under a rule; `second` is what a classifier said of the texts in doubt. */
export function judgePrompt(
  guard: PolicyGuard,
  { judged, action: first }: FirstLook,
  second?: GuardSecondData,
): GuardJudgement {
  const rule = ruleOf(guard);
  const channels = watchedChannels(rule);
  if (channels.length === 0) return { blocked: false };
  const stage = guard.secondStage;
  const opinion = second && stage && opinionOf(second.outcome, stage.failMode);
  const { action, score, category, channel } = outcomeOf(rule, judged, opinion);
  const outcome: GuardData = { action, score: rounded(score), category };
  if (channel !== null) outcome.channel = channel;
  const scores = scoresByChannel(judged.filter((one) => channels.includes(one.channel)));
  if (scores.length > 0) {
    outcome.scores = scores.map((one) => ({ channel: one.channel, score: rounded(one.score) }));
  }
  if (first !== action) outcome.first = first;
  if (second !== undefined) outcome.second = second;
  const judgement: GuardJudgement = { blocked: action === "block", outcome };
  const doubted = stage === undefined ? [] : inDoubt(rule, judged);
  if (stage !== undefined && doubted.length > 0 && !isDecided(rule, judged)) {
    judgement.asks = { stage, texts: doubted.map(({ index }) => index) };
  }
  return judgement;
}

/** Whether a text that is in no doubt blocks already, so that nobody need be asked. */
function isDecided(rule: GuardRule, judged: readonly Judged[]): boolean {
  return outcomeOf(rule, judged, "safe").action === "block";
}

const rounded = (score: number): number => Math.round(score * 1_000) / 1_000;
