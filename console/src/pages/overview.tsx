/** What happened over a period: how much, how well, at what cost, by whom; live. */
import { lazy, Suspense } from "react";
import { readPage, readSums, sum, type Entry, type Sums, type SumsAsked } from "../data/books.ts";
import { useAddress } from "../data/router.ts";
import { useSession } from "../data/session.ts";
import { useLoad } from "../data/use-load.ts";
import { useTail, useThrottled } from "../data/use-tail.ts";
import { readDimension, readMeasure, readTop, viewOf } from "../logic/dimensions.ts";
import { count, usd } from "../logic/format.ts";
import { fillSteps, readPeriod, spanOf, type Period, type Span } from "../logic/period.ts";
import { Card, LiveBadge, Page } from "../ui/page.tsx";
import { Nothing, Show, Skeleton } from "../ui/states.tsx";
import { ActLine } from "./act-line.tsx";
import { Breakdown, BreakdownChoice, type Asked } from "./breakdown.tsx";
import { PeriodChoice } from "./period-choice.tsx";
import { Percentiles, PolicyEvents, Tiles } from "./tiles.tsx";

const OwnEvidence = lazy(async () => ({
  default: (await import("./member-evidence.tsx")).OwnEvidence,
}));
const Chart = lazy(async () => ({ default: (await import("../ui/chart.tsx")).Chart }));

interface Books {
  usage: Sums;
  costs: Sums;
  span: Span;
}

async function readBoth(
  period: Period,
  ask: (view: "usage" | "costs", span: Span) => SumsAsked,
  signal: AbortSignal,
): Promise<Books> {
  const span = spanOf(period, Date.now());
  const [usage, costs] = await Promise.all([
    readSums("usage", ask("usage", span), signal),
    readSums("costs", ask("costs", span), signal),
  ]);
  return { usage, costs, span };
}

/** The period step by step, and its total. */
function readSteps(period: Period, signal: AbortSignal): Promise<Books> {
  return readBoth(period, (_view, { from, to, step }) => ({ by: step, from, to }), signal);
}

/** The largest are chosen by the view that knows the measure; the other tells the rest of them. */
function readGroups(period: Period, asked: Asked, signal: AbortSignal): Promise<Books> {
  const { by, measure, top } = asked;
  const ask = (view: "usage" | "costs", { from, to }: Span): SumsAsked =>
    viewOf(measure) === view ? { by, from, to, sort: measure, top } : { by, from, to };
  return readBoth(period, ask, signal);
}

function seriesOf(sums: Sums, column: string, span: Span) {
  const rows = sums.rows.map((row) => ({ time: String(row[span.step]), value: sum(row, column) }));
  return fillSteps(span, rows);
}

function Series({ books }: { books: Books }) {
  const requests = seriesOf(books.usage, "requests", books.span);
  const cost = seriesOf(books.costs, "costNanos", books.span);
  const { step, stepMs } = books.span;
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
    readPage({ kind: "act", fields: {} }, { limit: 6, signal }),
  );
  const refresh = useThrottled(loaded.reload, 2_000);
  useTail({ kind: "act" }, { entries: refresh, opened: refresh });
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

/** What is shown of a period once it is there. */
function Shown({ books }: { books: Books }) {
  const { usage, costs, span } = books;
  return (
    <div className="stack">
      <Tiles usage={usage.total} costs={costs.total} />
      <Series books={books} />
      <div className="columns">
        <Percentiles usage={usage.total} />
        <PolicyEvents usage={usage.total} span={span} />
      </div>
    </div>
  );
}

export function Overview() {
  const seesAll = useSession().role !== "member";
  const { search } = useAddress();
  const params = new URLSearchParams(search);
  const period = readPeriod(search);
  const asked: Asked = {
    by: readDimension(params.get("by")),
    measure: readMeasure(params.get("sort")),
    top: readTop(params.get("top")),
  };
  const loaded = useLoad(JSON.stringify(period), (signal) => readSteps(period, signal));
  const groups = useLoad(JSON.stringify([period, asked]), (signal) =>
    readGroups(period, asked, signal),
  );
  const refresh = useThrottled(() => {
    loaded.reload();
    groups.reload();
  }, 10_000);
  const state = useTail({ kind: "request" }, { entries: refresh, opened: refresh });
  return (
    <Page
      title="Overview"
      about={seesAll ? undefined : "Your own requests."}
      actions={
        <>
          <LiveBadge state={state} />
          <PeriodChoice period={period} />
        </>
      }
    >
      <div className="stack">
        <Show loaded={loaded} lines={8}>
          {(books) => <Shown books={books} />}
        </Show>
        <div className={seesAll ? "columns wide-left" : "stack"}>
          <Card title="Where it went" side={<BreakdownChoice {...asked} />}>
            <Show loaded={groups} lines={6}>
              {(books) => <Breakdown asked={asked} {...books} />}
            </Show>
          </Card>
          {seesAll ? <RecentActs /> : null}
        </div>
        {seesAll ? null : (
          <Suspense fallback={<Skeleton lines={2} />}>
            <OwnEvidence />
          </Suspense>
        )}
      </div>
    </Page>
  );
}
