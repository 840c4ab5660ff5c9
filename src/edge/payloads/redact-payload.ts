/**
 * What of a kept text is hidden: everything that any rule of the policy finds, whatever the rule does
 * to the text on its way. A rule that only watches, or that lets the caller see what the provider may
 * not, still keeps it out of what is stored.
 */
import { entityDetector } from "#dlp/entities.ts";
import { compileDlp, type DlpProgram } from "#dlp/program.ts";
import { redactText } from "#dlp/redact.ts";
import { placeholderName } from "#dlp/replace.ts";
import type { JsonObject, TextChannel, TextSlot } from "#providers/types.ts";
import type { LivePolicy } from "../policy-cache.ts";

const programs = new WeakMap<LivePolicy, DlpProgram>();

function strictOf(policy: LivePolicy): DlpProgram {
  let program = programs.get(policy);
  if (program === undefined) {
    const rules = policy.dlp.rules
      // What a service finds is hidden by its words, see `hideNamed`.
      .filter(({ action, entity }) => action !== "off" && entity === undefined)
      .map(({ channels: _everywhere, ...rule }) => ({
        ...rule,
        action: "redact" as const,
        mode: "enforce" as const,
        directions: ["prompt", "answer"] as const,
      }));
    program = compileDlp(rules);
    programs.set(policy, program);
  }
  return program;
}

/** A text that a service found in the prompt, and as what. */
export type Named = readonly [text: string, type: string];

/** Hides what a service found in the prompt wherever it stands, also where the answer repeats it. */
function hideNamed(text: string, named: readonly Named[]): string {
  let hidden = text;
  for (const [words, type] of named) {
    hidden = hidden.replaceAll(words, `[REDACTED:${placeholderName(entityDetector(type))}]`);
  }
  return hidden;
}

/** A prompt's body as JSON, its texts redacted. The body itself stays as it is. */
export function redactBody(
  policy: LivePolicy,
  body: JsonObject,
  textsOf: (body: JsonObject) => TextSlot[],
  named: readonly Named[] = [],
): string {
  const copy = structuredClone(body);
  const program = strictOf(policy);
  for (const slot of textsOf(copy)) {
    const { text } = redactText(program, hideNamed(slot.text, named), {
      direction: "prompt",
      channel: slot.channel,
    });
    if (text !== slot.text) slot.replace(text);
  }
  return JSON.stringify(copy, (_name, value: unknown) => readable(value));
}

/** Pictures, recordings and numbered tokens: nobody has looked into them, so they are left out. */
function readable(value: unknown): unknown {
  if (typeof value === "string" && isBinary(value)) return `[${value.length} characters left out]`;
  const isNumbers =
    Array.isArray(value) && value.length > 0 && value.every((one) => typeof one === "number");
  return isNumbers ? `[${value.length} numbers left out]` : value;
}

function isBinary(text: string): boolean {
  return text.startsWith("data:") || (text.length > 1_000 && /^[\w+/=-]+$/.test(text));
}

/** A run of an answer's text, redacted. */
export function redactRun(
  policy: LivePolicy,
  channel: TextChannel,
  text: string,
  named: readonly Named[] = [],
): string {
  return redactText(strictOf(policy), hideNamed(text, named), { direction: "answer", channel })
    .text;
}
