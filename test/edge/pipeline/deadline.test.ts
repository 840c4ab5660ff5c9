/** The waits of an answer that comes whole, on a clock of our own. */
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { Deadline } from "#edge/pipeline/deadline.ts";

beforeEach(() => {
  vi.useFakeTimers({ now: 1_000_000 });
});
afterEach(() => {
  vi.useRealTimers();
});

function opened(ms: number, leastMs: number) {
  const began = Date.now();
  const ends: number[] = [];
  const deadline = new Deadline(ms, leastMs, () => void ends.push(Date.now() - began));
  return { deadline, ends };
}

it.each([
  [100, 30],
  [100, 100],
  [30, 100],
])("a first wait of %i ms ends then, once, whatever may follow it", (ms, leastMs) => {
  const { deadline, ends } = opened(ms, leastMs);
  vi.advanceTimersByTime(ms - 1);
  expect(deadline.isOver).toBe(false);
  vi.advanceTimersByTime(1_000);
  expect(ends).toEqual([ms]);
  expect(deadline.isOver).toBe(true);
});

it.each([
  [100, 30],
  [100, 100],
  [50, 100],
])("after a first wait of %i ms the next, of %i, counts from its own beginning", (ms, nextMs) => {
  const { deadline, ends } = opened(ms, nextMs);
  vi.advanceTimersByTime(40);
  deadline.next(nextMs);
  vi.advanceTimersByTime(1_000);
  expect(ends).toEqual([40 + nextMs]);
});

it("a wait that was stopped has no end, also after a look at the clock", () => {
  const { deadline, ends } = opened(100, 30);
  vi.advanceTimersByTime(40);
  deadline.stop();
  vi.advanceTimersByTime(1_000);
  expect(ends).toEqual([]);
});
