/** One provider: how it is, how it did over a day, with which credentials, and what it serves. */
import { Badge } from "@cloudflare/kumo/components/badge";
import { sum, type SumRow } from "../data/books.ts";
import { recentRequests, type ProviderDay, type ProviderState } from "../data/providers.ts";
import type { LivePolicy } from "../data/policy.ts";
import { useLink } from "../data/router.ts";
import { pathOf } from "../logic/address.ts";
import { writeFilter } from "../logic/filters.ts";
import { count, duration, percent, usd } from "../logic/format.ts";
import { fillSteps } from "../logic/period.ts";
import {
  callLines,
  circuitWords,
  servesLines,
  worstCircuit,
  type CallLine,
  type Circuit,
} from "../logic/providers.ts";
import { Bound, Count, Dollars, Rate } from "../ui/numbers.tsx";
import { Card, Facts } from "../ui/page.tsx";
import { Spark } from "../ui/spark.tsx";

/** What share of failures is more than bad luck. */
const badShare = 0.05;

function CircuitBadge(props: { circuit: Circuit | undefined; at: number; isNamed?: boolean }) {
  const { circuit, at, isNamed = false } = props;
  if (circuit === undefined) return null;
  const { tone, text } = circuitWords(circuit, at);
  return <Badge variant={tone}>{isNamed ? `circuit ${text}` : text}</Badge>;
}

/** Of the last calls, those after which somebody else answered among them. */
function CallsBadge({ lines }: { lines: readonly CallLine[] }) {
  const calls = lines.reduce((total, line) => total + line.calls, 0);
  const failed = lines.reduce((total, line) => total + line.failed, 0);
  if (calls === 0) return <Badge variant="outline">not asked lately</Badge>;
  if (failed === 0) return null;
  const tone = failed / calls >= badShare ? "error" : "warning";
  return <Badge variant={tone}>{percent(failed, calls)} of calls failed</Badge>;
}

function Numbers({ usage, nanos }: { usage: SumRow | undefined; nanos: number }) {
  const requests = sum(usage, "requests");
  const facts: [string, React.ReactNode][] = [
    ["Requests", <Count value={requests} />],
    ["Error rate", <Rate row={usage} column="errorRate" />],
    ["Latency P50", <Bound row={usage} column="latencyP50BoundMs" />],
    ["Latency P95", <Bound row={usage} column="latencyP95BoundMs" />],
    ["First byte P50", <Bound row={usage} column="firstByteP50BoundMs" />],
    ["Spend", <Dollars nanos={nanos} />],
  ];
  return (
    <dl className="numbers">
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

function Credentials(props: {
  circuits: readonly Circuit[];
  lines: readonly CallLine[];
  at: number;
}) {
  const { circuits, lines, at } = props;
  return (
    <div className="table-scroll" role="region" aria-label="Credentials" tabIndex={0}>
      <table className="data">
        <caption className="visually-hidden">Credentials</caption>
        <thead>
          <tr>
            <th scope="col">Credential</th>
            <th scope="col">Circuit</th>
            <th scope="col" className="end">
              Calls
            </th>
            <th scope="col" className="end">
              Failed
            </th>
          </tr>
        </thead>
        <tbody>
          {circuits.map((circuit) => {
            const { alias = "", secret, weight } = circuit;
            const line = lines.find(({ credential }) => credential === alias);
            return (
              <tr key={`${alias} ${secret}`}>
                <th scope="row">
                  {alias === "" ? null : <>{alias} </>}
                  <span className="small soft">
                    {secret === undefined ? "the kind's own secret" : <code>{secret}</code>}
                    {weight === undefined ? "" : `, weight ${weight}`}
                  </span>
                </th>
                <td>
                  <CircuitBadge circuit={circuit} at={at} />
                </td>
                <td className="end">{count(line?.calls ?? 0)}</td>
                <td className="end" title={line?.lastFault}>
                  {count(line?.failed ?? 0)}
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}

const ofProvider = (rows: readonly SumRow[], name: string): SumRow[] =>
  rows.filter((row) => row["provider"] === name);

function hourly(rows: readonly SumRow[], column: string, day: ProviderDay): number[] {
  return fillSteps(
    day.span,
    rows.map((row) => ({ time: String(row["hour"]), value: sum(row, column) })),
  ).values;
}

function Day({ name, day }: { name: string; day: ProviderDay }) {
  const costs = ofProvider(day.hourlyCosts.rows, name);
  const usage = ofProvider(day.hourlyUsage.rows, name);
  return (
    <div className="sparks">
      <Spark label="Requests per hour" values={hourly(usage, "requests", day)} format={count} />
      <Spark
        label="Latency P95"
        values={hourly(usage, "latencyP95BoundMs", day)}
        format={duration}
      />
      <Spark label="Spend per hour" values={hourly(costs, "costNanos", day)} format={usd} />
    </div>
  );
}

function Serves({ policy, name }: { policy: LivePolicy; name: string }) {
  const lines = servesLines(policy.document, name);
  if (lines.length === 0) return "no tier";
  return lines.map(({ tiers, text }) => (
    <div key={text}>
      {text} <span className="soft">in {tiers.join(", ")}</span>
    </div>
  ));
}

/** As routes that prefer the fastest see it: there a failure counts as slow. */
function latelyOf(state: ProviderState | undefined): string | undefined {
  if (state === undefined || state.latencies.length === 0) return undefined;
  const models = state.latencies.map(({ model, averageMs }) => `${model} ${duration(averageMs)}`);
  return `${models.join(", ")} (a failure counts as slow)`;
}

export function ProviderCard(props: { name: string; policy: LivePolicy; day: ProviderDay }) {
  const { name, policy, day } = props;
  const entry = policy.document.providers[name];
  const state = day.circuits.providers.find((known) => known.name === name);
  const lines = callLines(day.recent, name);
  const [usage] = ofProvider(day.usage.rows, name);
  const costs = ofProvider(day.hourlyCosts.rows, name);
  const nanos = costs.reduce((total, row) => total + sum(row, "costNanos"), 0);
  const { at } = day.circuits;
  const filter = { kind: "request" as const, fields: { provider: name } };
  const link = useLink(`${pathOf("requests")}?${writeFilter(filter)}`);
  const fault = lines.find(({ lastFault }) => lastFault !== undefined)?.lastFault;
  return (
    <Card
      title={
        <a className="plain-link" {...link}>
          {name}
        </a>
      }
      side={
        <div className="toolbar">
          <CallsBadge lines={lines} />
          <CircuitBadge circuit={worstCircuit(state?.circuits ?? [])} at={at} isNamed />
        </div>
      }
    >
      <div className="card-body stack">
        <Numbers usage={usage} nanos={nanos} />
        <Day name={name} day={day} />
        <Facts
          rows={[
            ["Kind", entry?.kind],
            [
              "Address",
              entry?.binding === undefined
                ? (entry?.baseUrl ?? "the provider's own")
                : `behind the binding ${entry.binding}`,
            ],
            ["Last fault", fault && `${fault}, among the last ${recentRequests} requests`],
            ["Speed lately", latelyOf(state)],
            ["Serves", <Serves key="serves" policy={policy} name={name} />],
          ]}
        />
      </div>
      <Credentials circuits={state?.circuits ?? []} lines={lines} at={at} />
    </Card>
  );
}
