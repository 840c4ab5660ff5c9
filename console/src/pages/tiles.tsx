/** A period's numbers at a glance. Each copies as it exactly is. */
import { sum, type SumRow } from "../data/books.ts";
import { count, duration, exactUsd, percent, usd } from "../logic/format.ts";
import { Copy } from "../ui/copy.tsx";
import { Tile } from "../ui/page.tsx";

function Count({ value }: { value: number }) {
  return <Copy exact={String(value)}>{count(value)}</Copy>;
}

/** A percentile as the books know it: the bound of the bucket in which it lies. */
function bound(row: SumRow, column: string): string {
  const value = row[column];
  return typeof value === "number" ? `≤ ${duration(value)}` : "–";
}

export function Tiles({ usage, costs }: { usage: SumRow; costs: SumRow }) {
  const requests = sum(usage, "requests");
  const refused = sum(usage, "refused");
  const blocked = sum(usage, "blocked");
  const answered = requests - refused - sum(usage, "released");
  const failed = sum(usage, "failed");
  const hits = sum(usage, "cacheHits");
  const nanos = sum(costs, "costNanos");
  const cached = sum(usage, "cachedTokens");
  const input = sum(usage, "inputTokens");
  const perRequest = answered > 0 ? `${usd(Math.round(nanos / answered))} a request` : undefined;
  return (
    <div className="tiles">
      <Tile
        label="Requests"
        value={<Count value={requests} />}
        note={`${count(sum(usage, "completed"))} completed`}
      />
      <Tile
        label="Cost"
        value={<Copy exact={exactUsd(nanos)}>{usd(nanos)}</Copy>}
        note={perRequest}
      />
      <Tile
        label="Tokens in"
        value={<Count value={input} />}
        note={`${percent(cached, input)} from provider caches`}
      />
      <Tile label="Tokens out" value={<Count value={sum(usage, "outputTokens")} />} />
      <Tile
        label="Latency, median"
        value={bound(usage, "latencyP50BoundMs")}
        note={`p95 ${bound(usage, "latencyP95BoundMs")}, p99 ${bound(usage, "latencyP99BoundMs")}`}
      />
      <Tile
        label="Errors"
        value={percent(failed, answered)}
        note={`${count(failed)} failed of ${count(answered)} let in`}
      />
      <Tile
        label="Turned away"
        value={<Count value={refused} />}
        note={`by limits and rules; ${count(blocked)} answers blocked`}
      />
      <Tile label="Cache hits" value={percent(hits, answered)} note={`${count(hits)} answers`} />
    </div>
  );
}
