/**
 * Requests as metrics: histograms of tokens, duration and time to the first chunk under the GenAI
 * conventions' names, with their buckets, and counters of requests and cost of our own.
 *
 * A batch is told as deltas over the time of its events. A batch that has to be sent again has the
 * same times and numbers, which collectors that drop repeated points recognise.
 */
import type { UserFact } from "#events/user-events.ts";
import { assertSafeSum } from "../safe-sum.ts";
import {
  attributes,
  operationOf,
  providerName,
  resourceOf,
  scope,
  unixNanos,
  type Attribute,
} from "./otlp.ts";
import type { Traced } from "./otlp-traces.ts";

const DELTA = 1;

const tokenBounds = [
  1, 4, 16, 64, 256, 1_024, 4_096, 16_384, 65_536, 262_144, 1_048_576, 4_194_304, 16_777_216,
  67_108_864,
];
const secondBounds = [
  0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92,
];

interface Series {
  attributes: Attribute[];
  count: number;
  sum: number;
  buckets: number[];
}

/** One instrument: a histogram with its bounds, or a counter. */
class Instrument {
  readonly #name: string;
  readonly #unit: string;
  readonly #bounds: readonly number[] | undefined;
  readonly #series = new Map<string, Series>();

  constructor(name: string, unit: string, bounds?: readonly number[]) {
    this.#name = name;
    this.#unit = unit;
    this.#bounds = bounds;
  }

  add(labels: Attribute[], value: number): void {
    const key = JSON.stringify(labels);
    let series = this.#series.get(key);
    if (series === undefined) {
      const buckets = Array.from({ length: (this.#bounds?.length ?? -1) + 1 }, () => 0);
      this.#series.set(key, (series = { attributes: labels, count: 0, sum: 0, buckets }));
    }
    series.count += 1;
    series.sum += value;
    if (this.#bounds === undefined) {
      assertSafeSum(series.sum, this.#name);
      return;
    }
    const index = this.#bounds.findIndex((bound) => value <= bound);
    const bucket = index < 0 ? this.#bounds.length : index;
    series.buckets[bucket] = (series.buckets[bucket] ?? 0) + 1;
  }

  /** The metric over a time; `undefined` when nothing was counted. */
  show(startTimeUnixNano: string, timeUnixNano: string): object | undefined {
    if (this.#series.size === 0) return undefined;
    const about = { name: this.#name, unit: this.#unit };
    const times = { startTimeUnixNano, timeUnixNano };
    const series = [...this.#series.values()];
    if (this.#bounds === undefined) {
      const dataPoints = series.map(({ attributes, sum }) => ({
        attributes,
        ...times,
        asInt: String(sum),
      }));
      return { ...about, sum: { dataPoints, aggregationTemporality: DELTA, isMonotonic: true } };
    }
    const dataPoints = series.map(({ attributes, count, sum, buckets }) => ({
      attributes,
      ...times,
      count: String(count),
      sum,
      bucketCounts: buckets.map(String),
      explicitBounds: this.#bounds,
    }));
    return { ...about, histogram: { dataPoints, aggregationTemporality: DELTA } };
  }
}

/** A request to `/v1/metrics`; `undefined` when the events count nothing. */
export function packMetrics(
  traced: readonly Traced[],
  { organisation, shard }: { organisation: string; shard: string },
): string | undefined {
  const instruments = {
    tokens: new Instrument("gen_ai.client.token.usage", "{token}", tokenBounds),
    duration: new Instrument("gen_ai.client.operation.duration", "s", secondBounds),
    firstChunk: new Instrument("gen_ai.client.operation.time_to_first_chunk", "s", secondBounds),
    requests: new Instrument("tallygate.requests", "{request}"),
    cost: new Instrument("tallygate.cost", "n{USD}"),
  };
  const times: number[] = [];
  for (const { event, entry } of traced) {
    const fact = event as unknown as UserFact;
    times.push(event.at);
    if (fact.type === "RequestRefused" || fact.type === "RefusalsCounted") {
      const by = fact.type === "RequestRefused" ? 1 : fact.data.count;
      const labels = attributes({ "tallygate.outcome": "refused", "error.type": fact.data.code });
      instruments.requests.add(labels, by);
    }
    if (fact.type !== "RequestSettled" && fact.type !== "ExpiryCorrected") continue;
    const { data } = fact;
    const labels = {
      "gen_ai.operation.name": operationOf({
        action: entry?.action ?? "chat.completion",
        ...(entry?.dialect === undefined ? {} : { dialect: entry.dialect }),
      }),
      "gen_ai.provider.name": data.provider === undefined ? undefined : providerName(data.provider),
      "gen_ai.request.model": entry?.modelAsked,
      "gen_ai.response.model": data.servedModel,
    };
    const outcome = { ...labels, "tallygate.outcome": data.outcome };
    instruments.requests.add(attributes(outcome), 1);
    instruments.cost.add(attributes(labels), data.costNanos);
    if (data.attempts.length === 0) continue;
    const error = data.outcome === "completed" ? undefined : data.outcome;
    const timed = attributes({ ...labels, "error.type": error });
    instruments.duration.add(timed, data.latencyMs / 1_000);
    if (entry?.streaming === true && data.firstByteMs !== undefined) {
      instruments.firstChunk.add(timed, data.firstByteMs / 1_000);
    }
    const { inputTokens, outputTokens } = data.usage;
    const counted = { input: inputTokens, output: outputTokens };
    for (const [type, tokens] of Object.entries(counted)) {
      instruments.tokens.add(attributes({ ...labels, "gen_ai.token.type": type }), tokens);
    }
  }
  const [start, end] = [Math.min(...times), Math.max(...times)];
  const metrics = Object.values(instruments).flatMap(
    (instrument) => instrument.show(unixNanos(start), unixNanos(end + 1)) ?? [],
  );
  if (metrics.length === 0) return undefined;
  const resource = resourceOf(organisation, shard);
  return JSON.stringify({ resourceMetrics: [{ resource, scopeMetrics: [{ scope, metrics }] }] });
}
