/** Numbers for people, and their exact forms. */
import { expect, test } from "vitest";
import * as fc from "fast-check";
import * as format from "../../console/src/logic/format.ts";

test("money shows cents where there are dollars and two figures below, and copies exactly", () => {
  const shown: [number, string, string][] = [
    [0, "$0", "0"],
    [1, "$0.000000001", "0.000000001"],
    [12_345, "$0.000012", "0.000012345"],
    [12_000_000, "$0.012", "0.012"],
    [500_000_000, "$0.50", "0.5"],
    [999_999_999, "$1.00", "0.999999999"],
    [1_234_567_890, "$1.23", "1.23456789"],
    [1_234_567_890_123, "$1,235", "1234.567890123"],
    [-2_000_000, "-$0.002", "-0.002"],
  ];
  for (const [nanos, text, exact] of shown) {
    expect(format.usd(nanos), String(nanos)).toBe(text);
    expect(format.exactUsd(nanos), String(nanos)).toBe(exact);
  }
});

test("exact dollars say the same number of nano-dollars", () => {
  fc.assert(
    fc.property(fc.integer({ min: -1e15, max: 1e15 }), (nanos) => {
      const [whole = "0", rest = ""] = format.exactUsd(nanos).replace("-", "").split(".");
      expect(BigInt(whole) * 1_000_000_000n + BigInt(rest.padEnd(9, "0"))).toBe(
        BigInt(Math.abs(nanos)),
      );
    }),
    { seed: 7, numRuns: 300 },
  );
});

test("counts are exact below ten thousand and have three figures above", () => {
  const shown: [number, string][] = [
    [0, "0"],
    [9_999, "9,999"],
    [12_345, "12.3k"],
    [999_499, "999k"],
    [999_950, "1M"],
    [1_500_000_000, "1.5B"],
  ];
  for (const [value, text] of shown) expect(format.count(value)).toBe(text);
});

test("shares, durations and windows read as people say them", () => {
  expect([format.percent(0, 0), format.percent(1, 3), format.percent(1, 5_000)]).toEqual([
    "–",
    "33%",
    "<0.1%",
  ]);
  expect([9, 1_250, 61_000, 3_600_000, 90_000_000].map(format.duration)).toEqual([
    "9 ms",
    "1.25 s",
    "1 min 1 s",
    "1 h",
    "1 d 1 h",
  ]);
  const nearly = [999.7, 59_980, 119_900, 3_599_900, 86_399_000, 777_500_000];
  expect(nearly.map(format.duration)).toEqual(["1 s", "1 min", "2 min", "1 h", "1 d", "9 d"]);
  expect([60_000, 7_200_000, 90_000].map(format.windowName)).toEqual([
    "minute",
    "2 h",
    "1 min 30 s",
  ]);
  expect(format.fromNow(0, 120_000)).toBe("2 min ago");
  expect(format.fromNow(7_200_000, 0)).toBe("in 2 h");
});
