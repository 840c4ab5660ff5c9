/** Overlapping matches: who wins, and what is left of those that lose. */
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";

import type { Match } from "#dlp/match.ts";
import { byStart, resolve } from "#dlp/resolve.ts";
import type { DlpAction } from "#dlp/rule.ts";

const ORDER: readonly DlpAction[] = ["block", "tokenize", "redact", "mask", "warn"];

/** All that can be told apart, in the order in which one wins over another. */
function rank(match: Match): (number | string)[] {
  const watched = match.enforced ? 0 : 1;
  const { start, end, detector, rule } = match;
  return [
    watched,
    ORDER.indexOf(match.action),
    start - end,
    -match.confidence,
    start,
    detector,
    rule,
  ];
}

function compare(a: Match, b: Match): number {
  const [one, other] = [rank(a), rank(b)];
  for (let i = 0; i < one.length; i += 1) {
    const [x, y] = [one[i] ?? 0, other[i] ?? 0];
    if (x !== y) return x < y ? -1 : 1;
  }
  return 0;
}

/** Each place belongs to the first that takes it; what only warns or watches takes all of it or nothing. */
function painted(matches: readonly Match[]): Match[] {
  const owner: (Match | undefined)[] = [];
  const parts: Match[] = [];
  for (const match of matches.toSorted(compare)) {
    const places = Array.from({ length: match.end - match.start }, (_, i) => match.start + i);
    const free = places.filter((place) => owner[place] === undefined);
    const whole = free.length === places.length;
    if (!whole && (!match.enforced || match.action === "warn")) continue;
    let part: Match | undefined;
    for (const place of free) {
      owner[place] = match;
      if (part?.end === place) part.end += 1;
      else parts.push((part = { ...match, start: place, end: place + 1 }));
    }
  }
  return parts.toSorted((a, b) => a.start - b.start);
}

const oneMatch = (lengths: readonly number[]): fc.Arbitrary<Match> =>
  fc
    .record({
      start: fc.integer({ min: 0, max: 40 }),
      length: fc.constantFrom(...lengths),
      detector: fc.constantFrom("a", "b"),
      rule: fc.constantFrom("one", "two"),
      confidence: fc.constantFrom(0.6, 0.9),
      action: fc.constantFrom(...ORDER),
      enforced: fc.constantFrom(true, true, false),
    })
    .map(({ start, length, ...rest }) => ({ start, end: start + length, ...rest, why: [] }));

describe("overlapping matches", () => {
  it.each([
    ["of few kinds", [3, 5]],
    ["of many kinds", [1, 2, 3, 4, 5, 6, 7, 8, 9]],
  ])("%s are resolved as if each place went to the best of those that want it", (_, lengths) => {
    const matches = fc.uniqueArray(oneMatch(lengths), {
      maxLength: 24,
      selector: (match) => rank(match).join(" "),
    });
    fc.assert(
      fc.property(matches, (list) => {
        expect(resolve(list.toSorted(byStart))).toEqual(painted(list));
      }),
      { numRuns: 500, seed: 20261122 },
    );
  });
});
