/**
 * Latencies as counts in buckets that add up over rows, batches and shards; percentiles do not.
 *
 * A bucket is a number of milliseconds rounded up to two significant digits: whole milliseconds are
 * exact up to 100, and above that a bucket's bound is less than a tenth more than what is in it.
 * A histogram is text, one character for a bucket and its count in digits, so that two of them are
 * added by writing one after the other.
 */

/** The character of bucket 0: above every digit, below every surrogate. */
const FIRST = 0x100;
const DIGIT = 48;
/** No request takes a hundred days: what is longer counts there. */
const longestMs = 10_000_000_000;
/** Characters of a histogram that grows until it is written in its short form once more. */
const growMax = 4_096;

/** The bound of the bucket that a latency counts in, milliseconds, inclusive. */
export function bucketOf(ms: number): number {
  return boundOf(indexOf(ms));
}

function indexOf(ms: number): number {
  const clamped = Math.min(Math.max(Math.ceil(ms), 0), longestMs);
  let [scale, power] = [1, 0];
  while (clamped > 100 * scale) {
    scale *= 10;
    power += 1;
  }
  return power === 0 ? clamped : power * 90 + Math.ceil(clamped / scale);
}

function boundOf(index: number): number {
  if (index <= 100) return index;
  const power = Math.floor((index - 101) / 90) + 1;
  return (index - power * 90) * 10 ** power;
}

/** A histogram with one more latency in it. */
export function withLatency(histogram: string, ms: number): string {
  const grown = `${histogram}${String.fromCharCode(FIRST + indexOf(ms))}1`;
  return grown.length > growMax ? compact(grown) : grown;
}

/** Counts by bucket: what histograms are added up in. */
export type Counts = Map<number, number>;

/** Where a long histogram is added up: all zeros between two of them. */
const scratch = new Float64Array(indexOf(longestMs) + 1);

/** Adds a histogram to counts. */
export function addHistogram(counts: Counts, histogram: string): void {
  let index = -1;
  let count = 0;
  let highest = -1;
  for (let at = 0; at <= histogram.length; at += 1) {
    const code = at < histogram.length ? histogram.charCodeAt(at) : FIRST;
    if (code < FIRST) {
      count = count * 10 + code - DIGIT;
      continue;
    }
    if (index >= 0) {
      // Many small counts of few buckets: a list takes them many times faster than a map.
      scratch[index] = (scratch[index] ?? 0) + count;
      if (index > highest) highest = index;
    }
    index = code - FIRST;
    count = 0;
  }
  for (let bucket = 0; bucket <= highest; bucket += 1) {
    const added = scratch[bucket] ?? 0;
    if (added === 0) continue;
    counts.set(bucket, (counts.get(bucket) ?? 0) + added);
    scratch[bucket] = 0;
  }
}

/** Counts as a histogram in its one short form: each bucket once, in order. */
export function showHistogram(counts: Counts): string {
  return [...counts]
    .sort(([a], [b]) => a - b)
    .map(([index, count]) => `${String.fromCharCode(FIRST + index)}${count}`)
    .join("");
}

/** The one short form of a histogram. */
export function compact(histogram: string): string {
  const counts: Counts = new Map();
  addHistogram(counts, histogram);
  return showHistogram(counts);
}

/** Buckets that hold something, by their bounds in milliseconds, ascending. */
export function bucketsOf(histogram: string): [boundMs: number, count: number][] {
  const counts: Counts = new Map();
  addHistogram(counts, histogram);
  return [...counts].sort(([a], [b]) => a - b).map(([index, count]) => [boundOf(index), count]);
}

/**
 * The latency that some percent of all do not exceed, by nearest rank: never below the true one,
 * and less than a tenth above it. `null` when there are none.
 */
export function percentileMs(histogram: string, percent: number): number | null {
  const buckets = bucketsOf(histogram);
  const total = buckets.reduce((sum, [, count]) => sum + count, 0);
  const rank = Math.max(1, Math.ceil((total * percent) / 100));
  let seen = 0;
  for (const [bound, count] of buckets) {
    seen += count;
    if (seen >= rank) return bound;
  }
  return null;
}
