/**
 * Scores a text for prompt attacks. Every view (plain and undisguised) is judged by the heuristics
 * and by the model; their odds add up, and the worst view of the worst segment counts. Linear in the
 * length of the text; no text leaves this file, only ids of rules.
 */
import { buffersFor } from "./buffers.ts";
import { type Evidence, categoryOf, evidenceOf } from "./evidence.ts";
import type { GuardCategory } from "./heuristics.ts";
import { reasonsMax, scratchChars, segmentChars, segmentOverlapChars } from "./limits.ts";
import { type GuardModel, modelLogit, unpackModel } from "./model.ts";
import { type View, type ViewKind, views } from "./normalise.ts";
import { packedModel, thresholdOdds } from "./weights.ts";

export type { GuardCategory } from "./heuristics.ts";

/** What the guard thinks of a text. */
export interface GuardVerdict {
  /** 0 (harmless) to 1 (attack). Not a probability of harm: see the model card. */
  readonly score: number;
  /** The kind of attack, null below `DEFAULT_THRESHOLD`. */
  readonly category: GuardCategory | null;
  /** Ids of what spoke for it, heaviest first; never text. */
  readonly reasons: string[];
}

/** The score at which about 1 % of benign texts are flagged in cross-validation. */
export const DEFAULT_THRESHOLD = 0.5;

/** Heuristic evidence, in logits, that alone makes odds of 1: two weak signs do not, an overt one does. */
export const evidenceMiddle = 4.5;

let unpacked: GuardModel | undefined;

/** The model in `weights.ts`, unpacked when the first text is judged. */
const shipped = (): GuardModel => (unpacked ??= unpackModel(packedModel));

/** Lent to one text after another: nobody reads what is left in it of an earlier one. */
const scratch = buffersFor(scratchChars);

interface Finding {
  readonly odds: number;
  readonly evidence: Evidence;
  readonly view: ViewKind;
  readonly byModel: boolean;
}

/** Odds of one view: those of the model and those of the heuristics, added. */
function findingOf(model: GuardModel, view: View, raw: string): Finding {
  const evidence = evidenceOf(view, view.kind === "plain" ? raw : null);
  const byModel = Math.exp(modelLogit(model, view));
  const byRules = evidence.signals.length > 0 ? Math.exp(evidence.logits - evidenceMiddle) : 0;
  return { odds: byModel + byRules, evidence, view: view.kind, byModel: byModel > byRules };
}

/** The worst finding over all segments and views; null for a text without words. */
function worstFinding(model: GuardModel, text: string): Finding | null {
  let worst: Finding | null = null;
  for (let from = 0; from === 0 || from + segmentOverlapChars < text.length;) {
    const to = Math.min(text.length, from + segmentChars);
    const segment = text.slice(from, to);
    const into = segment.length > scratchChars ? undefined : scratch;
    for (const view of views(segment, into)) {
      const finding = findingOf(model, view, segment);
      if (worst === null || finding.odds > worst.odds) worst = finding;
    }
    from += segmentChars - segmentOverlapChars;
  }
  return worst;
}

/** Uncalibrated odds of a text under a model; the trainer chooses the threshold on these. */
export function attackOdds(model: GuardModel, text: string): number {
  return worstFinding(model, text)?.odds ?? 0;
}

const scoreOf = (odds: number): number => {
  const scaled = Math.min(odds / thresholdOdds, 1e12);
  return scaled / (1 + scaled);
};

/** 0 (harmless) to 1 (attack). Total and linear for any string. */
export function guardScore(text: string): number {
  return scoreOf(attackOdds(shipped(), text));
}

/** The score with its category and reasons. */
export function judge(text: string): GuardVerdict {
  const worst = worstFinding(shipped(), text);
  if (worst === null) return { score: 0, category: null, reasons: [] };
  const score = scoreOf(worst.odds);
  const flagged = score >= DEFAULT_THRESHOLD;
  return {
    score,
    category: flagged ? (categoryOf(worst.evidence.signals) ?? "injection") : null,
    reasons: reasonsOf(worst),
  };
}

function reasonsOf({ evidence, view, byModel }: Finding): string[] {
  const reasons = new Set<string>();
  if (view !== "plain") reasons.add(`view-${view}`);
  if (byModel) reasons.add("model");
  for (const { id } of evidence.signals.toSorted((a, b) => b.weight - a.weight)) reasons.add(id);
  return [...reasons].slice(0, reasonsMax);
}
