/** What happened over a period: how much, how well, at what cost, by whom; live. */
import { lazy, Suspense } from "react";
import { readPage, readSums, sum, type Entry, type Sums } from "../data/books.ts";
import { setParam, useAddress } from "../data/router.ts";
import { useSession } from "../data/session.ts";
import { useLoad } from "../data/use-load.ts";
import { useTail, useThrottled } from "../data/use-tail.ts";
import { count, usd } from "../logic/format.ts";
import { fillSteps, periods, readPeriod, spanOf, type PeriodName } from "../logic/period.ts";
import { Card, Choice, LiveBadge, Page } from "../ui/page.tsx";
import { Nothing, Show, Skeleton } from "../ui/states.tsx";
import { ActLine } from "./act-line.tsx";
import { Breakdown, dimensions, readDimension, type DimensionName } from "./breakdown.tsx";
import { Tiles } from "./tiles.tsx";

const Chart = lazy(async () => ({ default: (await import("../ui/chart.tsx")).Chart }));

interface Books {
  usage: Sums;
  costs: Sums;
  usageBy: Sums;
  costsBy: Sums;
  span: ReturnType<typeof spanOf>;
}

async function readBooks(
  period: PeriodName,
  by: DimensionName,
  signal: AbortSignal,
): Promise<Books> {
  const span = spanOf(period, Date.now());
  const { from, to } = span;
  const step = periods[period].step;
  const [usage, costs, usageBy, costsBy] = await Promise.all([
    readSums("usage", { by: step, from, to }, signal),
    readSums("costs", { by: step, from, to }, signal),
    readSums("usage", { by, from, to }, signal),
    readSums("costs", { by, from, to }, signal),
  ]);
  return { usage, costs, usageBy, costsBy, span };
}

function seriesOf(sums: Sums, step: string, column: string, span: Books["span"]) {
  const rows = sums.rows.map((row) => ({ time: String(row[step]), value: sum(row, column) }));
  return fillSteps(span, rows);
}

function Series({ books, step }: { books: Books; step: "hour" | "day" }) {
  const requests = seriesOf(books.usage, step, "requests", books.span);
  const cost = seriesOf(books.costs, step, "costNanos", books.span);
  const { stepMs } = books.span;
  return (
    <div className="columns">
      <Card title={`Requests per ${step}`}>
        <Suspense fallback={<Skeleton lines={1} height={168} />}>
          <Chart label={`Requests per ${step}`} {...requests} stepMs={stepMs} format={count} />
        </Suspense>
      </Card>
      <Card title={`Cost per ${step}`}>
        <Suspense fallback={<Skeleton lines={1} height={168} />}>
          <Chart
            label={`Cost per ${step}`}
            {...cost}
            stepMs={stepMs}
            format={usd}
            color="success"
          />
        </Suspense>
      </Card>
    </div>
  );
}

/** The last of what admins did and what budgets reached. */
function RecentActs() {
  const loaded = useLoad("acts", (signal) =>
    readPage({ kind: "act", fields: {} }, { limit: 8, signal }),
  );
  useTail({ kind: "act" }, { entries: useThrottled(loaded.reload, 2_000) });
  return (
    <Card title="Policy, keys and budgets">
      <Show loaded={loaded} lines={4}>
        {({ events }) =>
          events.length === 0 ? (
            <Nothing title="Nothing yet">
              What admins do and what budgets reach shows up here.
            </Nothing>
          ) : (
            <ul className="card-body stack">
              {events.map((entry: Entry) => (
                <ActLine key={entry.id} entry={entry} />
              ))}
            </ul>
          )
        }
      </Show>
    </Card>
  );
}

/** What is shown of the books once they are there. */
function Shown(props: { books: Books; period: PeriodName; by: DimensionName; seesAll: boolean }) {
  const { books, period, by, seesAll } = props;
  const choice = (
    <Choice
      label="Group by"
      name="by"
      value={by}
      options={dimensions}
      onChoose={(value) => setParam("by", value)}
    />
  );
  return (
    <>
      <Tiles usage={books.usage.total} costs={books.costs.total} />
      <Series books={books} step={periods[period].step} />
      <div className={seesAll ? "columns wide-left" : "stack"}>
        <Card title="Where it went" side={choice}>
          <Breakdown by={by} usage={books.usageBy} costs={books.costsBy} span={books.span} />
        </Card>
        {seesAll ? <RecentActs /> : null}
      </div>
    </>
  );
}

const periodOptions = Object.entries(periods).map(([value, { title }]) => ({
  value: value as PeriodName,
  title,
}));

export function Overview() {
  const seesAll = useSession().role !== "member";
  const params = new URLSearchParams(useAddress().search);
  const period = readPeriod(params.get("period"));
  const by = readDimension(params.get("by"));
  const loaded = useLoad(`${period} ${by}`, (signal) => readBooks(period, by, signal));
  const refresh = useThrottled(loaded.reload, 10_000);
  const state = useTail(
    { kind: "request" },
    { entries: refresh, opened: (isFirst) => isFirst || refresh() },
  );
  return (
    <Page
      title="Overview"
      about={seesAll ? undefined : "Your own requests."}
      actions={
        <>
          <LiveBadge state={state} />
          <Choice
            label="Period"
            name="period"
            value={period}
            options={periodOptions}
            onChoose={(value) => setParam("period", value)}
          />
        </>
      }
    >
      <div className="stack">
        <Show loaded={loaded} lines={8}>
          {(books) => <Shown books={books} period={period} by={by} seesAll={seesAll} />}
        </Show>
      </div>
    </Page>
  );
}
