/** `GET /metrics`: the books as Prometheus reads them. */
import type { SumsAnswer, SumsGroup } from "#projections/queries.ts";
import { mergeSums } from "#projections/merge.ts";
import { prometheusText } from "#projections/out/prometheus.ts";
import type { Reader } from "./reader.ts";

/** Never by member: that would be a series for each. */
const by = ["model", "provider"] as const;

/** Every shard together. */
export async function showMetrics({ principal, shards }: Reader): Promise<Response> {
  const query = { groupBy: [...by], filter: {} };
  const merged = (answers: readonly SumsAnswer[]): SumsGroup[] => mergeSums(answers, by).groups;
  const [usage, costs, states] = await Promise.all([
    Promise.all(shards.map(({ ledger }) => ledger.usage(query))),
    Promise.all(shards.map(({ ledger }) => ledger.costs(query))),
    Promise.all(
      shards.map(async ({ name, ledger }) => ({
        shard: name,
        archive: await ledger.archiveStatus(),
        sinks: await ledger.sinks(),
        faults: (await ledger.faults()).length,
      })),
    ),
  ]);
  const { organisation } = principal;
  const text = prometheusText({
    organisation,
    usage: merged(usage),
    costs: merged(costs),
    states,
  });
  return new Response(text, {
    headers: { "content-type": "text/plain; version=0.0.4; charset=utf-8" },
  });
}
