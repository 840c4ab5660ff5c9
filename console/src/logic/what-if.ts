/** What a draft would have changed, as people read it. */
import type { Difference, WhatIfResult } from "#projections/what-if/result.ts";

export const whatIfPeriods = {
  "24h": { title: "24 hours", ms: 86_400_000 },
  "7d": { title: "7 days", ms: 7 * 86_400_000 },
  "30d": { title: "30 days", ms: 30 * 86_400_000 },
  all: { title: "All", ms: Infinity },
  own: { title: "From … to", ms: 0 },
} as const;
export type WhatIfPeriod = keyof typeof whatIfPeriods;

/** How much of the members is asked about. */
export const whatIfShares = {
  "1": "All",
  "0.1": "A tenth",
  "0.01": "A hundredth",
} as const;
export type WhatIfShare = keyof typeof whatIfShares;

/** A time by its ends, milliseconds; an end that is not there is open. */
export interface OwnSpan {
  from?: number | undefined;
  to?: number | undefined;
}

/** The moments of a period, as the API takes them; open ends are absent. */
export function whatIfSpan(
  period: WhatIfPeriod,
  now: number,
  own: OwnSpan,
): { from?: string; to?: string } {
  if (period === "all") return {};
  if (period !== "own") return { from: String(now - whatIfPeriods[period].ms) };
  const { from, to } = own;
  return {
    ...(from === undefined ? {} : { from: String(from) }),
    ...(to === undefined ? {} : { to: String(to) }),
  };
}

export interface WhatIfLine extends Difference {
  name: string;
  deltaNanos: number;
}

const weight = ({ newlyRefused, newlyAllowed }: Difference): number => newlyRefused + newlyAllowed;

/** One line a group, those that change most first; groups without a change come last. */
export function whatIfLines(groups: Record<string, Difference>): WhatIfLine[] {
  return Object.entries(groups)
    .map(([name, difference]) => ({
      name,
      ...difference,
      deltaNanos: difference.costNanosAfter - difference.costNanosBefore,
    }))
    .sort(
      (a, b) =>
        weight(b) - weight(a) ||
        Math.abs(b.deltaNanos) - Math.abs(a.deltaNanos) ||
        (a.name < b.name ? -1 : 1),
    );
}

const plural = (count: number, what: string): string =>
  `${count.toLocaleString("en-US")} ${what}${count === 1 ? "" : "s"}`;

/** The result in a sentence. */
export function whatIfSentence(result: WhatIfResult): string {
  const { requests, newlyRefused, newlyAllowed, rerouted } = result;
  if (requests === 0 && (result.sample?.of ?? 0) > 0)
    return "The sample has none of the members who asked in this time: take a larger one.";
  if (requests === 0) return "Nothing was decided in this time, so nothing would have changed.";
  const parts = [
    newlyRefused > 0 ? `refused ${plural(newlyRefused, "request")} that passed` : "",
    newlyAllowed > 0 ? `let ${plural(newlyAllowed, "request")} pass that were refused` : "",
    rerouted > 0 ? `sent ${plural(rerouted, "request")} elsewhere first` : "",
  ].filter((part) => part !== "");
  const by =
    result.sample === undefined
      ? ""
      : ` by ${result.sample.members.toLocaleString("en-US")} of ${plural(result.sample.of, "member")}`;
  const of = `Of ${plural(requests, "request")}${by}`;
  if (parts.length === 0) return `${of} none would have been decided otherwise.`;
  return `${of}, it would have ${parts.join(", ")}.`;
}
