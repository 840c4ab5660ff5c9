/** Scoring spans: half of a labelled span covered is found; a match on no label is false. */
import { DETECTORS } from "../../src/dlp/catalogue.ts";
import { compileDlp, type DlpProgram } from "../../src/dlp/program.ts";
import type { DlpRule } from "../../src/dlp/rule.ts";
import { scanText, type Match } from "../../src/dlp/scan.ts";
import { rows, utf16Spans, type Span, type SpanRow } from "./data.ts";
import { DETECTORS_OF, STRUCTURED } from "./types.ts";

const WHERE = { direction: "prompt", channel: "user" } as const;
const COVERED = 0.5;

export interface PiiScore {
  precision: number;
  recall: number;
  f1: number;
  cleanTouched: number;
  hardNegatives: number;
  byType: Record<string, { found: number; of: number; recall: number }>;
}

export interface SecretsScore {
  precision: number;
  recall: number;
  prefixedRecall: number;
  assignedRecall: number;
  negatives: number;
}

/** A miss or a false match, for --show. */
export interface Slip {
  kind: "miss" | "false";
  type: string;
  text: string;
}

/** A program with every detector of a kind on, at one action. */
export function programOf(
  kind: "pii" | "secrets" | "all",
  action: DlpRule["action"] = "redact",
): DlpProgram {
  const chosen = DETECTORS.filter(
    (detector) =>
      kind === "all" || detector.groups.includes("api-secrets") === (kind === "secrets"),
  );
  const rules = chosen.map((detector): DlpRule => ({
    id: detector.id,
    detector: detector.id,
    directions: ["prompt"],
    action,
    mode: "enforce",
  }));
  return compileDlp(rules);
}

function isFound(span: Span, matches: readonly Match[]): boolean {
  let covered = 0;
  for (const match of matches) {
    covered += Math.max(0, Math.min(span.end, match.end) - Math.max(span.start, match.start));
  }
  return covered >= (span.end - span.start) * COVERED;
}

function overlapsAny(match: Match, spans: readonly Span[]): boolean {
  return spans.some((span) => span.start < match.end && match.start < span.end);
}

function around(text: string, start: number, end: number): string {
  return `${text.slice(Math.max(0, start - 40), start)}⟦${text.slice(start, end)}⟧${text.slice(end, end + 12)}`;
}

function ratio(part: number, whole: number): number {
  return whole === 0 ? 0 : part / whole;
}

/** Presidio's negatives are negatives of their target only. */
function countsAsFalse(row: SpanRow, match: Match): boolean {
  if (row.source !== "presidio-tests") return true;
  return (DETECTORS_OF[row.target ?? ""] ?? []).includes(match.detector);
}

function scorePiiRows(data: readonly SpanRow[], program: DlpProgram, slips: Slip[]) {
  const byType: PiiScore["byType"] = {};
  let predicted = 0;
  let right = 0;
  for (const row of data) {
    const spans = utf16Spans(row.text, row.spans);
    const matches = scanText(program, row.text, WHERE);
    for (const match of matches) {
      const hit = overlapsAny(match, spans);
      if (!hit && !countsAsFalse(row, match)) continue;
      predicted += 1;
      if (hit) right += 1;
      else
        slips.push({
          kind: "false",
          type: match.detector,
          text: around(row.text, match.start, match.end),
        });
    }
    if (row.weak === true) continue;
    for (const span of spans) {
      const type = STRUCTURED[span.type];
      if (type === undefined) continue;
      const tally = (byType[type] ??= { found: 0, of: 0, recall: 0 });
      tally.of += 1;
      if (isFound(span, matches)) tally.found += 1;
      else slips.push({ kind: "miss", type, text: around(row.text, span.start, span.end) });
    }
  }
  for (const tally of Object.values(byType)) tally.recall = ratio(tally.found, tally.of);
  return { byType, precision: ratio(right, predicted) };
}

/** Structured personal data, hard negatives, and clean prompts touched by any detector. */
export function scorePii(directory: string, slips: Slip[]): PiiScore {
  const data = rows(directory, "pii");
  const program = programOf("pii");
  const { byType, precision } = scorePiiRows(data, program, slips);
  const tallies = Object.values(byType);
  const recall = ratio(
    tallies.reduce((sum, tally) => sum + tally.found, 0),
    tallies.reduce((sum, tally) => sum + tally.of, 0),
  );
  const negatives = data.filter((row) => row.source === "own-negative");
  const hit = negatives.filter((row) => scanText(program, row.text, WHERE).length > 0);
  const all = programOf("all");
  const clean = rows(directory, "benign").filter((row) => row.use.includes("dlp"));
  const touched = clean.filter((row) => {
    const matches = scanText(all, row.text, WHERE);
    for (const match of matches) {
      slips.push({
        kind: "false",
        type: `clean ${match.detector}`,
        text: around(row.text, match.start, match.end),
      });
    }
    return matches.length > 0;
  });
  const f1 = ratio(2 * precision * recall, precision + recall);
  return {
    precision,
    recall,
    f1,
    cleanTouched: ratio(touched.length, clean.length),
    hardNegatives: ratio(hit.length, negatives.length),
    byType,
  };
}

/** Secrets with a prefix of their own, secrets known by the name they are assigned to, negatives. */
export function scoreSecrets(directory: string, slips: Slip[]): SecretsScore {
  const program = programOf("secrets");
  const tally = { prefixed: 0, prefixedOf: 0, assigned: 0, assignedOf: 0 };
  let predicted = 0;
  let right = 0;
  let negatives = 0;
  let negativesHit = 0;
  for (const row of rows(directory, "secrets")) {
    const spans = utf16Spans(row.text, row.spans);
    const matches = scanText(program, row.text, WHERE);
    for (const match of matches) {
      predicted += 1;
      if (overlapsAny(match, spans)) right += 1;
      else
        slips.push({
          kind: "false",
          type: match.detector,
          text: around(row.text, match.start, match.end),
        });
    }
    if (spans.length === 0) {
      negatives += 1;
      if (matches.length > 0) negativesHit += 1;
    }
    for (const span of spans) {
      const found = isFound(span, matches) ? 1 : 0;
      const kind = row.assigned === true ? "assigned" : "prefixed";
      tally[kind] += found;
      tally[`${kind}Of`] += 1;
      if (found === 0)
        slips.push({
          kind: "miss",
          type: `${kind} ${span.type}`,
          text: around(row.text, span.start, span.end),
        });
    }
  }
  return {
    precision: ratio(right, predicted),
    recall: ratio(tally.prefixed + tally.assigned, tally.prefixedOf + tally.assignedOf),
    prefixedRecall: ratio(tally.prefixed, tally.prefixedOf),
    assignedRecall: ratio(tally.assigned, tally.assignedOf),
    negatives: ratio(negativesHit, negatives),
  };
}
