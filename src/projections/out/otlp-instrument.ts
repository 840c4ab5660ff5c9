/** Instruments of a batch, as OTLP's JSON has them: histograms and counters, told as deltas. */
import { assertSafeSum } from "../safe-sum.ts";
import type { Attribute } from "./otlp.ts";

const DELTA = 1;

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

/** A batch's instruments, by name, in the order in which something was counted first. */
export class Instruments {
  readonly #known = new Map<string, Instrument>();

  /** A histogram with `bounds`, without them a counter. */
  get(name: string, unit: string, bounds?: readonly number[]): Instrument {
    let known = this.#known.get(name);
    if (known === undefined) this.#known.set(name, (known = new Instrument(name, unit, bounds)));
    return known;
  }

  /** All of them over a time; none that counted nothing. */
  show(startTimeUnixNano: string, timeUnixNano: string): object[] {
    return [...this.#known.values()].flatMap(
      (instrument) => instrument.show(startTimeUnixNano, timeUnixNano) ?? [],
    );
  }
}
