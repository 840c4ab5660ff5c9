import { hash } from "node:crypto";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { sha256OfShort, shortCharsMax } from "#events/sha256-blocks.ts";

const truth = (text: string): string => hash("sha256", text, "hex");

test("short texts of every length have the digest that the runtime gives them", () => {
  for (let length = 0; length <= 260; length += 1) {
    const text = "tally".repeat(52).slice(0, length);
    expect(sha256OfShort(text)).toBe(truth(text));
  }
});

test("the longest text, of the widest characters, fits", () => {
  const text = "\u20ac".repeat(shortCharsMax);
  expect(sha256OfShort(text)).toBe(truth(text));
});

test("any text, half characters too, has its digest, whatever was hashed before it", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 400 }), (text) => {
      expect(sha256OfShort(text)).toBe(truth(text));
    }),
    { numRuns: 300 },
  );
  expect(sha256OfShort("\ud800x")).toBe(truth("\ud800x"));
});
