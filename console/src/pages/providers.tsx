/** Who answers: each provider of the live policy with how it did over the last day. */
import { Badge } from "@cloudflare/kumo/components/badge";
import { readSums, sum, type SumRow, type Sums } from "../data/books.ts";
import { usePolicy, type LivePolicy } from "../data/policy.ts";
import { useAdminState } from "../data/use-admin.ts";
import { useLoad } from "../data/use-load.ts";
import { useTail, useThrottled } from "../data/use-tail.ts";
import { count, duration, exactUsd, percent, usd } from "../logic/format.ts";
import { spanOf } from "../logic/period.ts";
import { Copy } from "../ui/copy.tsx";
import { Card, Facts, LiveBadge, Page } from "../ui/page.tsx";
import { Nothing, Show } from "../ui/states.tsx";

interface Day {
  usage: Sums;
  costs: Sums;
}

async function readDay(signal: AbortSignal): Promise<Day> {
  const { from, to } = spanOf({ name: "24h" }, Date.now());
  const [usage, costs] = await Promise.all([
    readSums("usage", { by: "provider", from, to }, signal),
    readSums("costs", { by: "provider", from, to }, signal),
  ]);
  return { usage, costs };
}

function rowOf(sums: Sums, name: string): SumRow | undefined {
  return sums.rows.find((row) => row["provider"] === name);
}

const within = (row: SumRow | undefined, column: string): string => {
  const value = row?.[column];
  return typeof value === "number" ? `≤ ${duration(value)}` : "–";
};

function Health({ usage }: { usage: SumRow | undefined }) {
  const requests = sum(usage, "requests");
  const failed = sum(usage, "failed");
  if (requests === 0) return <Badge variant="outline">not used in 24 hours</Badge>;
  if (failed === 0) return <Badge variant="success">no errors</Badge>;
  const isBad = failed / requests >= 0.05;
  return <Badge variant={isBad ? "error" : "warning"}>{percent(failed, requests)} errors</Badge>;
}

/** The tiers and models for which a provider is a candidate, in the order in which it is tried. */
function servesOf(policy: LivePolicy, name: string): [string, string][] {
  return Object.entries(policy.document.tiers).flatMap(([tier, { candidates }]) =>
    candidates
      .filter(({ provider }) => provider === name)
      .map(({ serves, model, priority }): [string, string] => [
        `Tier ${tier}`,
        `${serves.join(", ")}${model === undefined ? "" : ` as ${model}`} (priority ${priority})`,
      ]),
  );
}

function Provider({ name, policy, day }: { name: string; policy: LivePolicy; day: Day }) {
  const entry = policy.document.providers[name];
  const usage = rowOf(day.usage, name);
  const nanos = sum(rowOf(day.costs, name), "costNanos");
  return (
    <Card title={name} side={<Health usage={usage} />} padded>
      <Facts
        rows={[
          ["Kind", entry?.kind],
          ["Address", entry?.baseUrl ?? "the provider's own"],
          [
            "Credential",
            entry?.secret === undefined ? (
              "the kind's own secret"
            ) : (
              <code key="secret">{entry.secret}</code>
            ),
          ],
          ["Requests", count(sum(usage, "requests"))],
          ["Failed", count(sum(usage, "failed"))],
          [
            "Latency",
            `median ${within(usage, "latencyP50BoundMs")}, p95 ${within(usage, "latencyP95BoundMs")}`,
          ],
          [
            "Tokens",
            `${count(sum(usage, "inputTokens"))} in, ${count(sum(usage, "outputTokens"))} out`,
          ],
          [
            "Spend",
            <Copy key="spend" exact={exactUsd(nanos)}>
              {usd(nanos)}
            </Copy>,
          ],
          ...servesOf(policy, name),
        ]}
      />
    </Card>
  );
}

export function Providers() {
  const policy = usePolicy();
  const day = useLoad("day", readDay);
  const state = useAdminState();
  const refresh = useThrottled(day.reload, 10_000);
  useTail({ kind: "request" }, { entries: refresh, opened: (isFirst) => isFirst || refresh() });
  return (
    <Page
      title="Providers"
      about="Credentials are named here and kept as secrets of the deployment; numbers are of the last 24 hours."
      actions={<LiveBadge state={state} />}
    >
      <Show loaded={policy} lines={6}>
        {(live) => (
          <Show loaded={day} lines={6}>
            {(numbers) => {
              const names = Object.keys(live.document.providers);
              if (names.length === 0)
                return <Nothing title="No providers">Name one in the policy.</Nothing>;
              return (
                <div className="columns">
                  {names.map((name) => (
                    <Provider key={name} name={name} policy={live} day={numbers} />
                  ))}
                </div>
              );
            }}
          </Show>
        )}
      </Show>
    </Page>
  );
}
