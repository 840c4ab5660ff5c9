/** The stretch of time that a page looks at, and the steps in which a chart shows it. */

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** Over this a period is shown by the day: more points than a chart has room for say less. */
const hourlyMsMax = 8 * DAY_MS;
/** The longest period that is asked for. */
const spanMsMax = 750 * DAY_MS;

/** What can be chosen, by the name that stands in the address. */
export const periods = {
  "6h": { title: "6 h", ms: 6 * HOUR_MS, step: "hour" },
  "24h": { title: "24 h", ms: DAY_MS, step: "hour" },
  "7d": { title: "7 d", ms: 7 * DAY_MS, step: "hour" },
  "30d": { title: "30 d", ms: 30 * DAY_MS, step: "day" },
  "90d": { title: "90 d", ms: 90 * DAY_MS, step: "day" },
} as const;
type PeriodName = keyof typeof periods;

/** Up to now, or from a moment to another; milliseconds. */
export type Period = { name: PeriodName } | { name: "other"; from: number; to: number };

/** What is looked at, in whole steps. */
export interface Span {
  from: number;
  to: number;
  step: "hour" | "day";
  stepMs: number;
}

/** The period that an address names; a day when it names none, or none that there can be. */
export function readPeriod(search: string): Period {
  const params = new URLSearchParams(search);
  const name = params.get("period");
  if (name === "other") {
    const [from, to] = ["from", "to"].map((end) => Number(params.get(end) ?? Number.NaN));
    if (Number.isSafeInteger(from) && Number.isSafeInteger(to) && from! >= 0 && from! < to!) {
      return { name, from: from!, to: to! };
    }
  }
  return { name: name !== null && Object.hasOwn(periods, name) ? (name as PeriodName) : "24h" };
}

/** From where to where, in whole steps: the books count by the hour, days are UTC days. */
export function spanOf(period: Period, now: number): Span {
  if (period.name === "other") {
    const step = period.to - period.from > hourlyMsMax ? "day" : "hour";
    const stepMs = step === "hour" ? HOUR_MS : DAY_MS;
    const to = Math.ceil(period.to / stepMs) * stepMs;
    const from = Math.max(Math.floor(period.from / stepMs) * stepMs, to - spanMsMax);
    return { from, to, step, stepMs };
  }
  const { ms, step } = periods[period.name];
  const stepMs = step === "hour" ? HOUR_MS : DAY_MS;
  const to = Math.floor(now / stepMs) * stepMs + stepMs;
  return { from: to - ms, to, step, stepMs };
}

/** The moment of a group's time: `2026-11-21T09` or `2026-11-21`, UTC. */
export function momentOf(group: string): number {
  return Date.parse(group.includes("T") ? `${group}:00:00Z` : `${group}T00:00:00Z`);
}

/** One sum per step, zero where there was nothing, so that a quiet hour is no straight line. */
export function fillSteps(
  span: { from: number; to: number; stepMs: number },
  rows: readonly { time: string; value: number }[],
): { times: number[]; values: number[] } {
  const values = new Map(rows.map(({ time, value }) => [momentOf(time), value]));
  const times: number[] = [];
  for (let at = span.from; at < span.to; at += span.stepMs) times.push(at);
  return { times, values: times.map((at) => values.get(at) ?? 0) };
}
