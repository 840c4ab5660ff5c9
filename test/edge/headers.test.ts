import { expect, it } from "vitest";
import type { LimitStatus } from "#actors/user/commands.ts";
import { GatewayError } from "#edge/errors.ts";
import { idHeaders, limitHeaders, retryHeaders } from "#edge/headers.ts";

const at = 1_700_000_000_000;
const rate = (name: string, remaining: number, more: Partial<LimitStatus> = {}): LimitStatus => ({
  name,
  metric: "requests",
  kind: "rate",
  limit: 60,
  remaining,
  resetsAt: at + 1_500,
  windowMs: 60_000,
  ...more,
});

it("the id stands where each SDK looks for it", () => {
  const cloudflare = { "cf-aig-log-id": "x", "cf-aig-request-id": "x" };
  expect(idHeaders("x")).toEqual({ "x-request-id": "x", "request-id": "x", ...cloudflare });
});

it("the tightest request limit is in X-RateLimit, each by name in RateLimit, dollars in a third", () => {
  const limits = [
    rate("minute", 7),
    rate("hour", 3, { limit: 100, windowMs: 3_600_000, resetsAt: at + 60_000 }),
    rate("tokens", 1, { metric: "tokens", limit: 1_000 }),
    rate("open", 2, { metric: "concurrency", kind: "concurrency", windowMs: 0, limit: 4 }),
    rate("month", 1_500_000_000, { metric: "usd", kind: "budget", limit: 5_000_000_000 }),
  ];
  expect(limitHeaders(limits, at)).toEqual({
    "x-ratelimit-limit": "100",
    "x-ratelimit-remaining": "3",
    "x-ratelimit-reset": String((at + 60_000) / 1_000),
    ratelimit: '"minute";r=7;t=2, "hour";r=3;t=60, "tokens";r=1;t=2, "open";r=2;t=2',
    "ratelimit-policy": '"minute";q=60;w=60, "hour";q=100;w=3600, "tokens";q=1000;w=60, "open";q=4',
    "x-tallygate-budget": `"month";limit=5;remaining=1.5;reset=${Math.ceil((at + 1_500) / 1_000)}`,
  });
});

it("without limits there is nothing to say", () => {
  expect(limitHeaders([], at)).toEqual({});
});

it("a wait is rounded up to whole seconds, exact in milliseconds, and never negative", () => {
  const waits = (retryAt?: number) =>
    retryHeaders(new GatewayError("rate_limited", "Wait.", { retryAt }), at);
  expect(waits(at + 1_001)).toEqual({
    "x-should-retry": "true",
    "retry-after": "2",
    "retry-after-ms": "1001",
  });
  expect(waits(at - 5_000)).toMatchObject({ "retry-after": "1", "retry-after-ms": "0" });
  expect(waits()).toEqual({ "x-should-retry": "true" });
  expect(retryHeaders(new GatewayError("budget_exceeded", "No."), at)).toEqual({
    "x-should-retry": "false",
  });
});
