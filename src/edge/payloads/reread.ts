/**
 * One request's kept texts under a draft's data rules: what they would have blocked or hidden beyond
 * what was. Names of rules come out of this file, never a text.
 *
 * A kept text is what was left once the rules of its time had hidden their part, so whatever is found
 * in it is new. What they had hidden is known by what the record says of it: rule and detector.
 */
import type { DlpRule } from "#dlp/rule.ts";
import type { DlpProgram } from "#dlp/program.ts";
import { looksFor } from "#dlp/program.ts";
import { openJsonStream } from "#dlp/json-stream.ts";
import { openStream, type StreamRedactor } from "#dlp/stream.ts";
import { redactText } from "#dlp/redact.ts";
import { tryParseJson } from "#events/parse-json.ts";
import type { FindingData } from "#events/user-events.ts";
import { hides, hidingRules } from "#projections/shadow.ts";
import { openFrames } from "#providers/frames.ts";
import type { Json, JsonObject, StreamSlot, TextChannel, TextSlot } from "#providers/types.ts";
import type { AuditEntry } from "#projections/audit-entry.ts";
import { isObject } from "#providers/json.ts";
import type { Endpoint } from "../pipeline/endpoint.ts";
import { ENDPOINTS } from "../surface/endpoints.ts";
import { opaqueTexts } from "../surface/opaque.ts";
import type { KeptPayload } from "./keep-payload.ts";

/** What rules make of the texts of one direction. */
export interface Found {
  by?: string;
  hides: string[];
}

/** Both directions; no answer where its texts cannot be taken from what was kept. */
export interface Reading {
  prompt: Found;
  answer: Found | undefined;
}

/** Reads what was kept of a request; undefined when its prompt's texts cannot be taken from it. */
export function rereadPayload(
  program: DlpProgram,
  entry: AuditEntry,
  kept: KeptPayload,
): Reading | undefined {
  const endpoints = Object.values(ENDPOINTS).filter(({ dialect }) => dialect.id === entry.dialect);
  const prompt = new Finder(program, "prompt");
  const slots = promptTexts(endpoints, tryParseJson(kept.prompt) as Json | undefined);
  if (slots === undefined) return undefined;
  for (const { channel, text } of slots) prompt.whole(channel, text);
  const answer = new Finder(program, "answer");
  const isRead = readAnswer(answer, endpoints, entry, kept.answer);
  const found = prompt.foundWith(entry.findings);
  // One that was blocked at the time is no news.
  if (entry.outcome === "blocked") return { prompt: found, answer: { hides: [] } };
  return { prompt: found, answer: isRead ? answer.foundWith(entry.findings) : undefined };
}

/** A prompt's texts, by whichever endpoint of the dialect finds any. */
function promptTexts(
  endpoints: readonly Endpoint[],
  body: Json | undefined,
): TextSlot[] | undefined {
  if (!isObject(body)) return undefined;
  if (typeof body["kind"] === "string") return opaqueTexts(body);
  return firstWith(endpoints, (endpoint) => endpoint.texts(body));
}

function firstWith(
  endpoints: readonly Endpoint[],
  texts: (endpoint: Endpoint) => TextSlot[],
): TextSlot[] {
  for (const endpoint of endpoints) {
    const found = attempt(() => texts(endpoint));
    if (found !== undefined && found.length > 0) return found;
  }
  return [];
}

function attempt<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch {
    return undefined;
  }
}

/** Reads an answer; false when it is not one that texts can be taken from. */
function readAnswer(
  finder: Finder,
  endpoints: readonly Endpoint[],
  entry: AuditEntry,
  answer: KeptPayload["answer"],
): boolean {
  const isStream = entry.streaming === true;
  if ("texts" in answer) {
    for (const { channel, text } of answer.texts) {
      const of = channel as TextChannel;
      if (isStream && of === "tool-arguments")
        finder.stream({ key: of, channel: of, text, json: true });
      else finder.whole(of, text);
    }
    finder.end();
    // One that came from the cache is not kept again.
    return answer.texts.length > 0 || entry.cache !== "hit";
  }
  // Nothing may have come of a request that failed; of others nobody looked into the answer.
  if (answer.wire === "") return entry.outcome !== "completed";
  return isStream
    ? readStream(finder, endpoints, answer.wire)
    : readWhole(finder, endpoints, answer.wire);
}

