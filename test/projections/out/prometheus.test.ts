/** The books as Prometheus reads them: buckets that add up, counters that never fall, text that parses. */
import { expect, it } from "vitest";
import { withLatency } from "#projections/histogram.ts";
import { prometheusText } from "#projections/out/prometheus.ts";

const sums = {
  completed: 3,
  expired: 1,
  latencyMsSum: 250,
};
const latency = [40, 50, 99, 70_000].reduce(withLatency, "");
const page = prometheusText({
  organisation: "acme",
  usage: [{ by: { model: 'm"1\\', provider: "openai" }, sums, histograms: { latency } }],
  costs: [
    { by: { model: "m", provider: "openai" }, sums: { costNanos: 1_500_000_000 } },
    { by: { model: "m", provider: "" }, sums: { costNanos: 500_000_000 } },
  ],
  states: [
    {
      shard: "l_1",
      archive: { archived: 5, events: 9 },
      sinks: [{ sink: "siem", waiting: 4, sent: 5, deadLetters: 1 }],
      faults: 0,
    },
  ],
});
const value = (start: string): number =>
  Number(
    page
      .split("\n")
      .find((line) => line.startsWith(start))
      ?.split(" ")
      .at(-1),
  );

it("every line is a comment or a sample as the text format has them", () => {
  const line =
    /^(# (HELP|TYPE) [a-z_]+ .+|[a-z_]+\{[a-z_]+="(?:[^"\\\n]|\\[\\"n])*"(?:,[a-z_]+="(?:[^"\\\n]|\\[\\"n])*")*\} [-+.e\d]+)$/;
  for (const text of page.trimEnd().split("\n")) expect(text).toMatch(line);
});

it("a bucket holds what the ones before it hold, and the last one all", () => {
  const buckets = page
    .split("\n")
    .filter((line) => line.startsWith("tallygate_latency_seconds_bucket"))
    .map((line) => Number(line.split(" ").at(-1)));
  expect(buckets).toEqual(buckets.toSorted((a, b) => a - b));
  expect(buckets.slice(0, 5)).toEqual([0, 0, 2, 3, 3]);
  expect(buckets.at(-1)).toBe(4);
  expect(value("tallygate_latency_seconds_count")).toBe(4);
});

it("what a correction may lower is a gauge, apart from what was settled", () => {
  expect(page).toContain("# TYPE tallygate_cost_usd_total counter");
  expect(value("tallygate_cost_usd_total")).toBe(1.5);
  expect(page).toContain("# TYPE tallygate_unsettled_cost_usd gauge");
  expect(value("tallygate_unsettled_cost_usd")).toBe(0.5);
  expect(page).toContain("# TYPE tallygate_expired_requests gauge");
});

it("each sink says how much it has to come and what it refused", () => {
  expect(value("tallygate_sink_waiting_events")).toBe(4);
  expect(value("tallygate_sink_dead_letters")).toBe(1);
});
