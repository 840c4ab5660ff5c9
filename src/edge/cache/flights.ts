/**
 * Requests of one key that are under way: the first asks a provider, the others are given what it
 * gets. Within one isolate; who waits elsewhere asks for themselves. Only finished answers pass
 * from one request to another, never a stream of one.
 */
import { flightMs } from "./limits.ts";
import type { CacheEntry } from "./store.ts";

/** One request that others may wait for. */
export interface Flight {
  /** Gives the answer to who waits; without one, somebody else asks. */
  land(entry: CacheEntry | undefined): void;
}

interface Flying {
  landed: Promise<CacheEntry | undefined>;
  /** A request that the runtime has dropped lands nowhere: nobody waits for it for longer. */
  until: number;
}

const flights = new Map<string, Flying>();

/** What the request under way for this key gets; `undefined` when there is none, or none in time. */
export async function joinFlight(key: string): Promise<CacheEntry | undefined> {
  const flying = flights.get(key);
  if (flying === undefined) return undefined;
  const timer = new AbortController();
  const late = scheduler
    .wait(Math.max(flying.until - Date.now(), 0), { signal: timer.signal })
    .catch(() => undefined);
  const entry = await Promise.race([flying.landed, late]);
  timer.abort();
  return entry ?? undefined;
}

/** Takes off for this key; `undefined` where somebody is under way already. */
export function takeOff(key: string): Flight | undefined {
  const now = Date.now();
  const before = flights.get(key);
  if (before !== undefined && before.until > now) return undefined;
  const { promise, resolve } = Promise.withResolvers<CacheEntry | undefined>();
  const flying = { landed: promise, until: now + flightMs };
  flights.set(key, flying);
  return {
    land: (entry) => {
      if (flights.get(key) === flying) flights.delete(key);
      resolve(entry);
    },
  };
}
