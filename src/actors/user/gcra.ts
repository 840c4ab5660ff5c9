/**
 * The generic cell rate algorithm in exact integers: each unit pushes the theoretical arrival time
 * one `window / limit` further; a request fits while that time is at most one window ahead.
 *
 * A time is `ms + part / limit`, so that nothing is rounded. Products past the safe integers take
 * the way over BigInt, which only dollar limits with enormous amounts ever do.
 */
import type { LimitData } from "#events/user-events.ts";
import type { Bucket, Moment } from "./state.ts";
import type { UsageLog } from "./usage-log.ts";

type Rate = Pick<LimitData, "limit" | "windowMs">;

const NOTHING: Moment = { ms: 0, part: 0 };

/** How far `amount` units push: amount * window / limit. */
function push(amount: number, { limit, windowMs }: Rate): Moment {
  if (limit === 0) return { ms: windowMs, part: 0 };
  const product = amount * windowMs;
  if (Number.isSafeInteger(product)) {
    return { ms: Math.floor(product / limit), part: product % limit };
  }
  const exact = BigInt(amount) * BigInt(windowMs);
  return { ms: Number(exact / BigInt(limit)), part: Number(exact % BigInt(limit)) };
}

function later(from: Moment, at: number, by: Moment, limit: number): Moment {
  const start = from.ms >= at ? from : { ms: at, part: 0 };
  const part = start.part + by.part;
  const carry = limit > 0 && part >= limit ? 1 : 0;
  return { ms: start.ms + by.ms + carry, part: part - carry * limit };
}

/** The arrival time after one more use at a moment, or after every use of a log. */
export function stack(from: Moment, at: number, rate: Rate, amount: number): Moment;
export function stack(from: Moment, log: UsageLog, rate: Rate): Moment;
export function stack(from: Moment, uses: number | UsageLog, rate: Rate, amount = 0): Moment {
  if (typeof uses === "number") return later(from, uses, push(amount, rate), rate.limit);
  let tat = from;
  for (let i = uses.head; i < uses.at.length; i++) {
    const used = uses.lanes[0]?.[i] ?? 0;
    if (used > 0) tat = later(tat, uses.at[i] ?? 0, push(used, rate), rate.limit);
  }
  return tat;
}

export function backlogFits(tat: Moment, rate: Rate, amount: number, at: number): boolean {
  if (amount > rate.limit) return false;
  const next = later(tat, at, push(amount, rate), rate.limit);
  const ahead = next.ms - at;
  return ahead < rate.windowMs || (ahead === rate.windowMs && next.part === 0);
}

/** Units that would still fit after `amount` more. */
export function backlogLeft(tat: Moment, rate: Rate, amount: number, at: number): number {
  if (rate.limit === 0) return 0;
  const next =
    amount === 0
      ? later(tat, at, NOTHING, rate.limit)
      : later(tat, at, push(amount, rate), rate.limit);
  const room = at + rate.windowMs - next.ms;
  if (room <= 0) return 0;
  const units = BigInt(room) * BigInt(rate.limit) - BigInt(next.part);
  return Number(units / BigInt(rate.windowMs));
}

export function backlogRetryAt(tat: Moment, rate: Rate, amount: number): number {
  const next = later(tat, 0, push(amount, rate), rate.limit);
  return next.ms - rate.windowMs + (next.part > 0 ? 1 : 0);
}

/** What was owed before the log's first moment, under another rate; rounded up. */
export function rescale(bucket: Bucket, rate: Rate): Moment {
  const first = bucket.log.at[bucket.log.head];
  const owedMs = bucket.mode === "gcra" && first !== undefined ? bucket.base.ms - first : 0;
  if (owedMs <= 0 || first === undefined || rate.limit === 0) return NOTHING;
  const units = ((owedMs + 1) * bucket.limit) / bucket.windowMs;
  return { ms: first + Math.ceil((units * rate.windowMs) / rate.limit) + 1, part: 0 };
}
