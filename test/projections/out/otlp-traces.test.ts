/** Whose trace a request's spans are part of. */
import { readFileSync } from "node:fs";
import path from "node:path";
import { expect, it } from "vitest";
import { unseal, type SealedEvent } from "#events/envelope.ts";
import type { AuditEntry } from "#projections/audit-entry.ts";
import { spansOf } from "#projections/out/otlp-traces.ts";

const file = path.resolve(import.meta.dirname, "../../golden/events/RequestSettled.v1.json");
const event = unseal(JSON.parse(readFileSync(file, "utf8")) as SealedEvent);
const telling = { tell: [], pseudonym: () => "u_1" };
const trace = "0af7651916cd43dd8448eb211c80319c";
const span = "b7ad6b7169203331";

function spansUnder(metadata: Record<string, string>) {
  const entry = { at: event.at, action: "chat.completion", metadata } as unknown as AuditEntry;
  return spansOf({ event, entry }, telling);
}

it("a caller who names a trace has the request in it, below their span", () => {
  const metadata = { "cf.otel_trace_id": trace, "cf.otel_parent_span_id": span };
  const [server, ...calls] = spansUnder(metadata);
  expect(server).toMatchObject({ traceId: trace, parentSpanId: span });
  expect(calls.length).toBeGreaterThan(0);
  for (const call of calls) {
    expect(call).toMatchObject({ traceId: trace, parentSpanId: server?.spanId });
  }
});

it("without one, or with one that is none, the request is its own trace", () => {
  for (const metadata of [{}, { "cf.otel_trace_id": "mine" }, { "cf.otel_parent_span_id": span }]) {
    const [server] = spansUnder(metadata);
    expect(server?.traceId).toBe("01a1fd557a8070008000000000000001");
    expect(server?.parentSpanId).toBeUndefined();
  }
});
