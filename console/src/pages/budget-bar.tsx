/** One bar of a budget, with those who draw on it below. */
import { Badge } from "@cloudflare/kumo/components/badge";
import { forecastWords, partsOf, usedNanos, type BudgetBar } from "../logic/budgets.ts";
import { percent, usd } from "../logic/format.ts";
import { Dollars } from "../ui/numbers.tsx";

function levelOf(bar: BudgetBar): string {
  const used = usedNanos(bar);
  if (used >= bar.limitNanos) return "full";
  return used >= bar.limitNanos * 0.8 ? "high" : "fine";
}

const width = (share: number): { width: string } => ({ width: `${share * 100}%` });

function Numbers({ bar }: { bar: BudgetBar }) {
  const { settledNanos, heldNanos, leasedNanos, limitNanos, isLease } = bar;
  const free = Math.max(limitNanos - usedNanos(bar) - (isLease ? 0 : leasedNanos), 0);
  return (
    <span className="small soft">
      <Dollars nanos={settledNanos} /> settled · <Dollars nanos={heldNanos} /> held
      {leasedNanos > 0 && !isLease ? (
        <>
          {" "}
          · <Dollars nanos={leasedNanos} /> leased
        </>
      ) : null}{" "}
      · <Dollars nanos={free} /> free
    </span>
  );
}

function Forecast({ bar, resetsAt }: { bar: BudgetBar; resetsAt: number }) {
  const words = forecastWords(bar, resetsAt);
  if (words === undefined) return null;
  return (
    <span className="small soft">{words.isOver ? <strong>{words.text}</strong> : words.text}</span>
  );
}

export function Bar(props: { bar: BudgetBar; resetsAt: number; depth?: number }) {
  const { bar, resetsAt, depth = 0 } = props;
  const { holder, limitNanos, isLease, children } = bar;
  const used = usedNanos(bar);
  const { settled, held, leased } = partsOf(bar);
  return (
    <li className="stack" style={{ gap: 4, paddingLeft: depth === 0 ? 0 : 16 }}>
      <div className="toolbar" style={{ justifyContent: "space-between" }}>
        <span className="wrap-anywhere">
          {holder} {bar.complete ? null : <Badge variant="warning">somebody was not reached</Badge>}{" "}
          {bar.effective ? null : <Badge variant="warning">a cut is not effective yet</Badge>}
        </span>
        <span className="number small">
          {usd(used)} of {usd(limitNanos)}
          {isLease ? " leased" : ""} ({percent(used, limitNanos)})
        </span>
      </div>
      <div
        className="bar"
        data-level={isLease ? "fine" : levelOf(bar)}
        role="meter"
        aria-label={`${holder}: settled and held`}
        aria-valuemin={0}
        aria-valuemax={limitNanos / 1e9}
        aria-valuenow={Math.min(used, limitNanos) / 1e9}
        aria-valuetext={`${usd(bar.settledNanos)} settled and ${usd(bar.heldNanos)} held of ${usd(limitNanos)}`}
      >
        <span className="spent" style={width(settled)} />
        <span className="held" style={width(held)} />
        <span className="leased" style={width(leased)} />
      </div>
      <Numbers bar={bar} />
      <Forecast bar={bar} resetsAt={resetsAt} />
      {children.length === 0 ? null : (
        <details>
          <summary className="small">
            {children.length} {children.length === 1 ? "draws" : "draw"} on it
          </summary>
          <ul className="stack" style={{ paddingTop: 8 }}>
            {children.map((child) => (
              <Bar
                key={`${child.holder} ${child.isLease}`}
                bar={child}
                resetsAt={resetsAt}
                depth={depth + 1}
              />
            ))}
          </ul>
        </details>
      )}
    </li>
  );
}
