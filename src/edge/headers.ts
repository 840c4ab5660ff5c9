/**
 * The headers of every answer: one id under the three names that SDKs read, what is left of every
 * limit as the admitting transaction saw it, and what SDKs need to know to try again.
 */
import type { LimitStatus } from "#actors/user/commands.ts";
import { toUsd } from "#events/money.ts";
import type { GatewayError } from "./errors.ts";

/** The request id where OpenAI's, Anthropic's and Cloudflare's clients look for it. */
export function idHeaders(requestId: string): Record<string, string> {
  return {
    "x-request-id": requestId,
    "request-id": requestId,
    "cf-aig-log-id": requestId,
    "cf-aig-request-id": requestId,
  };
}

/**
 * `X-RateLimit-*` for the tightest request limit, the IETF `RateLimit` fields for each by name
 * (draft-ietf-httpapi-ratelimit-headers), and dollars left of each budget. `X-RateLimit-Reset` is in
 * seconds since 1970, `RateLimit`'s `t` in seconds from now.
 */
export function limitHeaders(limits: readonly LimitStatus[], at: number): Record<string, string> {
  const headers: Record<string, string> = {};
  const tightest = tightestOf(limits.filter((limit) => limit.metric === "requests"));
  if (tightest !== undefined) {
    headers["x-ratelimit-limit"] = String(tightest.limit);
    headers["x-ratelimit-remaining"] = String(tightest.remaining);
    headers["x-ratelimit-reset"] = String(Math.ceil(tightest.resetsAt / 1000));
  }
  const rates = limits.filter((limit) => limit.kind !== "budget");
  if (rates.length > 0) {
    headers["ratelimit"] = rates
      .map(
        ({ name, remaining, resetsAt }) => `"${name}";r=${remaining};t=${secondsTo(resetsAt, at)}`,
      )
      .join(", ");
    headers["ratelimit-policy"] = rates
      .map(({ name, limit, windowMs }) =>
        windowMs > 0 ? `"${name}";q=${limit};w=${windowMs / 1000}` : `"${name}";q=${limit}`,
      )
      .join(", ");
  }
  const budgets = limits.filter((limit) => limit.kind === "budget");
  if (budgets.length > 0) {
    headers["x-tallygate-budget"] = budgets
      .map(
        ({ name, limit, remaining, resetsAt }) =>
          `"${name}";limit=${toUsd(limit)};remaining=${toUsd(remaining)};reset=${Math.ceil(resetsAt / 1000)}`,
      )
      .join(", ");
  }
  return headers;
}

/** What tells an SDK whether and when to try again. */
export function retryHeaders(error: GatewayError, at: number): Record<string, string> {
  const headers: Record<string, string> = { "x-should-retry": String(error.retryable) };
  if (error.retryAt === undefined) return headers;
  const waitMs = Math.max(error.retryAt - at, 0);
  headers["retry-after"] = String(Math.max(Math.ceil(waitMs / 1000), 1));
  headers["retry-after-ms"] = String(waitMs);
  return headers;
}

function tightestOf(limits: readonly LimitStatus[]): LimitStatus | undefined {
  return limits.toSorted((a, b) => a.remaining - b.remaining)[0];
}

function secondsTo(moment: number, at: number): number {
  return Math.max(Math.ceil((moment - at) / 1000), 0);
}
