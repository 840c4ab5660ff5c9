/** Hours of a day as a policy writes them, and whether a moment is in them. */

export interface ClockRange {
  /** As in `08:30`. */
  from: string;
  to: string;
  days?: readonly Weekday[] | undefined;
}

export type Weekday = "mon" | "tue" | "wed" | "thu" | "fri" | "sat" | "sun";

/** A moment on an organisation's own clock. */
export interface LocalHour {
  weekday: Weekday;
  /** Minutes since midnight. */
  minutes: number;
}

const WEEK: readonly Weekday[] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/** Whether a moment is in a range. One past midnight belongs to the day that it began on. */
export function inClockRange({ from, to, days }: ClockRange, at: LocalHour): boolean {
  const start = minutesOf(from);
  const end = minutesOf(to);
  const on = (day: Weekday): boolean => days === undefined || days.includes(day);
  if (start < end) return on(at.weekday) && at.minutes >= start && at.minutes < end;
  // `from` and `to` alike are a whole day.
  const yesterday = WEEK[(WEEK.indexOf(at.weekday) + 6) % 7] ?? at.weekday;
  return (at.minutes >= start && on(at.weekday)) || (at.minutes < end && on(yesterday));
}

function minutesOf(clock: string): number {
  return Number(clock.slice(0, 2)) * 60 + Number(clock.slice(3));
}
