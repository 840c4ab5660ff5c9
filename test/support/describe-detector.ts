/** The conformance suite of a detector: what every one of them must hold to. */
import { describe, expect, it } from "vitest";

import { runEngine } from "#dlp/engine.ts";
import { compileEngine } from "#dlp/engine-tables.ts";
import type { Detector } from "#dlp/kit/detector.ts";
import { Source } from "#dlp/kit/source.ts";
import { compileDlp, type DlpProgram } from "#dlp/program.ts";
import { redactText } from "#dlp/redact.ts";
import { scanText } from "#dlp/scan.ts";
import { openStream } from "#dlp/stream.ts";

import { naiveCandidates, spell } from "./naive-scan.ts";

/** Texts a detector must find something in (the match stands in «») and texts it must not. */
export interface DetectorExamples {
  hits: readonly string[];
  misses: readonly string[];
  /** The confidence that a rule asks for, where the usual one is too much. */
  threshold?: number;
}

const WHERE = { direction: "prompt", channel: "user" } as const;

function programFor(detector: Detector, threshold?: number) {
  return compileDlp([
    {
      id: "rule",
      detector: detector.id,
      directions: ["prompt"],
      action: "redact",
      mode: "enforce",
      ...(threshold === undefined ? {} : { threshold }),
    },
  ]);
}

function inPieces(program: DlpProgram, text: string, size: number): string {
  const stream = openStream(program, WHERE);
  let out = "";
  for (let at = 0; at < text.length; at += size) out += stream.push(text.slice(at, at + size)).text;
  return out + stream.end().text;
}

/** Declares the suite for one detector. */
export function describeDetector(detector: Detector, examples: DetectorExamples): void {
  const texts = [...examples.hits.map((hit) => hit.replaceAll(/[«»]/g, "")), ...examples.misses];
  const program = programFor(detector, examples.threshold);

  describe(`detector ${detector.id}`, () => {
    it("says what it is", () => {
      expect(detector.id).toMatch(/^[a-z0-9]+(-[a-z0-9]+)*$/);
      expect(detector.title.length).toBeGreaterThan(2);
      expect(detector.groups.length).toBeGreaterThan(0);
      expect(detector.version).toBeGreaterThan(0);
    });

    it.each(examples.hits)("finds exactly %s", (marked) => {
      const text = marked.replaceAll(/[«»]/g, "");
      const found = scanText(program, text, WHERE).map((match) =>
        text.slice(match.start, match.end),
      );
      expect(found).toEqual([...marked.matchAll(/«([^»]*)»/gs)].map((match) => match[1]));
    });

    it.each(examples.misses)("leaves %s alone", (text) => {
      expect(scanText(program, text, WHERE)).toEqual([]);
    });

    it("finds through its prefilter what it finds when asked everywhere, within its bound", () => {
      const engine = compileEngine([detector]);
      for (const text of texts) {
        const found = new Set<string>();
        runEngine(engine, new Source(text, true), 0, true, (_, candidate) => {
          found.add(spell(detector.id, candidate));
          expect(candidate.end - candidate.start).toBeLessThanOrEqual(detector.maxLength);
          expect(candidate.end).toBeGreaterThan(candidate.start);
          expect(candidate.confidence).toBeLessThanOrEqual(1);
        });
        expect([...found].toSorted()).toEqual(naiveCandidates([detector], text));
      }
    });

    it("redacts in pieces of any size what it redacts in the whole", () => {
      for (const text of texts) {
        const whole = redactText(program, text, WHERE).text;
        for (const size of [1, 2, 3, 7, 16]) expect(inPieces(program, text, size)).toBe(whole);
      }
    });

    it("does not find its own placeholder", () => {
      for (const text of texts) {
        const once = redactText(program, text, WHERE).text;
        expect(redactText(program, once, WHERE).text).toBe(once);
      }
    });
  });
}
