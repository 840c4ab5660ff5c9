/** How much of a token its pattern promises before a text is read. */
import { describe, expect, it } from "vitest";

import { leastRun } from "#dlp/kit/least-run.ts";

describe("the least run of a pattern", () => {
  it.each([
    [/^npm_[A-Za-z0-9]{36}(?!\w)/, 40],
    [/^(?:ab|abcd)[0-9a-f]{4,8}$/, 6],
    [/^sk-(?:[a-z]{3}-)?\d{5}/, 8],
    [/^A3-[A-Z0-9]{6}-(?:[A-Z0-9]{11}|[A-Z0-9]{6}-[A-Z0-9]{5})/, 21],
    [/^x(?=[A-Za-z]*\d)[\w-]{9}/, 10],
  ])("counts letters, digits, hyphens and underscores: %s has %i", (pattern, count) => {
    expect(leastRun(pattern)).toBe(count);
  });

  it.each([
    [/^SG\.[A-Za-z0-9]{22}/, 2],
    [/^ab[c+]{9}/, 2],
    [/^ab=?cdef/, 2],
    [/^(?:t1\.[a-z]{40}|AQVN[a-z]{38})/, 2],
    [/^ab[A-z]{9}/, 2],
    [/^(?:ab|c=)def/, 1],
  ])("ends where anything else may stand: %s has %i", (pattern, count) => {
    expect(leastRun(pattern)).toBe(count);
  });
});
