/**
 * The pure part of an optional second opinion: what to send to a classifier and what its answer
 * means. The edge makes the call, keeps its timeout, and says what happened; nothing here does I/O.
 *
 * Llama Guard 3 answers with text: `safe`, or `unsafe` and on the next line the categories it saw, as
 * in `S1,S10` (Meta's model card; Workers AI returns it as `response`, or as `{safe, categories}` when
 * asked for JSON; servers that speak OpenAI's chat put it into `choices`). A generic classifier
 * answers JSON with a label or a score, as Hugging Face's text classification does.
 */
import * as z from "zod";

/** How to ask and how to read the answer. */
export interface SecondStage {
  readonly kind: "llama-guard" | "json";
  /** The model's name in the body. */
  readonly model?: string | undefined;
  /** The body's field that holds the text, of a `json` classifier. */
  readonly field: string;
  /** Labels of a `json` classifier that mean an attack, compared without case. */
  readonly attackLabels: readonly string[];
  /** Score from which such a label counts, 0..1. */
  readonly threshold: number;
}

/** What a classifier said; `null` stands for an answer that cannot be read. */
export interface SecondStageVerdict {
  readonly outcome: "safe" | "unsafe";
  /** Llama Guard's `S` numbers, or labels out of `attackLabels`: nothing that a text could slip into. */
  readonly categories: readonly string[];
  readonly score: number | null;
}

/** Characters of the text that are sent: classifiers of this kind read about 512 to 8 192 tokens. */
export const secondStageCharsMax = 16_000;
const categoriesMax = 16;
/** `max_tokens` of a Llama Guard: its word and every category it has are fewer. */
const answerTokensMax = 64;

/** The request body for a text; the middle of an overlong text is left out, since attacks sit at ends. */
export function encodeSecondStage(stage: SecondStage, text: string): Record<string, unknown> {
  const sent = clip(text);
  const model = stage.model === undefined ? {} : { model: stage.model };
  if (stage.kind === "llama-guard")
    return { ...model, messages: [{ role: "user", content: sent }], max_tokens: answerTokensMax };
  return { ...model, [stage.field]: sent };
}

function clip(text: string): string {
  if (text.length <= secondStageCharsMax) return text;
  const half = secondStageCharsMax / 2;
  return `${text.slice(0, half)}\n${text.slice(-half)}`;
}

/** What the classifier's answer means; `null` for one that cannot be read, which is never "safe". */
export function decodeSecondStage(stage: SecondStage, body: unknown): SecondStageVerdict | null {
  return stage.kind === "llama-guard"
    ? decodeLlamaGuard(body)
    : decodeJson(body, stage.attackLabels, stage.threshold);
}

/** What counts: a classifier's word, or on its failure an attack (`closed`) or nobody's word. */
export function opinionOf(
  outcome: "safe" | "unsafe" | "failed",
  failMode: "open" | "closed",
): "safe" | "unsafe" | undefined {
  if (outcome !== "failed") return outcome;
  return failMode === "closed" ? "unsafe" : undefined;
}

const structured = z.object({
  safe: z.boolean(),
  categories: z.array(z.string()).max(64).nullish(),
});
const response = z.union([z.string(), structured]);
const llamaGuardBody = z.union([
  z.string(),
  z.object({ response }).transform((body) => body.response),
  z.object({ result: z.object({ response }) }).transform((body) => body.result.response),
  z
    .object({ choices: z.tuple([z.object({ message: z.object({ content: z.string() }) })]) })
    .transform((body) => body.choices[0].message.content),
]);

const isCategory = (name: string): boolean => /^S\d{1,2}$/.test(name);

function decodeLlamaGuard(body: unknown): SecondStageVerdict | null {
  const parsed = llamaGuardBody.safeParse(body);
  if (!parsed.success) return null;
  if (typeof parsed.data !== "string") {
    const { safe, categories } = parsed.data;
    return llamaGuardVerdict(safe, categories ?? []);
  }
  const [first = "", second = ""] = parsed.data.trim().split("\n");
  const word = first.trim().toLowerCase();
  if (word !== "safe" && word !== "unsafe") return null;
  return llamaGuardVerdict(word === "safe", second.split(","));
}

function llamaGuardVerdict(safe: boolean, names: readonly string[]): SecondStageVerdict {
  const categories = names.map((name) => name.trim()).filter(isCategory);
  return {
    outcome: safe ? "safe" : "unsafe",
    categories: categories.slice(0, categoriesMax),
    score: null,
  };
}

const labelled = z.object({
  label: z.string().max(128),
  score: z.number().min(0).max(1).default(1),
});
const jsonBody = z.union([
  labelled.transform((one) => [one]),
  z.array(labelled).min(1).max(64),
  z.tuple([z.array(labelled).min(1).max(64)]).transform(([inner]) => inner),
  z.object({ score: z.number().min(0).max(1) }).transform(({ score }) => score),
  z.object({ unsafe: z.boolean() }).transform(({ unsafe }) => (unsafe ? 1 : 0)),
]);

function decodeJson(
  body: unknown,
  attackLabels: readonly string[],
  threshold: number,
): SecondStageVerdict | null {
  const parsed = jsonBody.safeParse(body);
  if (!parsed.success) return null;
  if (typeof parsed.data === "number") {
    const score = parsed.data;
    return { outcome: score >= threshold ? "unsafe" : "safe", categories: [], score };
  }
  const wanted = new Map(attackLabels.map((label) => [label.toLowerCase(), label]));
  const attacks = parsed.data.flatMap(({ label, score }) => {
    const known = wanted.get(label.toLowerCase());
    return known === undefined ? [] : [{ label: known, score }];
  });
  const score = attacks.reduce((most, one) => Math.max(most, one.score), 0);
  const hits = attacks.filter((one) => one.score >= threshold);
  return {
    outcome: hits.length > 0 ? "unsafe" : "safe",
    categories: [...new Set(hits.map(({ label }) => label))].slice(0, categoriesMax),
    score,
  };
}

const tokens = z.int().min(0).max(1_000_000_000);
const counted = z
  .object({ prompt_tokens: tokens, completion_tokens: tokens.default(0) })
  .transform(({ prompt_tokens, completion_tokens }) => ({
    inputTokens: prompt_tokens,
    outputTokens: completion_tokens,
  }));
const counting = z.union([
  z.object({ usage: counted }).transform(({ usage }) => usage),
  z.object({ result: z.object({ usage: counted }) }).transform(({ result }) => result.usage),
]);

/** The tokens that an answer reports, as OpenAI's chat and Workers AI do; null where it has none. */
export function usageOfSecondStage(
  body: unknown,
): { inputTokens: number; outputTokens: number } | null {
  const parsed = counting.safeParse(body);
  // No question has no tokens, so zero is no report.
  return parsed.success && parsed.data.inputTokens > 0 ? parsed.data : null;
}
