/** The largest groups of a period by one dimension; each row leads to its requests. */
import { sum, type Sums } from "../data/books.ts";
import { setParam, useLink } from "../data/router.ts";
import { pathOf } from "../logic/address.ts";
import {
  dimensions,
  linesOf,
  measures,
  tops,
  type DimensionName,
  type Line,
  type Measure,
} from "../logic/dimensions.ts";
import { writeFilter } from "../logic/filters.ts";
import { percent } from "../logic/format.ts";
import type { Span } from "../logic/period.ts";
import { Bound, Count, Dollars, Rate } from "../ui/numbers.tsx";
import { Choice } from "../ui/page.tsx";
import { Nothing } from "../ui/states.tsx";

export interface Asked {
  by: DimensionName;
  measure: Measure;
  top: number;
}

/** What it is broken down by, in which order, and how many are shown. */
export function BreakdownChoice({ by, measure, top }: Asked) {
  return (
    <div className="toolbar breakdown-choice">
      <Choice
        label="Group by"
        name="by"
        value={by}
        options={dimensions}
        onChoose={(value) => setParam("by", value)}
      />
      <select
        className="control"
        aria-label="Largest by"
        value={measure}
        onChange={(event) => setParam("sort", event.target.value)}
      >
        {measures.map(({ value, title }) => (
          <option key={value} value={value}>
            by {title.toLowerCase()}
          </option>
        ))}
      </select>
      <select
        className="control"
        aria-label="How many"
        value={top}
        onChange={(event) => setParam("top", event.target.value)}
      >
        {tops.map((each) => (
          <option key={each} value={each}>
            top {each}
          </option>
        ))}
      </select>
    </div>
  );
}

function Name({ by, name, span }: { by: DimensionName; name: string; span: Span }) {
  const { from, to } = span;
  const link = useLink(
    `${pathOf("requests")}?${writeFilter({ kind: "request", fields: { [by]: name }, from, to })}`,
  );
  // The API filters by a value, not by its absence.
  if (name === "") {
    return <span className="soft">{dimensions.find(({ value }) => value === by)?.nameless}</span>;
  }
  return (
    <a className="text-link wrap-anywhere" {...link}>
      {name}
    </a>
  );
}

/** Measures that have a column anyway. */
const always: readonly Measure[] = ["costNanos", "requests"];

function Measured({ line, measure }: { line: Line; measure: Measure }) {
  const isMoney = measures.find(({ value }) => value === measure)?.unit === "money";
  return isMoney ? <Dollars nanos={line.measured} /> : <Count value={line.measured} />;
}

function Cost({ costNanos, total }: { costNanos: number; total: number }) {
  const share = total > 0 ? Math.min((costNanos / total) * 100, 100) : 0;
  return (
    <>
      <Dollars nanos={costNanos} />
      <span className="share" aria-hidden>
        <span style={{ width: `${share}%` }} />
      </span>
      <span className="visually-hidden">, {percent(costNanos, total)} of all</span>
    </>
  );
}

function Head({ by, extra }: { by: DimensionName; extra: string | undefined }) {
  return (
    <thead>
      <tr>
        <th scope="col">{dimensions.find(({ value }) => value === by)?.title}</th>
        {extra === undefined ? null : (
          <th scope="col" className="end">
            {extra}
          </th>
        )}
        <th scope="col" className="end">
          Requests
        </th>
        <th scope="col" className="end only-wide-cell">
          Errors
        </th>
        <th scope="col" className="end only-wide-cell">
          P90
        </th>
        <th scope="col" className="end only-wide-cell">
          Tokens
        </th>
        <th scope="col" className="end">
          Cost
        </th>
      </tr>
    </thead>
  );
}

export function Breakdown(props: { asked: Asked; usage: Sums; costs: Sums; span: Span }) {
  const { asked, usage, costs, span } = props;
  const { by, measure, top } = asked;
  const lines = linesOf(asked, usage.rows, costs.rows);
  const total = sum(costs.total, "costNanos");
  const found = measures.find(({ value }) => value === measure);
  const extra = always.includes(measure) ? undefined : found?.title;
  if (lines.length === 0) {
    return (
      <Nothing title="No requests in this period">Choose a longer period, or send one.</Nothing>
    );
  }
  return (
    <div className="table-scroll">
      <table className="data">
        <caption className="visually-hidden">The largest by {found?.title.toLowerCase()}</caption>
        <Head by={by} extra={extra} />
        <tbody>
          {lines.map((line) => (
            <tr key={line.name}>
              <th scope="row">
                <Name by={by} name={line.name} span={span} />
              </th>
              {extra === undefined ? null : (
                <td className="end">
                  <Measured line={line} measure={measure} />
                </td>
              )}
              <td className="end">
                <Count value={sum(line.usage, "requests")} />
              </td>
              <td className="end only-wide-cell">
                <Rate row={line.usage} column="errorRate" />
              </td>
              <td className="end only-wide-cell">
                <Bound row={line.usage} column="latencyP90BoundMs" />
              </td>
              <td className="end only-wide-cell">
                <Count value={sum(line.usage, "inputTokens") + sum(line.usage, "outputTokens")} />
              </td>
              <td className="end">
                <Cost costNanos={line.costNanos} total={total} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      <p className="card-body small soft">
        {lines.length < top ? "That is all." : `The first ${top}.`}
        {by === "tag" ? " A request counts under each of its tags." : ""}
        {usage.truncated || costs.truncated
          ? " There are more groups than are added up: choose a shorter period."
          : ""}
      </p>
    </div>
  );
}
