/**
 * The pure part of an optional second opinion: what to send to a classifier and what its answer
 * means. The edge makes the call, keeps its timeout, and says what happened; nothing here does I/O.
 *
 * Llama Guard 3 answers with text: `safe`, or `unsafe` and on the next line the categories it saw, as
 * in `S1,S10` (Meta's model card; Workers AI returns it as `response`, or as `{safe, categories}` when
 * asked for JSON). A generic classifier answers JSON with a label or a score.
 */
import * as z from "zod";

/** How to ask and what to do when there is no answer. */
export type SecondStage =
  | { readonly kind: "llama-guard"; readonly failMode: "open" | "closed" }
  | {
      readonly kind: "json";
      readonly failMode: "open" | "closed";
      /** Labels that mean an attack, compared without case. */
      readonly attackLabels: readonly string[];
      /** Score from which a label counts, 0..1. */
      readonly threshold: number;
    };

/** What the edge saw: an answer's parsed body, or none (timeout, status, broken JSON). */
export type SecondStageAnswer =
  | { readonly kind: "answered"; readonly body: unknown }
  | { readonly kind: "failed" };

/** `failed` tells that the fail mode decided, not the classifier. */
export interface SecondStageVerdict {
  readonly unsafe: boolean;
  readonly categories: readonly string[];
  readonly score: number | null;
  readonly failed: boolean;
}

/** Characters of the text that are sent: classifiers of this kind read about 512 to 8 192 tokens. */
export const secondStageCharsMax = 16_000;

/** The request body for a text; the middle of an overlong text is left out, since attacks sit at ends. */
export function encodeSecondStage(stage: SecondStage, text: string): Record<string, unknown> {
  const sent = clip(text);
  if (stage.kind === "llama-guard")
    return { messages: [{ role: "user", content: sent }], max_tokens: 64 };
  return { text: sent };
}

function clip(text: string): string {
  if (text.length <= secondStageCharsMax) return text;
  const half = secondStageCharsMax / 2;
  return `${text.slice(0, half)}\n${text.slice(-half)}`;
}

/** What the classifier's answer means; an answer that cannot be read is a failure, never "safe". */
export function decodeSecondStage(
  stage: SecondStage,
  answer: SecondStageAnswer,
): SecondStageVerdict {
  if (answer.kind === "answered") {
    const verdict =
      stage.kind === "llama-guard"
        ? decodeLlamaGuard(answer.body)
        : decodeJson(answer.body, stage.attackLabels, stage.threshold);
    if (verdict !== null) return verdict;
  }
  return { unsafe: stage.failMode === "closed", categories: [], score: null, failed: true };
}

const structured = z.object({
  safe: z.boolean(),
  categories: z.array(z.string().max(64)).max(32).nullish(),
});
const llamaGuardBody = z.union([
  z.string().transform((response) => ({ response })),
  z.object({ response: z.union([z.string(), structured]) }),
  z
    .object({ result: z.object({ response: z.union([z.string(), structured]) }) })
    .transform((body) => body.result),
]);

function decodeLlamaGuard(body: unknown): SecondStageVerdict | null {
  const parsed = llamaGuardBody.safeParse(body);
  if (!parsed.success) return null;
  const { response } = parsed.data;
  if (typeof response !== "string") {
    return {
      unsafe: !response.safe,
      categories: response.categories ?? [],
      score: null,
      failed: false,
    };
  }
  const [first = "", second = ""] = response.trim().split("\n");
  const word = first.trim().toLowerCase();
  if (word !== "safe" && word !== "unsafe") return null;
  const categories = second
    .split(",")
    .map((name) => name.trim())
    .filter((name) => /^S\d{1,2}$/.test(name));
  return { unsafe: word === "unsafe", categories, score: null, failed: false };
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
    return { unsafe: score >= threshold, categories: [], score, failed: false };
  }
  const wanted = new Set(attackLabels.map((label) => label.toLowerCase()));
  const attacks = parsed.data.filter(({ label }) => wanted.has(label.toLowerCase()));
  const score = attacks.reduce((most, one) => Math.max(most, one.score), 0);
  const categories = attacks.filter((one) => one.score >= threshold).map(({ label }) => label);
  return { unsafe: categories.length > 0, categories, score, failed: false };
}
