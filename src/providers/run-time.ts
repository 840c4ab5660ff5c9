/** How long a run may take, as callers say it. */

const UNITS = { h: 3600, m: 60, s: 1 } as const;

/**
 * Seconds out of `90`, `30s`, `5m` or `1h30m45s`, as Replicate's `Cancel-After` has them (five at
 * least); undefined for anything else. Source: replicate.com/docs/reference/http (November 2026).
 */
export function runSecondsOf(text: string): number | undefined {
  const value = text.trim();
  const [, h = "", m = "", s = ""] =
    /^(?:(\d{1,4})h)?(?:(\d{1,6})m)?(?:(\d{1,7})s?)?$/.exec(value) ?? [];
  if (h + m + s === "") return undefined;
  return Math.max(Number(h) * UNITS.h + Number(m) * UNITS.m + Number(s) * UNITS.s, 5);
}
