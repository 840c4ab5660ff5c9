/** What another number would have met in the windows that members shared: counted, not decided again. */
import { Button } from "@cloudflare/kumo/components/button";
import { useBusiest } from "../data/use-busiest.ts";
import type { Busiest, SharedRule } from "../logic/busiest.ts";
import { count, dateTime, usd } from "../logic/format.ts";
import { usdToNanos } from "../logic/money.ts";

const scopesShown = 5;

export function Recounted(props: { since: number; rule: SharedRule; value: number }) {
  const { since, rule, value } = props;
  const { state, stop } = useBusiest(rule, since);
  const isUsd = "metric" in rule && rule.metric === "usd";
  const unit = "metric" in rule ? rule.metric : "at once";
  const amount = (most: number): string => (isUsd ? usd(most) : `${count(most)} ${unit}`);
  return (
    <div className="effect stack" data-testid="effect">
      <p className="small soft">
        What members shared since {dateTime(since)}, counted again under the new number.
      </p>
      {state.kind === "reading" ? (
        <div className="toolbar">
          <span role="status" className="small soft">
            {count(state.entries)} requests …
          </span>
          <Button size="sm" onClick={stop}>
            Cancel
          </Button>
        </div>
      ) : null}
      {state.kind === "stopped" ? <p role="status">{state.note}</p> : null}
      {state.kind === "done" ? (
        <Windows all={state.book.busiest(isUsd ? usdToNanos(value) : value)} amount={amount} />
      ) : null}
    </div>
  );
}

function Windows(props: { all: readonly Busiest[]; amount: (most: number) => string }) {
  const { all, amount } = props;
  const over = all.reduce((sum, one) => sum + one.over, 0);
  return (
    <>
      <p role="status">
        {all.length === 0
          ? "Nothing of it was used in this time."
          : over === 0
            ? "No request would have met it."
            : `${count(over)} request${over === 1 ? "" : "s"} came when it would have been used up.`}
      </p>
      <ul className="small">
        {all.slice(0, scopesShown).map(({ scope, most, at }) => (
          <li key={scope}>
            {scope}: at most {amount(most)}, {dateTime(at)}
          </li>
        ))}
      </ul>
    </>
  );
}
