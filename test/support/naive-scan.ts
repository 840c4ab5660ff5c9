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
  const ends = new Map<Detector, number[]>();
  for (let at = 0; at < text.length; at += 1) {
    for (const detector of detectors) {
      const before = ends.get(detector) ?? [];
      // Inside the fourth last value: see `crowds` of a detector.
      if (detector.crowds !== undefined && (before.at(-4) ?? 0) > at) continue;
      const candidate = detector.validate(source, at);
      if (candidate === undefined) continue;
      found.add(spell(detector.id, candidate));
      ends.set(detector, [...before.slice(-3), candidate.end]);
    }
  }
  return [...found].toSorted();
}
