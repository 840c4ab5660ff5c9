/** What values of assignments are made of. */
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";

import "#dlp/catalogue.ts";
import { readAssignment } from "#dlp/kit/assignment.ts";
import { areJoinedWords } from "#dlp/kit/joined-words.ts";
import { mixture, turnsIn } from "#dlp/kit/mixture.ts";
import { Source } from "#dlp/kit/source.ts";

const WORD = "(?:[a-z]+(?:[A-Z][a-z]+)*|(?:[A-Z][a-z]+)+|[A-Z]+)[0-9]{0,4}";
const JOINED = new RegExp(`^${WORD}(?:[_-]${WORD})+$`);
const value = fc.string({
  unit: fc.constantFrom(..."aabcABC0011--__.:/=+".split("")),
  maxLength: 20,
});
const words = fc
  .array(fc.constantFrom("ab", "Ab", "AB", "A", "a1", "1", "1234", "12345", "-", "_", "aB", "ABc"))
  .map((parts) => parts.join(""));

const LONG = "9".repeat(520);
const row = fc
  .array(
    fc.constantFrom(..."pass pass _key xY7 a1B2c3D4 :( :( :( =( = : ( -".split(" "), '"', LONG),
    {
      minLength: 8,
      maxLength: 40,
    },
  )
  .map((parts) => parts.join(""));

/** Where the equals signs and colons of a text stand. */
function operators({ text }: Source): number[] {
  return [...text.matchAll(/[=:]/g)].map(({ index }) => index);
}

/** What is read of an assignment, where there is one. */
function readAt(source: Source, at: number): unknown {
  const found = readAssignment(source, at);
  if (found === undefined) return undefined;
  const { name, start, end, quoted, cut, mix } = found;
  return { name: name.slice(), start, end, quoted, cut, mix: { ...mix } };
}

function codesOf(text: string): Uint8Array {
  return new Source(text, true).codes;
}

const count = (text: string, pattern: RegExp): number => [...text.matchAll(pattern)].length;

describe("a value", () => {
  it.each([
    ["A1-b", true],
    ["a1234-Bc_D", true],
    ["ab-c12345", false],
    ["ab-cDE", false],
    ["ab1234", false],
  ])("such as %s is made of joined words: %s", (text, joined) => {
    expect(areJoinedWords(codesOf(text), 0, text.length)).toBe(joined);
  });

  it("is made of joined words where the pattern of such words takes it", () => {
    fc.assert(
      fc.property(fc.oneof(words, value), (text) => {
        expect(areJoinedWords(codesOf(`x${text}y`), 1, text.length + 1)).toBe(JOINED.test(text));
      }),
      { numRuns: 1000, seed: 20261122 },
    );
  });

  it("is counted in one walk as by a pattern for each kind", () => {
    fc.assert(
      fc.property(value, (text) => {
        const mix = mixture(codesOf(`1${text}A`), 1, text.length + 1);
        const sides = text.replaceAll(/[^0-9A-Za-z]/g, "").replaceAll(/[A-Za-z]/g, "a");
        expect(mix).toMatchObject({
          digits: count(text, /[0-9]/g),
          upper: count(text, /[A-Z]/g),
          lower: count(text, /[a-z]/g),
          other: count(text, /[^0-9A-Za-z]/g),
        });
        const turns = count(sides, /(?:(?<=a)[0-9]|(?<=[0-9])a)/g);
        expect(turnsIn(codesOf(`1${text}A`), 1, text.length + 1)).toBe(turns);
        const signs = [/[_-]/, /\./, /:/, /\//, /[([{]/, /[=+|]/];
        expect(mix.signs).toBe(
          signs.reduce((bits, sign, i) => (sign.test(text) ? bits | (1 << i) : bits), 0),
        );
      }),
      { seed: 20261122 },
    );
  });

  it("is read in a row of values, whatever was read before, as in a text that is read once", () => {
    let read = 0;
    fc.assert(
      fc.property(fc.tuple(row, row), (texts) => {
        const sources = texts.map((text) => new Source(text, true));
        const inRows = sources.map((source) => operators(source).map((at) => readAt(source, at)));
        read += inRows.flat().filter((found) => found !== undefined).length;
        const once = sources.map((source) =>
          operators(source).map((at) => readAt(new Source(source.text, true), at)),
        );
        expect(inRows).toEqual(once);
      }),
      { numRuns: 400, seed: 20261122 },
    );
    expect(read).toBeGreaterThan(400);
  });

  it("is counted where its assignment is read as it is on its own, a sentence's end left out", () => {
    for (const [text, at, written] of [
      ["token=a1B2c3D4:(x5 ", 5, "a1B2c3D4:(x5"],
      ["my password is a1B2-c3D4!", 11, "a1B2-c3D4"],
      ['secret: "x1=y2=(z3;w4"', 6, "x1=y2=(z3;w4"],
    ] as const) {
      const source = new Source(text, true);
      const found = readAssignment(source, at);
      expect(text.slice(found?.start, found?.end)).toBe(written);
      expect(found?.mix).toEqual(mixture(codesOf(written), 0, written.length));
    }
  });
});
