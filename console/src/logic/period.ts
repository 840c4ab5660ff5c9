/** The stretch of time that a page looks at, and the steps in which a chart shows it. */

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** What can be chosen, by the name that stands in the address. */
export const periods = {
  "6h": { title: "6 h", ms: 6 * HOUR_MS, step: "hour" },
  "24h": { title: "24 h", ms: DAY_MS, step: "hour" },
  "7d": { title: "7 d", ms: 7 * DAY_MS, step: "hour" },
  "30d": { title: "30 d", ms: 30 * DAY_MS, step: "day" },
  "90d": { title: "90 d", ms: 90 * DAY_MS, step: "day" },
} as const;
export type PeriodName = keyof typeof periods;

/** The period that an address names; a day when it names none. */
export function readPeriod(text: string | null): PeriodName {
  return text !== null && Object.hasOwn(periods, text) ? (text as PeriodName) : "24h";
}

/** From where to where, in whole steps: the books count by the hour, days are UTC days. */
export function spanOf(
  name: PeriodName,
  now: number,
): { from: number; to: number; stepMs: number } {
  const { ms, step } = periods[name];
  const stepMs = step === "hour" ? HOUR_MS : DAY_MS;
  const to = Math.floor(now / stepMs) * stepMs + stepMs;
  return { from: to - ms, to, stepMs };
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
