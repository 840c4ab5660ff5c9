/**
 * What a caller may ask of one call by `cf-aig-*` headers: tries, waits and the name of the event.
 * Values out of bounds are brought into them, as Cloudflare's gateway does; none loosens a policy.
 */
import * as z from "zod";
import type { PlainHeaders } from "../plain-headers.ts";

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
  /** The caller's trace and span, which the request's spans are put below. */
  traceId?: string;
  parentSpanId?: string;
  skipCache?: boolean;
  cacheTtlMs?: number;
  cacheKey?: string;
  /** The alias of the credential that providers are to be asked with. */
  credential?: string;
  /** Whether anything, and whether texts, are to be kept of the call. */
  collectLog?: boolean;
  collectPayload?: boolean;
}

export const attemptsMax = 5;
const retryDelayMsMax = 60_000;
const requestTimeoutMsMax = 600_000;
const textCharsMax = 200;
const monthMs = 31 * 24 * 60 * 60 * 1000;

const Backoff = z.enum(["constant", "linear", "exponential"]);

/** Reads the options of one call. */
export function readOptions(headers: PlainHeaders): CallOptions {
  const all: { [K in keyof CallOptions]?: CallOptions[K] | undefined } = {
    requestTimeoutMs: whole(headers["cf-aig-request-timeout"], 1, requestTimeoutMsMax),
    attempts: whole(headers["cf-aig-max-attempts"], 1, attemptsMax),
    retryDelayMs: whole(headers["cf-aig-retry-delay"], 0, retryDelayMsMax),
    backoff: backoff(headers["cf-aig-backoff"]),
    eventId: text(headers["cf-aig-event-id"]),
    customCost: text(headers["cf-aig-custom-cost"]),
    traceId: hex(headers["cf-aig-otel-trace-id"], 32),
    parentSpanId: hex(headers["cf-aig-otel-parent-span-id"], 16),
    skipCache: (headers["cf-aig-skip-cache"] ?? headers["cf-skip-cache"]) === "true" || undefined,
    cacheTtlMs: ttl(headers["cf-aig-cache-ttl"] ?? headers["cf-cache-ttl"]),
    cacheKey: text(headers["cf-aig-cache-key"]),
    credential: text(headers["cf-aig-byok-alias"]),
    collectLog: flag(headers["cf-aig-collect-log"]),
    collectPayload: flag(headers["cf-aig-collect-log-payload"]),
  };
  const given: CallOptions = {};
  for (const name in all) {
    const value = all[name as keyof CallOptions];
    if (value !== undefined) Object.assign(given, { [name]: value });
  }
  return given;
}

function backoff(value: string | undefined): CallOptions["backoff"] {
  return value === undefined ? undefined : Backoff.safeParse(value).data;
}

function whole(value: string | undefined, min: number, max: number): number | undefined {
  if (value === undefined || !/^\d{1,12}$/.test(value.trim())) return undefined;
  return Math.min(Math.max(Number(value), min), max);
}

/** Seconds: none for 0, else between a minute and a month. */
function ttl(value: string | undefined): number | undefined {
  const seconds = whole(value, 0, monthMs / 1000);
  if (seconds === undefined) return undefined;
  return seconds === 0 ? 0 : Math.max(seconds, 60) * 1000;
}

function flag(value: string | undefined): boolean | undefined {
  return value === "true" ? true : value === "false" ? false : undefined;
}

/** An id of OpenTelemetry's: so many hexadecimal digits, and not all of them 0. */
function hex(value: string | undefined, digits: number): string | undefined {
  const id = value?.trim().toLowerCase() ?? "";
  return id.length === digits && /^[\da-f]+$/.test(id) && /[^0]/.test(id) ? id : undefined;
}

function text(value: string | undefined): string | undefined {
  return value === undefined || value === "" ? undefined : value.slice(0, textCharsMax);
}

/** What the books keep of the options, among the caller's metadata. */
export function metadataOf(options: CallOptions): Record<string, string> {
  const kept: Record<string, string> = {};
  if (options.eventId !== undefined) kept["cf.event_id"] = options.eventId;
  if (options.traceId !== undefined) kept["cf.otel_trace_id"] = options.traceId;
  if (options.parentSpanId !== undefined) kept["cf.otel_parent_span_id"] = options.parentSpanId;
  if (options.customCost !== undefined) kept["cf.custom_cost"] = options.customCost;
  return kept;
}
