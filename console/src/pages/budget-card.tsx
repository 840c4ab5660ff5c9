/** One budget: a bar for each of its holders, the fullest first, with those who draw on it. */
import { Badge } from "@cloudflare/kumo/components/badge";
import { Button } from "@cloudflare/kumo/components/button";
import { useState } from "react";
import {
  budgetBars,
  budgetPeriod,
  dependsOnRequest,
  isEffective,
  usedNanos,
  type Budget,
  type BudgetBar,
  type BudgetView,
} from "../logic/budgets.ts";
import { dateTime, fromNow } from "../logic/format.ts";
import { isSharedScope, whomOf } from "../logic/limits.ts";
import { Card } from "../ui/page.tsx";
import { Nothing } from "../ui/states.tsx";
import { Bar } from "./budget-bar.tsx";
import type { NumberEdit } from "./number-dialog.tsx";

const barsShown = 12;

const atLimitWords = {
  block: "requests are refused at the limit",
  downgrade: "a cheaper tier takes over at the limit",
  allow: "requests go on past the limit, with an event",
} as const;

/** Whether the actors that decide hold to the limit already: they say so themselves. */
function Effective({ bars, version }: { bars: readonly BudgetBar[]; version: number }) {
  if (bars.every(isEffective)) {
    return <Badge variant="success">effective, version {version}</Badge>;
  }
  return <Badge variant="warning">not effective everywhere yet</Badge>;
}

export function BudgetCard(props: {
  budget: Budget;
  view: BudgetView;
  /** The policy's, which set the limit. */
  version: number;
  onEdit: ((edit: NumberEdit) => void) | undefined;
}) {
  const { budget, view, onEdit } = props;
  const [isWhole, setWhole] = useState(false);
  const { at, document } = view;
  const { startsAt, resetsAt } = budgetPeriod(budget, at, document.timeZone);
  const bars = budgetBars(view, budget);
  const place = { list: "budgets", name: budget.name, field: "limitUsd" } as const;
  const edit = {
    place,
    unit: "Dollars",
    since: startsAt,
    // Who has spent nothing of it may never meet a rule that looks at requests.
    bars: dependsOnRequest(budget.when) ? bars.filter((bar) => usedNanos(bar) > 0) : bars,
    isShared: isSharedScope(budget.scope),
  };
  return (
    <Card
      title={`${budget.name}: $${budget.limitUsd.toLocaleString("en-US")} a ${budget.period}`}
      side={
        <div className="toolbar">
          <Effective bars={bars} version={props.version} />
          {onEdit === undefined ? null : (
            <Button size="sm" onClick={() => onEdit(edit)}>
              Change limit
            </Button>
          )}
        </div>
      }
    >
      <div className="card-body stack">
        <p className="small soft">
          {budget.scope === "organisation" ? "Of the organisation" : `For each ${budget.scope}`} (
          {whomOf(budget.when)}); {atLimitWords[budget.atLimit]}.
          {budget.parent === undefined ? "" : ` It is a part of ${budget.parent}.`} Begins anew{" "}
          <span title={dateTime(resetsAt)}>{fromNow(resetsAt, at)}</span> ({document.timeZone}).
        </p>
        {bars.length === 0 ? (
          <Nothing title="Nobody has spent of it yet">
            The limit holds from the first request on: its actor counts it at each admission.
          </Nothing>
        ) : (
          <ul className="stack">
            {bars.slice(0, isWhole ? bars.length : barsShown).map((bar) => (
              <Bar key={bar.holder} bar={bar} resetsAt={resetsAt} />
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
