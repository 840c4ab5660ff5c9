/** What the bench may say: no figure for a target with a wrong answer, and no throughput of the mock's. */
import { expect, test } from "vitest";
import { emptySeries } from "../../bench/measure.ts";
import { figures, isMockBound } from "../../bench/report.ts";

const series = (scale: number) => ({
  ...emptySeries(),
  p50Us: [100 * scale, 200 * scale],
  rps: [1000 / scale, 500 / scale],
  cpuUs: [10 * scale, 20 * scale],
  firstByteUs: [1000 * scale, 2000 * scale],
  gapUs: [5000, 5000],
});

const target = (name: string, rps: number) => ({ name, rps });

test("a target's figures are ratios to the bare Worker of the same round", () => {
  const [bare, ours] = figures(
    new Map([
      ["bare", series(1)],
      ["tallygate-1", series(2)],
    ]),
    {},
  );
  expect(bare?.p50Ratio?.median).toBe(1);
  expect(ours?.p50Ratio).toEqual({ median: 2, min: 2, max: 2 });
  expect(ours?.rpsRatio?.median).toBe(0.5);
  expect(ours?.cpuRatio?.median).toBe(2);
  expect(ours?.firstByteOverBareMs?.median).toBe(1.5);
});

test("a target with one wrong answer has no figure, and a wrong unit gives no ratio", () => {
  const wrong = { ...series(1), wrong: "HTTP/1.1 500" };
  const [ours] = figures(new Map([["tallygate-1", wrong]]), {});
  expect(Object.keys(ours ?? {})).toEqual(["name", "note"]);
  const rows = figures(
    new Map([
      ["bare", wrong],
      ["tallygate-1", series(2)],
    ]),
    {},
  );
  expect(rows[1]?.p50Ratio).toBeUndefined();
});

test("what was skipped is said", () => {
  expect(figures(new Map(), { bifrost: "not here" })).toEqual([
    { name: "bifrost", note: "skipped: not here" },
  ]);
});

test("an upstream under five times the fastest target is called out", () => {
  expect(isMockBound([target("direct", 50), target("bare", 10)])).toBe(false);
  expect(isMockBound([target("direct", 49), target("bare", 10)])).toBe(true);
});
