/** The reference: every detector asked at every position, no prefilter, no tables. */
import type { Candidate, Detector } from "#dlp/kit/detector.ts";
import { Source } from "#dlp/kit/source.ts";

/** One finding of a detector, as a comparable string. */
export function spell(detector: string, candidate: Candidate): string {
  return `${detector} ${candidate.start}-${candidate.end} ${candidate.confidence.toFixed(2)}`;
}

/** All candidates of a whole text, sorted and without doubles. */
export function naiveCandidates(detectors: readonly Detector[], text: string): string[] {
  const source = new Source(text, true);
  const found = new Set<string>();
  for (let at = 0; at < text.length; at += 1) {
    for (const detector of detectors) {
      const candidate = detector.validate(source, at);
      if (candidate !== undefined) found.add(spell(detector.id, candidate));
    }
  }
  return [...found].toSorted();
}
