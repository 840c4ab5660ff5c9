/**
 * Calendar periods in an organisation's time zone: when a day, week or month begins and ends.
 *
 * Invariants: periods of one kind follow each other without gap or overlap; a period begins at the
 * first moment of its first local day, also where daylight saving skips midnight; weeks begin on
 * Monday (ISO 8601).
 */

import type { LocalHour, Weekday } from "./clock.ts";

export type PeriodKind = "day" | "week" | "month";

/** One period: a moment is in it when `startsAt <= at < resetsAt` (milliseconds since 1970, UTC). */
export interface Period {
  /** The first local day, as in `2026-11-01`. */
  periodKey: string;
  startsAt: number;
  resetsAt: number;
}

const secondMs = 1_000;
const dayMs = 24 * 60 * 60 * secondMs;
/** No zone is further from UTC than 14 hours; an hour more leaves room for daylight saving. */
const farthestMs = 15 * 60 * 60 * secondMs;
/** Time zones whose formats and current periods are kept: one organisation has one. */
const keptMax = 256;

const hourFormats = new Map<string, Intl.DateTimeFormat>();

/** The weekday and the time of day of a moment. Throws a RangeError for an unknown time zone. */
export function hourOf(at: number, timeZone: string): LocalHour {
  let format = hourFormats.get(timeZone);
  if (format === undefined) {
    format = new Intl.DateTimeFormat("en-US", {
      timeZone,
      weekday: "short",
      hour: "2-digit",
      minute: "2-digit",
      hourCycle: "h23",
      numberingSystem: "latn",
    });
    if (hourFormats.size >= keptMax) hourFormats.clear();
    hourFormats.set(timeZone, format);
  }
  const hour: LocalHour = { weekday: "mon", minutes: 0 };
  for (const { type, value } of format.formatToParts(at)) {
    if (type === "weekday") hour.weekday = value.toLowerCase() as Weekday;
    if (type === "hour") hour.minutes += Number(value) * 60;
    if (type === "minute") hour.minutes += Number(value);
  }
  return hour;
}

const formats = new Map<string, Intl.DateTimeFormat>();
const kept = new Map<string, Period>();

/** Whether the runtime knows a time zone of this name. */
export function isTimeZone(timeZone: string): boolean {
  try {
    formatOf(timeZone);
    return true;
  } catch {
    return false;
  }
}

/** The period of a kind that holds a moment. Throws a RangeError for a time zone nobody knows. */
export function periodOf(period: PeriodKind, at: number, timeZone: string): Period {
  const key = `${period} ${timeZone}`;
  const last = kept.get(key);
  if (last !== undefined && last.startsAt <= at && at < last.resetsAt) return last;
  const first = firstDay(localDay(at, timeZone), period);
  const span = {
    periodKey: new Date(first).toISOString().slice(0, 10),
    startsAt: startOfDay(first, timeZone),
    resetsAt: startOfDay(nextFirstDay(first, period), timeZone),
  };
  if (kept.size >= keptMax) kept.clear();
  kept.set(key, span);
  return span;
}

/** The local date of a moment, as midnight of that date in UTC. */
function localDay(at: number, timeZone: string): number {
  let [year, month, day] = [0, 1, 1];
  for (const { type, value } of formatOf(timeZone).formatToParts(at)) {
    if (type === "year") year = Number(value);
    if (type === "month") month = Number(value);
    if (type === "day") day = Number(value);
  }
  return Date.UTC(year, month - 1, day);
}

function formatOf(timeZone: string): Intl.DateTimeFormat {
  let format = formats.get(timeZone);
  if (format === undefined) {
    format = new Intl.DateTimeFormat("en-US", {
      timeZone,
      calendar: "gregory",
      numberingSystem: "latn",
      year: "numeric",
      month: "numeric",
      day: "numeric",
    });
    if (formats.size >= keptMax) formats.clear();
    formats.set(timeZone, format);
  }
  return format;
}

function firstDay(day: number, period: PeriodKind): number {
  const date = new Date(day);
  if (period === "month") return Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), 1);
  if (period === "week") return day - ((date.getUTCDay() + 6) % 7) * dayMs;
  return day;
}

function nextFirstDay(first: number, period: PeriodKind): number {
  const date = new Date(first);
  if (period === "month") return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 1);
  return first + (period === "week" ? 7 : 1) * dayMs;
}

/** The first moment of a local day, found by halving: time zones have no formula. */
function startOfDay(day: number, timeZone: string): number {
  let before = day - farthestMs;
  let from = day + farthestMs;
  while (from - before > secondMs) {
    const middle = before + Math.floor((from - before) / 2 / secondMs) * secondMs;
    if (localDay(middle, timeZone) < day) before = middle;
    else from = middle;
  }
  return from;
}
