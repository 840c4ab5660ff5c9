/** How often one provider is tried, and how long is waited in between. */
import type { PolicyDocument } from "#policy/document.ts";
import type { CallOptions } from "../surface/options.ts";

/** Tries at one provider, and the waits between them. */
export interface RetryPlan {
  attempts: number;
  delayMs: number;
  backoff: "constant" | "linear" | "exponential";
}

/** Longer waits are the caller's to make: they hold a request and its money. */
export const retryWaitMsMax = 60_000;

/** What the caller asked for, else what policy says of a candidate or of all, else one try. */
export function retryPlan(
  upstream: PolicyDocument["upstream"],
  options: CallOptions,
  own?: PolicyDocument["upstream"]["retries"],
): RetryPlan {
  const retries = own ?? upstream.retries;
  return {
    attempts: options.attempts ?? retries?.attempts ?? 1,
    delayMs: options.retryDelayMs ?? retries?.delayMs ?? 250,
    backoff: options.backoff ?? retries?.backoff ?? "exponential",
  };
}

/**
 * Milliseconds to wait after the failed try number `tried` (from 1), never less than the provider
 * asked for; `undefined` when it asked for more than is waited here, or no try is left.
 */
export function waitAfter(
  plan: RetryPlan,
  tried: number,
  retryAfterMs: number | undefined,
): number | undefined {
  if (tried >= plan.attempts) return undefined;
  const factor = { constant: 1, linear: tried, exponential: 2 ** (tried - 1) }[plan.backoff];
  const wait = Math.max(Math.min(plan.delayMs * factor, retryWaitMsMax), retryAfterMs ?? 0);
  return wait > retryWaitMsMax ? undefined : wait;
}
