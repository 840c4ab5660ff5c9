/** What the overview asks the books, and how it puts their two answers together. */
import { expect, test } from "vitest";
import { dimensions as known, rankings } from "#projections/queries.ts";
import {
  dimensions,
  linesOf,
  measures,
  pastDimensions,
  readDimension,
  readMeasure,
  readTop,
  viewOf,
} from "../../console/src/logic/dimensions.ts";
import { readPeriod, spanOf } from "../../console/src/logic/period.ts";

test("every group and order on offer is one that the books know, and none is missing", () => {
  const times = ["hour", "day", "month"];
  expect([...times, ...dimensions.map(({ value }) => value)].sort()).toEqual([...known].sort());
  expect(measures.map(({ value }) => value).sort()).toEqual([...rankings].sort());
});

test("an address that names no group, order or count has the first of each", () => {
  expect([readDimension("tag"), readMeasure("refused"), readTop("25")]).toEqual([
    "tag",
    "refused",
    25,
  ]);
  expect([readDimension("x"), readMeasure(null), readTop("11")]).toEqual([
    "model",
    "costNanos",
    10,
  ]);
  expect(readDimension("key", pastDimensions)).toBe("model");
});

const usage = [
  { team: "red", requests: 3, refused: 2 },
  { team: "blue", requests: 5, refused: 0 },
  { team: "", requests: 9, refused: 2 },
];
const costs = [
  { team: "blue", costNanos: 70 },
  { team: "red", costNanos: 20 },
  { team: "old", costNanos: 50 },
];

test("the largest come first by what was asked, with what the other view says of them", () => {
  expect([viewOf("costNanos"), viewOf("refused")]).toEqual(["costs", "usage"]);
  const dearest = linesOf({ by: "team", measure: "costNanos", top: 2 }, usage, costs);
  expect(dearest.map(({ name, costNanos, measured }) => [name, costNanos, measured])).toEqual([
    ["blue", 70, 70],
    ["old", 50, 50],
  ]);
  const refused = linesOf({ by: "team", measure: "refused", top: 10 }, usage, costs);
  expect(refused.map(({ name, costNanos, measured }) => [name, costNanos, measured])).toEqual([
    ["", 0, 2],
    ["red", 20, 2],
    ["blue", 70, 0],
    ["old", 50, 0],
  ]);
});

/** A span as people read it. */
const iso = ({ from: a, to: b, step }: ReturnType<typeof spanOf>) => [
  new Date(a).toISOString(),
  new Date(b).toISOString(),
  step,
];

test("any period can be looked at, in whole hours or, when it is long, in whole UTC days", () => {
  const [from, to] = [Date.parse("2026-11-20T09:30:00Z"), Date.parse("2026-11-20T11:10:00Z")];
  const period = readPeriod(`?period=other&from=${from}&to=${to}`);
  expect(period).toEqual({ name: "other", from, to });
  expect(iso(spanOf(period, 0))).toEqual([
    "2026-11-20T09:00:00.000Z",
    "2026-11-20T12:00:00.000Z",
    "hour",
  ]);
  const month = { name: "other" as const, from: Date.parse("2026-01-05T01:00:00Z"), to };
  expect(iso(spanOf(month, 0))).toEqual([
    "2026-01-05T00:00:00.000Z",
    "2026-11-21T00:00:00.000Z",
    "day",
  ]);
  const { from: bounded, to: end } = spanOf({ name: "other", from: 0, to }, 0);
  expect((end - bounded) / 86_400_000).toBe(750);
});

test("an address that names no period, or one that cannot be, is a day", () => {
  const texts = [
    "",
    "?period=1y",
    "?period=other",
    "?period=other&from=5&to=5",
    "?period=other&to=5",
  ];
  expect(texts.map(readPeriod)).toEqual(texts.map(() => ({ name: "24h" })));
});
