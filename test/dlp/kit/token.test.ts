/** Tokens whose pattern is told by its length are found as by the pattern itself. */
import * as fc from "fast-check";
import { expect, it } from "vitest";

import { isPlaceholder } from "#dlp/kit/placeholder.ts";
import { Source } from "#dlp/kit/source.ts";
import { tokenDetector } from "#dlp/kit/token.ts";

const SEED = 20261122;
const PREFIX = "ab-";
const parts = fc.constantFrom(PREFIX, "ab", "-", "_", "=", " ", "a", "B", "c", "7", "-x9Y", "q2W4");
const texts = fc.array(parts, { minLength: 4, maxLength: 12 }).map((all) => PREFIX + all.join(""));

it.each([
  ["_-", /^ab-[A-Za-z0-9_-]{4}-[A-Za-z0-9_-]{2}(?![\w-])/],
  ["_=-", /^ab-[A-Za-z0-9_=-]{6}(?![\w-])/],
  ["-", /^ab-[A-Za-z0-9-]{5}(?!\w)/],
  ["", /^ab-[A-Za-z0-9]{5}(?!\w)/],
  ["_-", /^ab-[A-Za-z0-9]{5}(?!\w)/],
] as const)("a token of a fixed length with %j in its run (seed 20261122)", (extra, pattern) => {
  const detector = tokenDetector({ id: "made", title: "Made", prefixes: [PREFIX], extra, pattern });
  const ofRun = new RegExp(`^[A-Za-z0-9${extra}]*`);
  let found = 0;
  fc.assert(
    fc.property(texts, (text) => {
      const source = new Source(text, true);
      const [run = ""] = ofRun.exec(text) ?? [];
      const taken = pattern.exec(run)?.[0].length ?? 0;
      const wanted =
        taken > 0 && !isPlaceholder(new Source(text, true), 0, taken) ? taken : undefined;
      if (wanted !== undefined) found += 1;
      expect(detector.validate(source, 0)?.end).toBe(wanted);
    }),
    { seed: SEED, numRuns: 2000 },
  );
  expect(found > 0).toBe(extra.includes("-"));
});
