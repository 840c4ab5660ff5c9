/**
 * Requests as metrics: histograms of tokens, duration and time to the first chunk under the GenAI
 * conventions' names, with their buckets, and counters of requests and cost of our own.
 *
 * A batch is told as deltas over the time of its events. A batch that has to be sent again has the
 * same times and numbers, which collectors that drop repeated points recognise.
 */
import type { UserFact } from "#events/user-events.ts";
import { GenAiMetrics } from "./otlp-genai.ts";
import { Instruments } from "./otlp-instrument.ts";
import { attributes, operationOf, providerName, resourceOf, scope, unixNanos } from "./otlp.ts";
import type { Traced } from "./otlp-traces.ts";

/** A request to `/v1/metrics`; `undefined` when the events count nothing. */
export function packMetrics(
  traced: readonly Traced[],
  { organisation, shard }: { organisation: string; shard: string },
): string | undefined {
  const instruments = new Instruments();
  const genAi = new GenAiMetrics(instruments);
  const times: number[] = [];
  for (const { event, entry } of traced) {
    const fact = event as unknown as UserFact;
    times.push(event.at);
    if (fact.type === "RequestRefused" || fact.type === "RefusalsCounted") {
      const by = fact.type === "RequestRefused" ? 1 : fact.data.count;
      const labels = attributes({ "tallygate.outcome": "refused", "error.type": fact.data.code });
      instruments.get("tallygate.requests", "{request}").add(labels, by);
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
    instruments.get("tallygate.requests", "{request}").add(attributes(outcome), 1);
    instruments.get("tallygate.cost", "n{USD}").add(attributes(labels), data.costNanos);
    if (data.attempts.length > 0) genAi.add(labels, data, entry?.streaming === true);
  }
  const [start, end] = [Math.min(...times), Math.max(...times)];
  const metrics = instruments.show(unixNanos(start), unixNanos(end + 1));
  if (metrics.length === 0) return undefined;
  const resource = resourceOf(organisation, shard);
  return JSON.stringify({ resourceMetrics: [{ resource, scopeMetrics: [{ scope, metrics }] }] });
}