function readWhole(finder: Finder, endpoints: readonly Endpoint[], wire: string): boolean {
  const body = tryParseJson(wire) as Json | undefined;
  if (!isObject(body)) return false;
  const slots = firstWith(endpoints, (endpoint) => endpoint.answerTexts(body));
  for (const { channel, text } of slots) finder.whole(channel, text);
  // Numbers have no texts; words in a shape of their own would be passed over.
  return slots.length > 0 || isVectors(body);
}

function isVectors(body: JsonObject): boolean {
  return ["data", "embeddings", "embedding"].some((name) => Array.isArray(body[name]));
}

/** Reads a stream as it went over the wire, run by run, as it was scanned on its way. */
function readStream(finder: Finder, [endpoint]: readonly Endpoint[], wire: string): boolean {
  const dialect = endpoint?.dialect;
  if (dialect === undefined) return false;
  const frames = openFrames(dialect.contentType);
  const tap = dialect.openTap();
  let runs = 0;
  const done = attempt(() => {
    const events = [...frames.push(new TextEncoder().encode(wire)), ...frames.end()];
    for (const event of events) {
      const step = tap.read(event);
      for (const slot of step.slots) finder.stream(slot);
      runs += step.slots.length + (step.done === true || step.finish !== undefined ? 1 : 0);
      for (const key of step.closes) finder.close(key);
    }
    finder.end();
    return true;
  });
  return done === true && runs > 0;
}

/** Gathers what rules find in the texts of one direction. */
class Finder {
  readonly #program: DlpProgram;
  readonly #direction: "prompt" | "answer";
  readonly #runs = new Map<string, StreamRedactor>();
  readonly #hides = new Set<string>();
  #by: string | undefined;

  constructor(program: DlpProgram, direction: "prompt" | "answer") {
    this.#program = program;
    this.#direction = direction;
  }

  whole(channel: TextChannel, text: string): void {
    this.#take(redactText(this.#program, text, { direction: this.#direction, channel }));
  }

  stream({ key, channel, text, json }: Omit<StreamSlot, "replace">): void {
    let run = this.#runs.get(key);
    if (run === undefined) {
      const open = json === true ? openJsonStream : openStream;
      run = open(this.#program, { direction: this.#direction, channel });
      this.#runs.set(key, run);
    }
    this.#take(run.push(text));
  }

  close(key: string): void {
    const run = this.#runs.get(key);
    if (run === undefined) return;
    this.#runs.delete(key);
    this.#take(run.end());
  }

  end(): void {
    for (const key of this.#runs.keys()) this.close(key);
  }

  /** What was found, with what the record says was there before it was hidden. */
  foundWith(recorded: readonly FindingData[]): Found {
    const own = recorded.filter(({ direction }) => direction === this.#direction);
    const was = hidingRules(own);
    for (const finding of own) {
      for (const rule of this.#program.rules) {
        if (!this.#covers(rule, finding)) continue;
        if (rule.action === "block") this.#by ??= rule.id;
        else if (hides.has(rule.action) && !was.has(finding.rule)) this.#hides.add(rule.id);
      }
    }
    const found: Found = { hides: [...this.#hides] };
    if (this.#by !== undefined) found.by = this.#by;
    return found;
  }

  #covers(rule: DlpRule, finding: FindingData): boolean {
    const { directions, channels, mode } = rule;
    const isThere = (channels as readonly string[] | undefined)?.includes(finding.channel) ?? true;
    if (mode !== "enforce" || !isThere || !directions.includes(this.#direction)) return false;
    return rule.id === finding.rule || looksFor(rule, finding.detector);
  }

  #take(step: {
    findings: readonly { rule: string; action: string; enforced: boolean }[];
    blockedBy?: string;
  }): void {
    if (step.blockedBy !== undefined) this.#by ??= step.blockedBy;
    for (const { rule, action, enforced } of step.findings) {
      if (enforced && hides.has(action)) this.#hides.add(rule);
    }
  }
}
