/**
 * What a service beside the program finds: names, free-form addresses, whatever has no shape. It is
 * told texts and answers spans, and these are resolved together with what the engine finds.
 *
 * Invariants: a span that does not lie in its text, or parts a character, makes the whole answer
 * unreadable, since whoever counts differently would hide the wrong words; a type that no rule of the
 * place names changes nothing.
 */
import * as z from "zod";
import { SPANS_MAX } from "./limits.ts";
import { matchOf, verdictOf, type Match } from "./match.ts";
import type { DlpRule } from "./rule.ts";

const Span = z.object({
  type: z.string(),
  /** Offsets in UTF-16 units of the text; `end` is past the last one. */
  start: z.int().min(0),
  end: z.int().min(1),
  /** How sure the service is, 0 to 1. */
  score: z.number().min(0).max(1),
});
export type EntitySpan = z.infer<typeof Span>;

const Answer = z.object({ spans: z.array(z.array(Span).max(SPANS_MAX)) });

/** What findings call a type. */
export const entityDetector = (type: string): string => `entity:${type}`;

/** The spans of each text as the service answered them; `null` where that cannot be relied on. */
export function readSpans(answer: unknown, texts: readonly string[]): EntitySpan[][] | null {
  const parsed = Answer.safeParse(answer);
  if (!parsed.success) return null;
  const { spans } = parsed.data;
  if (spans.length !== texts.length) return null;
  const fits = spans.every((list, index) => list.every((span) => liesIn(span, texts[index] ?? "")));
  return fits ? spans : null;
}

function liesIn({ start, end }: EntitySpan, text: string): boolean {
  return start < end && end <= text.length && !parts(text, start) && !parts(text, end);
}

/** Whether an offset stands between the halves of a surrogate pair. */
function parts(text: string, offset: number): boolean {
  const before = text.charCodeAt(offset - 1);
  const after = text.charCodeAt(offset);
  return before >= 0xd800 && before <= 0xdbff && after >= 0xdc00 && after <= 0xdfff;
}

/** One match for every rule that a span satisfies. */
export function entityMatches(rules: readonly DlpRule[], spans: readonly EntitySpan[]): Match[] {
  return spans.flatMap(({ type, start, end, score }) =>
    rules
      .filter(({ entity, threshold }) => entity === type && score >= (threshold ?? 0.5))
      .map((rule) => {
        const candidate = { start, end, confidence: score, why: ["service"] };
        return matchOf(verdictOf(rule, entityDetector(type)), candidate, start, end);
      }),
  );
}
