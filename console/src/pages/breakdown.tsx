/** A period's sums by one dimension, the dearest first; each row leads to its requests. */
import { sum, type SumRow, type Sums } from "../data/books.ts";
import { useLink } from "../data/router.ts";
import { pathOf } from "../logic/address.ts";
import { writeFilter } from "../logic/filters.ts";
import { count, exactUsd, percent, usd } from "../logic/format.ts";
import { Copy } from "../ui/copy.tsx";
import { Nothing } from "../ui/states.tsx";

export type DimensionName = "model" | "provider" | "user" | "team";
export const dimensions: readonly { value: DimensionName; title: string }[] = [
  { value: "model", title: "Model" },
  { value: "provider", title: "Provider" },
  { value: "user", title: "User" },
  { value: "team", title: "Team" },
];

export function readDimension(text: string | null): DimensionName {
  return dimensions.find(({ value }) => value === text)?.value ?? "model";
}

interface Line {
  name: string;
  usage: SumRow | undefined;
  costNanos: number;
}

function linesOf(by: DimensionName, usage: Sums, costs: Sums): Line[] {
  const nanos = new Map(costs.rows.map((row) => [String(row[by]), sum(row, "costNanos")]));
  const names = new Set([...usage.rows.map((row) => String(row[by])), ...nanos.keys()]);
  const lines = [...names].map((name) => ({
    name,
    usage: usage.rows.find((row) => String(row[by]) === name),
    costNanos: nanos.get(name) ?? 0,
  }));
  return lines.sort(
    (a, b) => b.costNanos - a.costNanos || sum(b.usage, "requests") - sum(a.usage, "requests"),
  );
}

const nameless: Record<DimensionName, string> = {
  model: "no model",
  provider: "not sent to a provider",
  user: "the system",
  team: "no team",
};

type Span = { from: number; to: number };

function Name({ by, name, span }: { by: DimensionName; name: string; span: Span }) {
  const filter = { kind: "request" as const, fields: { [by]: name }, ...span };
  const link = useLink(`${pathOf("requests")}?${writeFilter(filter)}`);
  // The API filters by a value, not by its absence.
  if (name === "") return <span className="soft">{nameless[by]}</span>;
  return (
    <a className="text-link wrap-anywhere" {...link}>
      {name}
    </a>
  );
}

export function Breakdown(props: { by: DimensionName; usage: Sums; costs: Sums; span: Span }) {
  const { by, span } = props;
  const lines = linesOf(by, props.usage, props.costs);
  const total = lines.reduce((all, { costNanos }) => all + costNanos, 0);
  if (lines.length === 0) {
    return (
      <Nothing title="No requests in this period">Choose a longer period, or send one.</Nothing>
    );
  }
  return (
    <div className="table-scroll">
      <table className="data">
        <thead>
          <tr>
            <th scope="col">{dimensions.find(({ value }) => value === by)?.title}</th>
            <th scope="col" className="end">
              Requests
            </th>
            <th scope="col" className="end only-wide-cell">
              Errors
            </th>
            <th scope="col" className="end">
              Tokens
            </th>
            <th scope="col" className="end">
              Cost
            </th>
          </tr>
        </thead>
        <tbody>
          {lines.slice(0, 100).map(({ name, usage, costNanos }) => (
            <tr key={name}>
              <th scope="row">
                <Name by={by} name={name} span={span} />
              </th>
              <td className="end">{count(sum(usage, "requests"))}</td>
              <td className="end only-wide-cell">{count(sum(usage, "failed"))}</td>
              <td className="end">
                {count(sum(usage, "inputTokens") + sum(usage, "outputTokens"))}
              </td>
              <td className="end">
                <Copy exact={exactUsd(costNanos)}>{usd(costNanos)}</Copy>
                <span className="share" aria-hidden>
                  <span style={{ width: total > 0 ? `${(costNanos / total) * 100}%` : 0 }} />
                </span>
                <span className="visually-hidden">, {percent(costNanos, total)} of all</span>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {props.usage.truncated || lines.length > 100 ? (
        <p className="card-body small soft">
          Only the first {Math.min(lines.length, 100)} are shown.
        </p>
      ) : null}
    </div>
  );
}
