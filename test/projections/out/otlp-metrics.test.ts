/** Which of the conventions' metrics a request is in: by what was asked, and how it ended. */
import { expect, it } from "vitest";
import type { AuditEntry } from "#projections/audit-entry.ts";
import { packMetrics } from "#projections/out/otlp-metrics.ts";
import { SampleStream, settled, settlement } from "../../support/sample-events.ts";

interface Metric {
  name: string;
  histogram?: { dataPoints: { sum: number }[] };
  sum?: { dataPoints: { asInt: string }[] };
}

/** What one settlement adds, by metric; conventions' names without what is common to all. */
function told(over: Parameters<typeof settlement>[0], entry: Partial<AuditEntry> = {}) {
  const event = new SampleStream().append({ ...settled(), data: settlement(over) });
  const request = { action: "chat.completion", ...entry } as AuditEntry;
  const text = packMetrics([{ event, entry: request }], { organisation: "o", shard: "s" });
  const { resourceMetrics } = JSON.parse(text ?? "") as {
    resourceMetrics: { scopeMetrics: { metrics: Metric[] }[] }[];
  };
  const metrics = resourceMetrics[0]?.scopeMetrics[0]?.metrics ?? [];
  const amounts = metrics.map(({ name, histogram, sum }): [string, number] => {
    const points = histogram?.dataPoints.map((point) => point.sum) ?? [];
    const counts = sum?.dataPoints.map(({ asInt }) => Number(asInt)) ?? [];
    return [name.replace("gen_ai.client.", ""), [...points, ...counts].reduce((a, b) => a + b, 0)];
  });
  return Object.fromEntries(amounts);
}

const usage = { inputTokens: 40, outputTokens: 20, cacheWrite5mTokens: 3, cacheWrite1hTokens: 4 };

it("a call that failed counts what it used, and is in no histogram of tokens", () => {
  const failed = told({ outcome: "failed", usage });
  expect(failed).not.toHaveProperty("inference.operation.input_tokens");
  expect(failed).toMatchObject({
    "inference.usage.input_tokens": 40,
    "inference.usage.cache_write.input_tokens": 7,
    "token.usage": 60,
  });
});

it("embeddings have a duration and input of their own, and no output", () => {
  const embedded = told({ usage }, { action: "embeddings" });
  expect(embedded).toMatchObject({ "embeddings.operation.input_tokens": 40 });
  expect(embedded["embeddings.duration"]).toBe(embedded["operation.duration"]);
  expect(Object.keys(embedded).filter((name) => /inference|output/.test(name))).toEqual([]);
});

it("the time to the first chunk is a stream's alone", () => {
  const names = ["operation.time_to_first_chunk", "inference.time_to_first_chunk"];
  const streamed = told({ firstByteMs: 250 }, { streaming: true });
  expect(names.map((name) => streamed[name])).toEqual([0.25, 0.25]);
  const whole = told({ firstByteMs: 250 });
  expect(names.map((name) => whole[name])).toEqual([undefined, undefined]);
});
