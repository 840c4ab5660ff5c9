/** How long callers let a run take. */
import { expect, it } from "vitest";
import { runSecondsOf } from "#providers/run-time.ts";

it.each([
  ["90", 90],
  ["30s", 30],
  [" 5m ", 300],
  ["1h30m45s", 5445],
  ["2h", 7200],
  // The least that Replicate takes.
  ["1s", 5],
])("%j is %d seconds", (text, seconds) => {
  expect(runSecondsOf(text)).toBe(seconds);
});

it.each(["", "soon", "-5s", "5 m", "1.5h", "5s30m", "99999999999s"])("%j says nothing", (text) => {
  expect(runSecondsOf(text)).toBeUndefined();
});
