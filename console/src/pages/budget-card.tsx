/** One budget: a bar for each of its holders, the fullest first. */
import { Button } from "@cloudflare/kumo/components/button";
import { useState } from "react";
import type { PolicyDocument } from "#policy/document.ts";
import {
  budgetBars,
  budgetPeriod,
  dependsOnRequest,
  type Budget,
  type BudgetBar,
  type Holder,
} from "../logic/budgets.ts";
import { dateTime, exactUsd, fromNow, percent, usd } from "../logic/format.ts";
import { whomOf } from "../logic/limits.ts";
import { Copy } from "../ui/copy.tsx";
import { Card } from "../ui/page.tsx";
import { Nothing } from "../ui/states.tsx";
import type { NumberEdit } from "./number-dialog.tsx";

/** By a period's start: what each member spent since. */
export type Spends = Map<number, ReadonlyMap<string, number>>;

const barsShown = 12;

function levelOf({ spentNanos, limitNanos }: BudgetBar): string {
  if (spentNanos >= limitNanos) return "full";
  return spentNanos >= limitNanos * 0.8 ? "high" : "fine";
}

const partOf = (part: number, whole: number): string =>
  `${whole === 0 ? 100 : Math.min((part / whole) * 100, 100)}%`;

function Bar({ bar }: { bar: BudgetBar }) {
  const { holder, spentNanos, limitNanos, forecastNanos } = bar;
  return (
    <li className="stack" style={{ gap: 4 }}>
      <div className="toolbar" style={{ justifyContent: "space-between" }}>
        <span className="wrap-anywhere">{holder}</span>
        <span className="number small">
          <Copy exact={exactUsd(spentNanos)}>{usd(spentNanos)}</Copy> of {usd(limitNanos)} (
          {percent(spentNanos, limitNanos)})
        </span>
      </div>
      <div
        className="bar"
        data-level={levelOf(bar)}
        role="meter"
        aria-label={`${holder}: settled`}
        aria-valuemin={0}
        aria-valuemax={limitNanos / 1e9}
        aria-valuenow={Math.min(spentNanos, limitNanos) / 1e9}
        aria-valuetext={`${usd(spentNanos)} of ${usd(limitNanos)}`}
      >
        <span className="spent" style={{ width: partOf(spentNanos, limitNanos) }} />
        {forecastNanos > spentNanos && forecastNanos <= limitNanos ? (
          <span className="forecast" style={{ left: partOf(forecastNanos, limitNanos) }} />
        ) : null}
      </div>
      <span className="small soft">
        {forecastNanos >= limitNanos && spentNanos < limitNanos
          ? `At this rate ${usd(forecastNanos)} by the end of the period: over the limit`
          : `At this rate ${usd(forecastNanos)} by the end of the period`}
      </span>
    </li>
  );
}

const atLimitWords = {
  block: "requests are refused at the limit",
  downgrade: "a cheaper tier takes over at the limit",
  allow: "requests go on past the limit, with an event",
} as const;

export function BudgetCard(props: {
  budget: Budget;
  document: PolicyDocument;
  holders: readonly Holder[];
  spends: Spends;
  onEdit: ((edit: NumberEdit) => void) | undefined;
}) {
  const { budget, document, holders, onEdit } = props;
  const [at] = useState(() => Date.now());
  const [isWhole, setWhole] = useState(false);
  const { startsAt, resetsAt } = budgetPeriod(budget, at, document.timeZone);
  const spentNanos = props.spends.get(startsAt) ?? new Map<string, number>();
  const { defaultTier, timeZone } = document;
  const bars = budgetBars({ budget, holders, spentNanos, defaultTier, timeZone, at });
  const place = { list: "budgets", name: budget.name, field: "limitUsd" } as const;
  const edit = { place, unit: "Dollars", ...(dependsOnRequest(budget.when) ? {} : { bars }) };
  return (
    <Card
      title={`${budget.name}: $${budget.limitUsd.toLocaleString("en-US")} a ${budget.period}`}
      side={
        onEdit === undefined ? null : (
          <Button size="sm" onClick={() => onEdit(edit)}>
            Change limit
          </Button>
        )
      }
    >
      <div className="card-body stack">
        <p className="small soft">
          For each {budget.scope} ({whomOf(budget.when)}); {atLimitWords[budget.atLimit]}. Begins
          anew <span title={dateTime(resetsAt)}>{fromNow(resetsAt, at)}</span> ({timeZone}).
          {dependsOnRequest(budget.when)
            ? " It counts only requests that fit its conditions; the bars show all spend of its holders."
            : ""}
        </p>
        {bars.length === 0 ? (
          <Nothing title={`Spend by ${budget.scope} is not in the books' sums`}>
            The limit holds all the same: its actor counts it at each admission.
          </Nothing>
        ) : (
          <ul className="stack">
            {bars.slice(0, isWhole ? bars.length : barsShown).map((bar) => (
              <Bar key={bar.holder} bar={bar} />
            ))}
          </ul>
        )}
        {bars.length > barsShown && !isWhole ? (
          <Button size="sm" onClick={() => setWhole(true)}>
            Show all {bars.length}
          </Button>
        ) : null}
      </div>
    </Card>
  );
}
