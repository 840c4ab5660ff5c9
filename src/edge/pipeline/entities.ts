/**
 * What the service of `dlp.entities` finds in a prompt, asked before the request is planned, since a
 * plan hides what is found.
 *
 * Invariants: nobody is asked where no rule watches a text; the same question is asked once a request,
 * whatever is planned anew; what cannot be asked in full counts as a failure, never as clean; no text
 * and no word of the answer leaves the request.
 */
import type { Env } from "#actors/kit/env.ts";
import { entityMatches, type EntitySpan, readSpans } from "#dlp/entities.ts";
import type { DlpRule } from "#dlp/rule.ts";
import { tryParseJson } from "#events/parse-json.ts";
import type { UnsearchedData } from "#events/entity-events.ts";
import type { PolicyEntities } from "#policy/entities.ts";
import type { TextSlot } from "#providers/types.ts";
import { parseBody } from "../body.ts";
import {
  entityAnswerBytesMax,
  entityCharsMax,
  entityTextsMax,
  unsearchedRulesMax,
} from "../limits.ts";
import type { LivePolicy } from "../policy-cache.ts";
import { askService, type Unheard } from "./ask-service.ts";
import type { Call, Verdict } from "./plan.ts";

type Failure = Unheard["failure"] | "unreadable" | "too_large";

/** What was asked and what came of it: the spans of each text, in the order they were asked about. */
export interface EntityAnswer {
  question: string;
  spans?: readonly (readonly EntitySpan[])[];
  failure?: Failure;
}

/** What a plan goes by. */
export interface EntityLook {
  /** By the place of the text among the body's. */
  spansOf: (index: number) => readonly EntitySpan[];
  /** The words that rules look for, each with its type, the longest first. */
  named: readonly (readonly [text: string, type: string])[];
  /** The refusal where the service failed and policy does without it for nobody. */
  verdict?: Verdict;
  /** For the record, where the service failed: policy may let the prompt go on. */
  unsearched?: UnsearchedData;
}

const NONE: readonly EntitySpan[] = [];
const NOTHING: EntityLook = { spansOf: () => NONE, named: [] };

/** A question to the service. */
interface Question {
  entities: PolicyEntities;
  types: readonly string[];
  texts: readonly string[];
  /** The place of each text among the body's. */
  places: readonly number[];
  /** The rule that must not do without an answer. */
  needs: DlpRule | undefined;
  /** Ids of the rules that watch any of the texts. */
  watching: string[];
  key: string;
}

/** Asks what the plan under this policy will need, unless this request has been told already. */
export async function askEntities(env: Env, call: Call, policy: LivePolicy): Promise<void> {
  if (policy.dlp.entityRules.length === 0) return;
  const { asked } = call;
  const question = questionOf(policy, asked.endpoint.texts(parseBody(asked.text)));
  if (question === undefined || knownAnswer(call, question) !== undefined) return;
  const answer = await answerTo(env, question);
  (call.entities ??= []).push({ question: question.key, ...answer });
}

/**
 * What the service said of these texts. A draft in the shadow asks nobody: what the policy in force
 * did not ask is taken for not found.
 */
export function entityLook(call: Call, policy: LivePolicy, slots: readonly TextSlot[]): EntityLook {
  if (policy.dlp.entityRules.length === 0) return NOTHING;
  const question = questionOf(policy, slots);
  const answer = question && knownAnswer(call, question);
  if (question === undefined || answer === undefined) return NOTHING;
  const { spans, failure } = answer;
  if (failure !== undefined) {
    const { needs, entities, watching } = question;
    const look = { ...NOTHING, unsearched: { rules: watching, failure } };
    if (needs === undefined || entities.onFailure === "pass") return look;
    return { ...look, verdict: refusalOf(needs, failure) };
  }
  const byPlace = new Map(question.places.map((place, index) => [place, spans?.[index] ?? NONE]));
  const named = question.texts.flatMap((text, index) =>
    (spans?.[index] ?? NONE)
      .filter((span) => entityMatches(policy.dlp.entityRules, [span]).length > 0)
      .map(({ start, end, type }) => [text.slice(start, end), type] as const),
  );
  return {
    spansOf: (index) => byPlace.get(index) ?? NONE,
    named: [...new Map(named)].toSorted(([a], [b]) => b.length - a.length),
  };
}

const knownAnswer = ({ entities = [] }: Call, { key }: Question): EntityAnswer | undefined =>
  entities.find(({ question }) => question === key);

const watches = (rule: DlpRule, { channel }: TextSlot): boolean =>
  rule.channels?.includes(channel) ?? true;

/** What is to be asked; undefined where no rule watches any text. */
function questionOf(policy: LivePolicy, slots: readonly TextSlot[]): Question | undefined {
  const { entities } = policy.snapshot.document.dlp;
  const rules = policy.dlp.entityRules;
  if (entities === undefined) return undefined;
  const places = [...slots.keys()].filter((index) => {
    const slot = slots[index];
    return slot !== undefined && slot.text !== "" && rules.some((rule) => watches(rule, slot));
  });
  if (places.length === 0) return undefined;
  const watched = places.flatMap((index) => slots[index] ?? []);
  const needs = rules.find(
    (rule) =>
      rule.mode === "enforce" &&
      rule.action !== "warn" &&
      watched.some((slot) => watches(rule, slot)),
  );
  const watching = rules
    .filter((rule) => watched.some((slot) => watches(rule, slot)))
    .map(({ id }) => id)
    .slice(0, unsearchedRulesMax);
  const types = [...new Set(rules.flatMap(({ entity }) => entity ?? []))];
  const texts = watched.map(({ text }) => text);
  const { url, binding, secret } = entities;
  const key = JSON.stringify([url, binding, secret, types, places]);
  return { entities, types, texts, places, needs, watching, key };
}

async function answerTo(
  env: Env,
  { entities, types, texts }: Question,
): Promise<Omit<EntityAnswer, "question">> {
  const chars = texts.reduce((sum, text) => sum + text.length, 0);
  if (texts.length > entityTextsMax || chars > entityCharsMax) return { failure: "too_large" };
  const service = { ...entities, name: "entities", kind: "entities" };
  const reply = await askService(
    env,
    service,
    { texts, types },
    entityAnswerBytesMax,
    (_status, text) => {
      const spans = readSpans(tryParseJson(text ?? ""), texts);
      return { heard: spans, ill: spans === null };
    },
  );
  if ("failure" in reply) return { failure: reply.failure };
  return reply.heard === null ? { failure: "unreadable" } : { spans: reply.heard };
}

function refusalOf(rule: DlpRule, failure: Failure): Verdict {
  const why =
    failure === "too_large"
      ? `The prompt has more than the ${entityTextsMax} texts or ${entityCharsMax} characters that it is asked about at once. Send less.`
      : `It gave no answer that can be used (${failure}). Try again in a moment, or tell your organisation's admin.`;
  return {
    code: "entities_unavailable",
    by: rule.id,
    message: `The data rule "${rule.id}" needs a service to look for entities, so nothing is let through without it. ${why}`,
  };
}
