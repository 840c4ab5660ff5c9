import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { unitsOf } from "#dlp/guard/buffers.ts";
import { decodeRuns } from "#dlp/guard/encodings.ts";
import {
  classRules,
  classSignals,
  rawRules,
  rawSignals,
  type Signal,
} from "#dlp/guard/heuristics.ts";
import { encodedRunCharsMax } from "#dlp/guard/limits.ts";

/** Texts that a pattern matches, letter case changed here and there; `\b` is dropped and looked at later. */
const matching = ({ source }: RegExp) =>
  fc
    .tuple(fc.stringMatching(new RegExp(source.replaceAll("\\b", ""))), fc.array(fc.boolean()))
    .map(([text, upper]) =>
      Array.from(text, (sign, at) => (upper[at] === true ? sign.toUpperCase() : sign)).join(""),
    );

const rawIds = (text: string): string[] => {
  const out: Signal[] = [];
  rawSignals(text, unitsOf(text), out);
  return out.map(({ id }) => id);
};

const classIds = (classes: string): string[] => {
  const out: Signal[] = [];
  const codes = Uint8Array.from(classes, (letter) => letter.charCodeAt(0));
  classSignals(codes, 0, codes.length, out);
  return out.map(({ id }) => id);
};

const isReadable = (text: string): boolean =>
  !Array.from(text).some((char) => char < " " || char > "~") && text.length >= 10;

/** How often a rule counts in a text, asked without any short cut. */
const timesOf = ({ pattern, repeats = 1 }: (typeof classRules)[number], text: string): number =>
  Math.min(repeats, text.match(new RegExp(pattern.source, pattern.flags))?.length ?? 0);

const plainIds = (rules: typeof classRules, text: string): string[] =>
  rules.flatMap((rule) => Array.from({ length: timesOf(rule, text) }, () => rule.id));

describe("a rule that is not asked", () => {
  it.each(rawRules.map((rule) => [rule.id, rule] as const))(
    "would not have matched the text: %s",
    (_id, { pattern }) => {
      const around = fc.constantFrom("", " ", "x", "\n", "é", "(", "user ");
      fc.assert(
        fc.property(around, matching(pattern), around, (before, text, after) => {
          const whole = `${before}${text}${after}`;
          const found = rawIds(whole).filter((one) => one !== "adversarial-suffix");
          expect(found).toEqual(plainIds(rawRules, whole));
        }),
        { numRuns: 150, seed: 3 },
      );
    },
  );

  it.each(classRules.map((rule) => [rule.id, rule] as const))(
    "would not have matched the words: %s",
    (_id, { pattern }) => {
      const letters = fc.string({
        unit: fc.constantFrom(...Array.from(".|AINPTLSV26JRYK347")),
        maxLength: 6,
      });
      const middle = fc.stringMatching(new RegExp(pattern.source.replaceAll("[^|]", "[.A-Z0-7]")));
      fc.assert(
        fc.property(letters, middle, letters, (before, text, after) => {
          const whole = `${before}${text}${after}`;
          expect(classIds(whole)).toEqual(plainIds(classRules, whole));
        }),
        { numRuns: 60, seed: 4 },
      );
    },
  );
});

describe("encoded runs", () => {
  const base64Run = /[A-Za-z0-9+/_-]{20,}={0,2}/g;
  const hexRun = /(?:[0-9A-Fa-f]{2}[ :]?){12,}/g;

  it("are those that the patterns find, wherever they stand", () => {
    const hidden = fc.string({
      unit: fc.constantFrom(...Array.from("abc def")),
      minLength: 10,
      maxLength: 40,
    });
    const part = fc.oneof(
      hidden.map((text) => btoa(text)),
      hidden.map((text) => Buffer.from(text).toString("hex")),
      hidden.map((text) => Buffer.from(text).toString("hex").replace(/../g, "$& ")),
      fc.string({ unit: fc.constantFrom(...Array.from("aF0 :=-é.")), maxLength: 30 }),
    );
    fc.assert(
      fc.property(
        fc.array(part, { maxLength: 5 }),
        fc.constantFrom("", " ", ".", "g"),
        (parts, gap) => {
          const text = parts.join(gap);
          const base64 = (text.match(base64Run) ?? []).map((run) => {
            const bare = run.replaceAll("=", "").slice(0, encodedRunCharsMax);
            return Buffer.from(bare, "base64").toString("latin1");
          });
          const hex = (text.match(hexRun) ?? []).map((run) =>
            Buffer.from(run.replace(/[ :]/g, ""), "hex").toString("latin1"),
          );
          const found = decodeRuns(text).map((run) => run.text);
          expect(found.filter(isReadable)).toEqual([...base64, ...hex].filter(isReadable));
        },
      ),
      { numRuns: 300, seed: 6 },
    );
  });
});
