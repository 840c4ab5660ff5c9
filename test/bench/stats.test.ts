/** The bench's arithmetic, by hand. */
import { expect, test } from "vitest";
import { differences, median, ratios, shuffled } from "../../bench/stats.ts";

test("the median is the middle, or between the two middles", () => {
  expect(median([9, 1, 5])).toBe(5);
  expect(median([4, 1, 3, 2])).toBe(2.5);
  expect(median([])).toBeNaN();
});

test("a ratio is taken within its round, so a slow round changes nothing", () => {
  expect(ratios([2, 20, 4], [1, 10, 2])).toEqual({ median: 2, min: 2, max: 2 });
  expect(ratios([3, 20, 4], [1, 10, 2])).toEqual({ median: 2, min: 2, max: 3 });
  expect(differences([5, 50], [4, 40])).toEqual({ median: 5.5, min: 1, max: 10 });
});

test("a new order keeps every target", () => {
  const numbers = [0.5, 0.1, 0.9];
  expect(shuffled(["a", "b", "c"], () => numbers.shift() ?? 0)).toEqual(["b", "a", "c"]);
});
