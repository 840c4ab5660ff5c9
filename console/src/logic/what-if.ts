/** What a draft would have changed, as people read it. */
import type { Difference, WhatIfResult } from "#projections/what-if/result.ts";
import type { TextsTold } from "#projections/what-if/texts.ts";

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

/** Whether a role may have kept texts read again; where policy names nobody, auditors may. */
export function mayReread(
  role: string,
  { payloads }: { payloads?: { readers?: readonly string[] | undefined } | undefined },
): boolean {
  return (payloads?.readers ?? ["auditor"]).includes(role);
}

/** Which kept texts were read, and why others were not, in a sentence. */
export function textsSentence(texts: TextsTold): string {
  const { read, notKept, erased, expired, lost, unread, over } = texts;
  const reasons: readonly [number, string][] = [
    [notKept, "not kept"],
    [erased, "erased"],
    [expired, "expired"],
    [lost, "lost"],
    [unread, "not wholly readable"],
    [over, "more than one question reads"],
  ];
  const others = reasons
    .filter(([count]) => count > 0)
    .map(([count, why]) => `${count.toLocaleString("en-US")} ${why}`);
  const of = `Texts of ${plural(read, "request")} were read again`;
  return others.length === 0 ? `${of}.` : `${of}; of others: ${others.join(", ")}.`;
}

/** What each rule of the draft changes, those that change most first; answers where texts were read. */
export function ruleLines({ byRule, texts }: WhatIfResult): string[] {
  const answers = texts?.answersByRule ?? {};
  const names = [...new Set([...Object.keys(byRule), ...Object.keys(answers)])];
  return names
    .map((name) => {
      const { newlyRefused = 0, newlyRedacted = 0 } = byRule[name] ?? {};
      const { blocked = 0, redacted = 0 } = answers[name] ?? {};
      const parts: readonly [number, string][] = [
        [newlyRefused, "refused"],
        [newlyRedacted, "prompts with something hidden"],
        [blocked, "answers blocked"],
        [redacted, "answers with something hidden"],
      ];
      const said = parts.filter(([count]) => count > 0);
      const weight = said.reduce((sum, [count]) => sum + count, 0);
      const told = said.map(([count, what]) => `${count.toLocaleString("en-US")} ${what}`);
      return { name, weight, line: `${name}: ${told.join(", ")}` };
    })
    .filter(({ weight }) => weight > 0)
    .sort((a, b) => b.weight - a.weight || (a.name < b.name ? -1 : 1))
    .map(({ line }) => line);
}
