/** A period's numbers at a glance. Each copies as it exactly is. */
import { sum, type SumRow } from "../data/books.ts";
import { useLink } from "../data/router.ts";
import { pathOf } from "../logic/address.ts";
import { writeFilter, type FilterField } from "../logic/filters.ts";
import { count, percent, usd } from "../logic/format.ts";
import type { Span } from "../logic/period.ts";
import { Bound, Count, Dollars, Rate } from "../ui/numbers.tsx";
import { Card, Tile } from "../ui/page.tsx";

export function Tiles({ usage, costs }: { usage: SumRow; costs: SumRow }) {
  const refused = sum(usage, "refused");
  const answered = sum(usage, "requests") - refused - sum(usage, "released");
  const nanos = sum(costs, "costNanos");
  const input = sum(usage, "inputTokens");
  const saved = sum(usage, "savedNanos");
  const perRequest = answered > 0 ? `${usd(Math.round(nanos / answered))} a request` : undefined;
  return (
    <div className="tiles">
      <Tile
        label="Requests"
        value={<Count value={sum(usage, "requests")} />}
        note={`${count(sum(usage, "completed"))} completed`}
      />
      <Tile label="Cost" value={<Dollars nanos={nanos} />} note={perRequest} />
      <Tile
        label="Tokens in"
        value={<Count value={input} />}
        note={`${percent(sum(usage, "cachedTokens"), input)} from provider caches`}
      />
      <Tile label="Tokens out" value={<Count value={sum(usage, "outputTokens")} />} />
      <Tile
        label="Error rate"
        value={<Rate row={usage} column="errorRate" />}
        note={`${count(sum(usage, "failed"))} failed`}
      />
      <Tile
        label="Turned away"
        value={<Count value={refused} />}
        note={`by limits and rules; ${count(sum(usage, "blocked"))} answers blocked`}
      />
      <Tile
        label="Cache hit ratio"
        value={<Rate row={usage} column="cacheHitRatio" />}
        note={`${count(sum(usage, "cacheHits"))} hits, ${count(sum(usage, "cacheMisses"))} misses`}
      />
      <Tile
        label="Saved by the cache"
        value={<Dollars nanos={saved} />}
        note="what the hits cost when a provider answered"
      />
    </div>
  );
}

const shownPercentiles = [50, 90, 95, 99] as const;
const timed = [
  ["latency", "Latency"],
  ["firstByte", "First byte"],
] as const;

/** How long answers and their first bytes took. */
export function Percentiles({ usage }: { usage: SumRow }) {
  return (
    <Card title="How fast">
      <div className="table-scroll">
        <table className="data">
          <caption className="visually-hidden">Percentiles of latency and of first bytes</caption>
          <thead>
            <tr>
              <th scope="col">Percentile</th>
              {timed.map(([name, title]) => (
                <th key={name} scope="col" className="end">
                  {title}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {shownPercentiles.map((each) => (
              <tr key={each}>
                <th scope="row">P{each}</th>
                {timed.map(([name]) => (
                  <td key={name} className="end">
                    <Bound row={usage} column={`${name}P${each}BoundMs`} />
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <p className="card-body small soft">
        Never below the true one, and less than 10% above it; of the requests that were answered.
      </p>
    </Card>
  );
}

const rateCodes = "rate_limited,token_rate_limited,spend_rate_limited,concurrency_limited";

/** What policy did to requests, by the books' column, with the filter that finds them. */
const policyEvents: readonly {
  column: string;
  title: string;
  fields: Partial<Record<FilterField, string>>;
}[] = [
  { column: "dlpBlocked", title: "Blocked by data rules", fields: { dlp: "blocked" } },
  { column: "dlpRedacted", title: "Redacted by data rules", fields: { dlp: "redacted" } },
  { column: "guardBlocked", title: "Blocked by the guard", fields: { code: "guard_blocked" } },
  { column: "rateLimited", title: "Over a rate or a cap", fields: { code: rateCodes } },
  { column: "budgetLimited", title: "Over a budget", fields: { code: "budget_exceeded" } },
];

function FoundBy(props: {
  fields: Partial<Record<FilterField, string>>;
  span: Span;
  children: string;
}) {
  const { from, to } = props.span;
  const filter = { kind: "request" as const, fields: props.fields, from, to };
  const link = useLink(`${pathOf("requests")}?${writeFilter(filter)}`);
  return (
    <a className="text-link" {...link}>
      {props.children}
    </a>
  );
}

/** How often policy stepped in. */
export function PolicyEvents({ usage, span }: { usage: SumRow; span: Span }) {
  return (
    <Card title="What policy did">
      <div className="table-scroll">
        <table className="data">
          <caption className="visually-hidden">How often policy stepped in</caption>
          <thead>
            <tr>
              <th scope="col">Done</th>
              <th scope="col" className="end">
                Requests
              </th>
            </tr>
          </thead>
          <tbody>
            {policyEvents.map(({ column, title, fields }) => (
              <tr key={column}>
                <th scope="row">
                  <FoundBy fields={fields} span={span}>
                    {title}
                  </FoundBy>
                </th>
                <td className="end">
                  <Count value={sum(usage, column)} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Card>
  );
}
