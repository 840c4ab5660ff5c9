/**
 * Everything the heuristics have to say about one view of a text: word-class phrasing in the window
 * where it is densest, phrases of scripts without spaces, markers in the raw text, and disguises.
 */
import {
  type GuardCategory,
  type Signal,
  classSignals,
  disguiseSignals,
  phraseSignals,
  rawSignals,
} from "./heuristics.ts";
import { phraseWindowWords } from "./limits.ts";
import type { View } from "./normalise.ts";
import type { Tokens } from "./tokens.ts";

/** Signals of one view and their sum in logits. */
export interface Evidence {
  readonly logits: number;
  readonly signals: readonly Signal[];
}

/** `raw` is the text as written, given for the plain view only (markers are lost in folding). */
export function evidenceOf(view: View, raw: string | null): Evidence {
  const signals: Signal[] = [];
  if (raw !== null) rawSignals(raw, view.folded.units, signals);
  phraseSignals(view, signals);
  disguiseSignals(view, signals);
  signals.push(...densestPhrasing(view.tokens));
  return { logits: weightOf(signals), signals };
}

/** The category with the most weight; null without signals. */
export function categoryOf(signals: readonly Signal[]): GuardCategory | null {
  const weights = new Map<GuardCategory, number>();
  for (const { category, weight } of signals)
    weights.set(category, (weights.get(category) ?? 0) + weight);
  let best: GuardCategory | null = null;
  for (const [category, weight] of weights) {
    if (best === null || weight > weights.get(best)!) best = category;
  }
  return best;
}

function densestPhrasing({ classes, count }: Tokens): Signal[] {
  const step = phraseWindowWords / 2;
  let best: Signal[] = [];
  let bestWeight = 0;
  for (let from = 0; from === 0 || from + step < count; from += step) {
    const signals: Signal[] = [];
    classSignals(classes, from, Math.min(count, from + phraseWindowWords), signals);
    const weight = weightOf(signals);
    if (weight > bestWeight) {
      best = signals;
      bestWeight = weight;
    }
  }
  return best;
}

const weightOf = (signals: readonly Signal[]): number =>
  signals.reduce((sum, { weight }) => sum + weight, 0);
