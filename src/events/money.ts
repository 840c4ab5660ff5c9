/**
 * Money: integer counts of nano-US-dollars, and the one place where usage becomes cost.
 *
 * Invariants: every amount is a non-negative safe integer; a cost is a pure function of usage and
 * price, so an auditor who has both can recompute it; rounding is up, once per component.
 */

/** Nano-US-dollars: 1 dollar is 1_000_000_000. The largest safe amount is about 9 million dollars. */
export type Nanos = number;

export const NANOS_PER_DOLLAR = 1_000_000_000;

/** Prices are quoted per this many tokens. */
const TOKENS_PER_QUOTE = 1_000_000;

/**
 * Tokens of one answer. `inputTokens` and `outputTokens` are totals; the others are parts of them
 * (cached and cache-written tokens of the input, reasoning tokens of the output).
 */
export interface Usage {
  inputTokens: number;
  outputTokens: number;
  cachedReadTokens?: number | undefined;
  cacheWrite5mTokens?: number | undefined;
  cacheWrite1hTokens?: number | undefined;
  reasoningTokens?: number | undefined;
  /** How long the model ran, milliseconds, where its provider says so. */
  runMs?: number | undefined;
}

/**
 * Nano-dollars per million tokens, per request and per second of run time. A missing part costs what
 * its whole costs; a run time that nobody told costs all of `secondsMax`.
 */
export interface Price {
  inputNanosPerMtok: Nanos;
  outputNanosPerMtok: Nanos;
  cachedReadNanosPerMtok?: Nanos | undefined;
  cacheWrite5mNanosPerMtok?: Nanos | undefined;
  cacheWrite1hNanosPerMtok?: Nanos | undefined;
  reasoningNanosPerMtok?: Nanos | undefined;
  requestNanos?: Nanos | undefined;
  secondNanos?: Nanos | undefined;
  /** The most seconds that one call may run; it is there when `secondNanos` is. */
  secondsMax?: number | undefined;
}

/** Throws on an amount that is negative, fractional or past the safe integers: a programmer's error. */
export function assertNanos(amount: Nanos, what: string): Nanos {
  if (!Number.isSafeInteger(amount) || amount < 0) {
    throw new RangeError(`${what} must be a non-negative safe integer of nano-dollars`);
  }
  return amount;
}

/** The cost of `tokens` at a price per million, rounded up; exact without leaving safe integers. */
export function tokensCost(tokens: number, nanosPerMtok: Nanos): Nanos {
  const whole = Math.floor(nanosPerMtok / TOKENS_PER_QUOTE);
  const rest = nanosPerMtok % TOKENS_PER_QUOTE;
  return assertNanos(tokens * whole + Math.ceil((tokens * rest) / TOKENS_PER_QUOTE), "cost");
}

/** The cost of a run, rounded up; exact without leaving safe integers. */
function runCost(runMs: number, { secondNanos = 0 }: Price): Nanos {
  const rest = secondNanos % 1000;
  const whole = (secondNanos - rest) / 1000;
  return assertNanos(runMs * whole + Math.ceil((runMs * rest) / 1000), "cost");
}

/** The most that a run costs. */
function longestRunCost(price: Price): Nanos {
  return runCost((price.secondsMax ?? 0) * 1000, price);
}

/** The cost of one answer. Parts that exceed their whole are clamped, so a cost is never negative. */
export function costOf(usage: Usage, price: Price): Nanos {
  const input = price.inputNanosPerMtok;
  const output = price.outputNanosPerMtok;
  const parts: readonly [number, Nanos][] = [
    [usage.cachedReadTokens ?? 0, price.cachedReadNanosPerMtok ?? input],
    [usage.cacheWrite5mTokens ?? 0, price.cacheWrite5mNanosPerMtok ?? input],
    [usage.cacheWrite1hTokens ?? 0, price.cacheWrite1hNanosPerMtok ?? input],
  ];
  let cost = price.requestNanos ?? 0;
  let plain = usage.inputTokens;
  for (const [tokens, rate] of parts) {
    plain -= tokens;
    cost += tokensCost(tokens, rate);
  }
  const reasoning = Math.min(usage.reasoningTokens ?? 0, usage.outputTokens);
  cost += tokensCost(Math.max(plain, 0), input);
  cost += tokensCost(reasoning, price.reasoningNanosPerMtok ?? output);
  cost += tokensCost(usage.outputTokens - reasoning, output);
  if (price.secondNanos !== undefined) {
    cost += usage.runMs === undefined ? longestRunCost(price) : runCost(usage.runMs, price);
  }
  return assertNanos(cost, "cost");
}

/**
 * The most that one attempt can cost: every input token at the dearest input rate, every output
 * token at the dearest output rate, every second that it may run.
 */
export function worstCaseCost(inputTokens: number, outputTokens: number, price: Price): Nanos {
  const dearestInput = Math.max(
    price.inputNanosPerMtok,
    price.cachedReadNanosPerMtok ?? 0,
    price.cacheWrite5mNanosPerMtok ?? 0,
    price.cacheWrite1hNanosPerMtok ?? 0,
  );
  const dearestOutput = Math.max(price.outputNanosPerMtok, price.reasoningNanosPerMtok ?? 0);
  // One nano for each component that costOf rounds up on its own.
  const roundings = 4;
  return assertNanos(
    (price.requestNanos ?? 0) +
      tokensCost(inputTokens, dearestInput) +
      tokensCost(outputTokens, dearestOutput) +
      longestRunCost(price) +
      roundings,
    "worst case",
  );
}

/** Adds two usages, part by part. */
export function addUsage(a: Usage, b: Usage): Usage {
  const sum: Usage = {
    inputTokens: a.inputTokens + b.inputTokens,
    outputTokens: a.outputTokens + b.outputTokens,
  };
  const parts = [
    "cachedReadTokens",
    "cacheWrite5mTokens",
    "cacheWrite1hTokens",
    "reasoningTokens",
    "runMs",
  ] as const;
  for (const part of parts) {
    const total = (a[part] ?? 0) + (b[part] ?? 0);
    if (total > 0) sum[part] = total;
  }
  return sum;
}

/** Nano-dollars as dollars, exact: `1234567890` is `"1.23456789"`. */
export function toUsd(costNanos: number): string {
  const whole = Math.trunc(costNanos / NANOS_PER_DOLLAR);
  const rest = Math.abs(costNanos % NANOS_PER_DOLLAR);
  const sign = costNanos < 0 && whole === 0 ? "-" : "";
  if (rest === 0) return `${sign}${whole}`;
  return `${sign}${whole}.${String(rest).padStart(9, "0").replace(/0+$/, "")}`;
}
