/** Both silences of a stream, on a clock of our own. */
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { Silence } from "#edge/pipeline/silence.ts";

beforeEach(() => {
  vi.useFakeTimers({ now: 1_000_000 });
});
afterEach(() => {
  vi.useRealTimers();
});

function watched(idleMs: number, quietMs: number) {
  const told: [string, number][] = [];
  const began = Date.now();
  const silence = new Silence();
  const note = (what: string) => () => void told.push([what, Date.now() - began]);
  silence.watch({ idleMs, onIdle: note("idle"), quietMs, onQuiet: note("quiet") });
  return { silence, told };
}

it("tells the caller again and again, and ends once the provider was silent for too long", () => {
  const { silence, told } = watched(100, 30);
  vi.advanceTimersByTime(1_000);
  expect(told).toEqual([
    ["quiet", 30],
    ["quiet", 60],
    ["quiet", 90],
    ["idle", 100],
  ]);
  expect(silence.isOver).toBe(true);
});

it("counts each silence from the last word of its own side", () => {
  const { silence, told } = watched(100, 30);
  vi.advanceTimersByTime(20);
  silence.said();
  vi.advanceTimersByTime(20);
  silence.heard();
  vi.advanceTimersByTime(110);
  expect(told).toEqual([
    ["quiet", 50],
    ["quiet", 80],
    ["quiet", 110],
    ["idle", 140],
  ]);
});

it("says nothing more once it is stopped", () => {
  const { silence, told } = watched(100, 30);
  vi.advanceTimersByTime(40);
  silence.stop();
  vi.advanceTimersByTime(1_000);
  expect(told).toEqual([["quiet", 30]]);
  expect(silence.isOver).toBe(false);
});
