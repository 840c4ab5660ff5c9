/** What the page of providers asks for: a day of the books, the last calls, and the circuits. */
import type { Circuit } from "../logic/providers.ts";
import { spanOf, type Span } from "../logic/period.ts";
import { ask } from "./api.ts";
import { readPage, readSums, type Entry, type Sums } from "./books.ts";

export interface ProviderState {
  name: string;
  circuits: Circuit[];
  /** Averages of the last minute. */
  latencies: { model: string; averageMs: number; at: number }[];
}

export interface Circuits {
  /** The gateway's time, milliseconds. */
  at: number;
  providers: ProviderState[];
}

export interface ProviderDay {
  span: Span;
  /** By provider: percentiles cannot be added up. */
  usage: Sums;
  hourlyUsage: Sums;
  hourlyCosts: Sums;
  /** The newest first. */
  recent: readonly Entry[];
  circuits: Circuits;
}

/** How many of the last requests are looked at for the calls to each provider. */
export const recentRequests = 200;

export async function readProviderDay(signal: AbortSignal): Promise<ProviderDay> {
  const span = spanOf({ name: "24h" }, Date.now());
  const { from, to } = span;
  const [usage, hourlyUsage, hourlyCosts, { events: recent }, circuits] = await Promise.all([
    readSums("usage", { by: "provider", from, to }, signal),
    readSums("usage", { by: "provider,hour", from, to }, signal),
    readSums("costs", { by: "provider,hour", from, to }, signal),
    readPage({ kind: "request", fields: {} }, { limit: recentRequests, signal }),
    ask<Circuits>("/admin/circuits", { signal }),
  ]);
  return { span, usage, hourlyUsage, hourlyCosts, recent, circuits };
}
