/**
 * What a caller may ask of one call by `cf-aig-*` headers: tries, waits and the name of the event.
 * Values out of bounds are brought into them, as Cloudflare's gateway does; none loosens a policy.
 */
import * as z from "zod";

/** How a call is made; absent fields follow the policy. */
export interface CallOptions {
  /** To the first byte of each try. */
  requestTimeoutMs?: number;
  /** Tries at one provider, the first included. */
  attempts?: number;
  retryDelayMs?: number;
  backoff?: "constant" | "linear" | "exponential";
  /** The caller's own id, echoed and kept as metadata. */
  eventId?: string;
  /** What the caller says that the call costs: kept as metadata, never a price. */
  customCost?: string;
  skipCache?: boolean;
  cacheTtlMs?: number;
  cacheKey?: string;
}

export const attemptsMax = 5;
const retryDelayMsMax = 60_000;
const requestTimeoutMsMax = 600_000;
const textCharsMax = 200;
const monthMs = 31 * 24 * 60 * 60 * 1000;

const Backoff = z.enum(["constant", "linear", "exponential"]);

/** Reads the options of one call. */
export function readOptions(headers: Headers): CallOptions {
  const all: { [K in keyof CallOptions]?: CallOptions[K] | undefined } = {
    requestTimeoutMs: whole(headers.get("cf-aig-request-timeout"), 1, requestTimeoutMsMax),
    attempts: whole(headers.get("cf-aig-max-attempts"), 1, attemptsMax),
    retryDelayMs: whole(headers.get("cf-aig-retry-delay"), 0, retryDelayMsMax),
    backoff: Backoff.safeParse(headers.get("cf-aig-backoff")).data,
    eventId: text(headers.get("cf-aig-event-id")),
    customCost: text(headers.get("cf-aig-custom-cost")),
    skipCache:
      (headers.get("cf-aig-skip-cache") ?? headers.get("cf-skip-cache")) === "true" || undefined,
    cacheTtlMs: ttl(headers.get("cf-aig-cache-ttl") ?? headers.get("cf-cache-ttl")),
    cacheKey: text(headers.get("cf-aig-cache-key")),
  };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
}

function whole(value: string | null, min: number, max: number): number | undefined {
  if (value === null || !/^\d{1,12}$/.test(value.trim())) return undefined;
  return Math.min(Math.max(Number(value), min), max);
}

/** Seconds: none for 0, else between a minute and a month. */
function ttl(value: string | null): number | undefined {
  const seconds = whole(value, 0, monthMs / 1000);
  if (seconds === undefined) return undefined;
  return seconds === 0 ? 0 : Math.max(seconds, 60) * 1000;
}

function text(value: string | null): string | undefined {
  return value === null || value === "" ? undefined : value.slice(0, textCharsMax);
}

/** What the books keep of the options, among the caller's metadata. */
export function metadataOf(options: CallOptions): Record<string, string> {
  const kept: Record<string, string> = {};
  if (options.eventId !== undefined) kept["cf.event_id"] = options.eventId;
  if (options.customCost !== undefined) kept["cf.custom_cost"] = options.customCost;
  return kept;
}
