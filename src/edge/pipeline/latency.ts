/**
 * How fast each provider's model has answered this isolate lately: an average that forgets. What
 * was not measured for a while is not known any more, so that it is tried again.
 *
 * Invariants: an average lies between the least and the largest of what it was made of; a failure
 * counts as slow, never as fast. Pure: time comes in.
 */

export interface Latency {
  averageMs: number;
  /** When it was measured last, milliseconds. */
  at: number;
}

/** What a new measure weighs. */
const weight = 0.3;
/** After this nobody knows. */
export const latencyKnownMs = 60_000;
/** What a failure counts as, at least: nobody may look fast by refusing quickly. */
const failureMs = 10_000;
/** Provider and model pairs that are remembered; one organisation has a few. */
const latenciesMax = 1_000;

export function measured(before: Latency | undefined, ms: number, at: number): Latency {
  const fresh = before !== undefined && at - before.at < latencyKnownMs ? before : undefined;
  const averageMs = fresh === undefined ? ms : fresh.averageMs + weight * (ms - fresh.averageMs);
  return { averageMs, at };
}

/** The averages of one isolate; what was measured longest ago comes first. */
const latencies = new Map<string, Latency>();

const keyOf = (organisation: string, of: { provider: string; model: string }): string =>
  `${organisation}\n${of.provider}\n${of.model}`;

/** Takes a measure, milliseconds to the first of an answer or to its failure. */
export function noteLatency(
  organisation: string,
  of: { provider: string; model: string },
  ms: number,
  at: number,
  failed: boolean,
): void {
  const key = keyOf(organisation, of);
  const before = latencies.get(key);
  latencies.delete(key);
  latencies.set(key, measured(before, failed ? Math.max(ms, failureMs) : ms, at));
  const [oldest] = latencies.keys();
  if (latencies.size > latenciesMax && oldest !== undefined) latencies.delete(oldest);
}

/** How fast a provider's model of an organisation answered lately; undefined when nobody knows. */
export function latencyMsOf(
  organisation: string,
  provider: string,
  model: string,
  at: number,
): number | undefined {
  const found = latencies.get(keyOf(organisation, { provider, model }));
  if (found === undefined || at - found.at >= latencyKnownMs) return undefined;
  return Math.round(found.averageMs);
}

/** The models of a provider that answered lately, with how fast; for those who look. */
export function latenciesOf(
  organisation: string,
  provider: string,
  at: number,
): { model: string; averageMs: number; at: number }[] {
  const start = keyOf(organisation, { provider, model: "" });
  return [...latencies].flatMap(([key, latency]) =>
    key.startsWith(start) && at - latency.at < latencyKnownMs
      ? [{ model: key.slice(start.length), ...latency, averageMs: Math.round(latency.averageMs) }]
      : [],
  );
}
