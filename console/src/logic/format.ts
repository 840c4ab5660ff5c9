/** Numbers and times as people read them; each has an exact form for the clipboard beside it. */

const NANOS_PER_DOLLAR = 1_000_000_000;

/** Nano-dollars as exact decimal dollars: `1234567890` is `"1.23456789"`. */
export function exactUsd(costNanos: number): string {
  const sign = costNanos < 0 ? "-" : "";
  const nanos = Math.abs(costNanos);
  const whole = Math.trunc(nanos / NANOS_PER_DOLLAR);
  const rest = nanos % NANOS_PER_DOLLAR;
  const decimals = rest === 0 ? "" : `.${String(rest).padStart(9, "0").replace(/0+$/, "")}`;
  return `${sign}${whole}${decimals}`;
}

/** Nano-dollars for people: cents where there are dollars, two figures that count below one. */
export function usd(costNanos: number): string {
  const dollars = costNanos / NANOS_PER_DOLLAR;
  const size = Math.abs(dollars);
  if (size === 0) return "$0";
  if (size >= 0.995) {
    const digits = size >= 1_000 ? 0 : 2;
    return dollars.toLocaleString("en-US", {
      style: "currency",
      currency: "USD",
      minimumFractionDigits: digits,
      maximumFractionDigits: digits,
    });
  }
  const decimals = Math.min(Math.max(Math.ceil(-Math.log10(size)) + 1, 2), 9);
  const text = size.toFixed(decimals);
  // A price of cents keeps both its digits; smaller ones end where their figures do.
  return `${dollars < 0 ? "-" : ""}$${decimals > 2 ? text.replace(/0+$/, "") : text}`;
}

const steps: [number, string][] = [
  [1e12, "T"],
  [1e9, "B"],
  [1e6, "M"],
  [1e4, "k"],
];

/** A count for people: exact below ten thousand, three figures above. */
export function count(value: number): string {
  // 999,950 rounds up to a thousand thousands, which is a million.
  const found = steps.find(([size]) => Math.abs(value) >= size * (size === 1e4 ? 1 : 0.9995));
  if (found === undefined) return value.toLocaleString("en-US");
  const [size, letter] = found[1] === "k" ? [1e3, "k"] : found;
  return `${Number((value / size).toPrecision(3))}${letter}`;
}

/** A share from 0 to 1 as percent; `-` when there is nothing to share. */
export function percent(part: number, whole: number): string {
  if (whole === 0) return "–";
  const share = (part / whole) * 100;
  if (share > 0 && share < 0.1) return "<0.1%";
  if (share < 100 && share > 99.9) return ">99.9%";
  return `${Number(share.toFixed(share < 10 ? 1 : 0))}%`;
}

/** What is left below a whole; nothing where nothing is. */
const rest = (value: number, unit: string): string => (value === 0 ? "" : ` ${value} ${unit}`);

/** Milliseconds for people. */
export function duration(ms: number): string {
  // Each bound is where rounding would make a whole of the next larger unit.
  if (ms < 999.5) return `${Math.round(ms)} ms`;
  if (ms < 59_950) return `${Number((ms / 1_000).toFixed(ms < 10_000 ? 2 : 1))} s`;
  if (ms < 3_599_500) return inTwo(Math.round(ms / 1_000), 60, "min", "s");
  if (ms < 86_370_000) return inTwo(Math.round(ms / 60_000), 60, "h", "min");
  return inTwo(Math.round(ms / 3_600_000), 24, "d", "h");
}

function inTwo(amount: number, each: number, larger: string, smaller: string): string {
  return `${Math.floor(amount / each)} ${larger}${rest(amount % each, smaller)}`;
}

/** A window of a limit: `60_000` is `minute`, `7_200_000` is `2 h`. */
export function windowName(ms: number): string {
  const named: Record<number, string> = {
    1_000: "second",
    60_000: "minute",
    3_600_000: "hour",
    86_400_000: "day",
  };
  return named[ms] ?? duration(ms);
}

const pad = (value: number, width = 2): string => String(value).padStart(width, "0");

/** Local time of day, to the second. */
export function clock(at: number): string {
  const time = new Date(at);
  return `${pad(time.getHours())}:${pad(time.getMinutes())}:${pad(time.getSeconds())}`;
}

/** Local date and time, to the second. */
export function dateTime(at: number): string {
  const time = new Date(at);
  return `${time.getFullYear()}-${pad(time.getMonth() + 1)}-${pad(time.getDate())} ${clock(at)}`;
}

/** The exact moment, for the clipboard. */
export function isoTime(at: number): string {
  return new Date(at).toISOString();
}

/** How far a moment is from now, in words. */
export function fromNow(at: number, now: number): string {
  const ms = Math.abs(now - at);
  if (ms < 5_000) return "just now";
  const text =
    ms < 60_000
      ? `${Math.round(ms / 1_000)} s`
      : duration(ms - (ms % 60_000)).replace(/ 0 (s|min)$/, "");
  return at <= now ? `${text} ago` : `in ${text}`;
}
