/** What callers ask of one call in Cloudflare's headers: each of them, within its bounds. */
import { describe, expect, it } from "vitest";
import { metadataOf, readOptions } from "#edge/surface/options.ts";

const trace = "0af7651916cd43dd8448eb211c80319c";
const span = "b7ad6b7169203331";

it.each([
  ["cf-aig-request-timeout", "2500", { requestTimeoutMs: 2_500 }],
  ["cf-aig-request-timeout", "9999999", { requestTimeoutMs: 600_000 }],
  ["cf-aig-max-attempts", "3", { attempts: 3 }],
  ["cf-aig-max-attempts", "50", { attempts: 5 }],
  ["cf-aig-max-attempts", "0", { attempts: 1 }],
  ["cf-aig-retry-delay", "250", { retryDelayMs: 250 }],
  ["cf-aig-retry-delay", "70000", { retryDelayMs: 60_000 }],
  ["cf-aig-backoff", "constant", { backoff: "constant" }],
  ["cf-aig-backoff", "linear", { backoff: "linear" }],
  ["cf-aig-backoff", "exponential", { backoff: "exponential" }],
  ["cf-aig-event-id", "evt-1", { eventId: "evt-1" }],
  ["cf-aig-custom-cost", '{"total_cost":1}', { customCost: '{"total_cost":1}' }],
  ["cf-aig-skip-cache", "true", { skipCache: true }],
  ["cf-skip-cache", "true", { skipCache: true }],
  ["cf-aig-cache-ttl", "3600", { cacheTtlMs: 3_600_000 }],
  ["cf-cache-ttl", "3600", { cacheTtlMs: 3_600_000 }],
  ["cf-aig-cache-ttl", "1", { cacheTtlMs: 60_000 }],
  ["cf-aig-cache-ttl", "0", { cacheTtlMs: 0 }],
  ["cf-aig-cache-ttl", "99999999", { cacheTtlMs: 31 * 86_400_000 }],
  ["cf-aig-cache-key", "mine", { cacheKey: "mine" }],
  ["cf-aig-byok-alias", "spare", { credential: "spare" }],
  ["cf-aig-collect-log", "false", { collectLog: false }],
  ["cf-aig-collect-log-payload", "true", { collectPayload: true }],
  ["cf-aig-otel-trace-id", trace.toUpperCase(), { traceId: trace }],
  ["cf-aig-otel-parent-span-id", span, { parentSpanId: span }],
])("%s: %s", (name, value, options) => {
  expect(readOptions({ [name]: value })).toEqual(options);
});

it.each([
  ["cf-aig-request-timeout", "soon"],
  ["cf-aig-max-attempts", "-1"],
  ["cf-aig-retry-delay", "1.5"],
  ["cf-aig-backoff", "wild"],
  ["cf-aig-skip-cache", "no"],
  ["cf-aig-collect-log", "maybe"],
  ["cf-aig-otel-trace-id", "0".repeat(32)],
  ["cf-aig-otel-trace-id", `${trace}00`],
  ["cf-aig-otel-parent-span-id", "not hexadecimal!"],
  ["cf-aig-zdr", "true"],
])("%s: %j says nothing", (name, value) => {
  expect(readOptions({ [name]: value })).toEqual({});
});

describe("what the books keep of them", () => {
  it("is the caller's event, its cost and its trace, and nothing else", () => {
    const headers = {
      "cf-aig-event-id": "evt-1",
      "cf-aig-custom-cost": "1",
      "cf-aig-otel-trace-id": trace,
      "cf-aig-otel-parent-span-id": span,
      "cf-aig-cache-key": "mine",
    };
    expect(metadataOf(readOptions(headers))).toEqual({
      "cf.event_id": "evt-1",
      "cf.custom_cost": "1",
      "cf.otel_trace_id": trace,
      "cf.otel_parent_span_id": span,
    });
  });
});
