/** The books as of a moment, as they are told: costs and usage of every shard. */
import type { Row } from "../projection.ts";
import type { ViewsThen } from "./views.ts";

/** How many events there were, and what they came to. */
export interface Books {
  /** Milliseconds, inclusive. */
  at: number;
  events: number;
  costs: Row[];
  usage: Row[];
}

/** The books of shards whose views were folded up to `at`. */
export function booksOf(at: number, views: readonly ViewsThen[]): Books {
  return {
    at,
    events: views.reduce((sum, { position }) => sum + position, 0),
    costs: views.flatMap(({ sums }) => sums.flatMap(costRow)),
    usage: views.flatMap(({ sums }) => sums.flatMap(usageRow)),
  };
}

/** A row of sums as `/costs` would name its columns, if it has any of them. */
function costRow({ charged = 0, costNanos = 0, ...row }: Row): Row[] {
  if (charged === 0 && costNanos === 0) return [];
  const { hour = 0, model = "", provider = "", user = "", team = "" } = row;
  const { key = "", route = "", tags = "[]" } = row;
  const about = { hour, model, provider, user, team, key, route, tags };
  const { inputTokens = 0, outputTokens = 0, cachedTokens = 0, savedNanos = 0 } = row;
  const tokens = { inputTokens, outputTokens, cachedTokens };
  return [{ ...about, requests: charged, costNanos, savedNanos, ...tokens }];
}

/** A row of sums as `/usage` would name its columns, if it counts a request. */
function usageRow({ charged: _charged, costNanos: _costNanos, ...row }: Row): Row[] {
  const { latency: _latency, firstByte: _firstByte, ...counts } = row;
  return counts["requests"] === 0 ? [] : [counts];
}
