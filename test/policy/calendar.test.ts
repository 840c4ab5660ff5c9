import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { periodOf, type PeriodKind } from "#policy/calendar.ts";

const zones = [
  "UTC",
  "Europe/Berlin",
  "America/New_York",
  "Asia/Kolkata",
  "Australia/Lord_Howe",
  "Pacific/Kiritimati",
  "America/Santiago",
  "Africa/Cairo",
  "Asia/Beirut",
];

/** The wall clock of a moment, as another part of the runtime tells it. */
const wall = (at: number, timeZone: string) =>
  new Date(at).toLocaleString("sv-SE", { timeZone, hourCycle: "h23" });

/** How long a day is in Berlin. */
const hours = (at: number) => {
  const { startsAt, resetsAt } = periodOf("day", at, "Europe/Berlin");
  return (resetsAt - startsAt) / 3_600_000;
};

const anyMoment = fc.integer({
  min: Date.UTC(2020, 0, 1) / 1_000,
  max: Date.UTC(2037, 0, 1) / 1_000,
});

describe("a period", () => {
  test("begins with its first local day and ends where the next begins", () => {
    const kinds = fc.constantFrom<PeriodKind>("day", "week", "month");
    fc.assert(
      fc.property(anyMoment, fc.constantFrom(...zones), kinds, (seconds, zone, kind) => {
        const at = seconds * 1_000;
        const { periodKey, startsAt, resetsAt } = periodOf(kind, at, zone);
        expect(startsAt).toBeLessThanOrEqual(at);
        expect(at).toBeLessThan(resetsAt);
        expect(wall(startsAt, zone).slice(0, 10)).toBe(periodKey);
        expect(wall(startsAt - 1, zone) < periodKey).toBe(true);
        expect(periodOf(kind, resetsAt - 1, zone).periodKey).toBe(periodKey);
        expect(periodOf(kind, resetsAt, zone).startsAt).toBe(resetsAt);
      }),
      { numRuns: 300, seed: 20261121 },
    );
  });

  test("of a day that is 23 or 25 hours long is that long", () => {
    expect(hours(Date.UTC(2026, 2, 29, 12))).toBe(23);
    expect(hours(Date.UTC(2026, 9, 25, 12))).toBe(25);
    expect(hours(Date.UTC(2026, 9, 26, 12))).toBe(24);
  });

  test("begins after midnight where daylight saving skips midnight", () => {
    const { periodKey, startsAt } = periodOf("day", Date.UTC(2026, 8, 6, 12), "America/Santiago");
    expect(periodKey).toBe("2026-09-06");
    expect(wall(startsAt, "America/Santiago")).toBe("2026-09-06 01:00:00");
  });

  test("of a week begins on Monday", () => {
    const { periodKey } = periodOf("week", Date.UTC(2026, 10, 22, 12), "UTC");
    expect(periodKey).toBe("2026-11-16");
  });

  test("of a month in a zone ahead of UTC begins before UTC's", () => {
    const { periodKey, startsAt } = periodOf("month", Date.UTC(2026, 9, 31, 20), "Asia/Kolkata");
    expect(periodKey).toBe("2026-11-01");
    expect(startsAt).toBe(Date.UTC(2026, 9, 31, 18, 30));
  });

  test("in a time zone that nobody knows is an error", () => {
    expect(() => periodOf("day", 0, "Mars/Olympus")).toThrow(RangeError);
  });
});
