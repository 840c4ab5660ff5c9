/** Every failure of a call: one closed list of codes, the gateway's own first, then the client's. */

/** The gateway's codes, as its error bodies carry them. */
export const GATEWAY_CODES = [
  "unauthenticated",
  "key_revoked",
  "forbidden",
  "key_scope",
  "development_values",
  "not_found",
  "method_not_allowed",
  "invalid_json",
  "invalid_request",
  "unsupported_feature",
  "body_too_large",
  "prompt_too_large",
  "model_not_found",
  "model_not_allowed",
  "unknown_credential",
  "unpriced_model",
  "dlp_blocked",
  "guard_blocked",
  "entities_unavailable",
  "payload_gone",
  "record_gone",
  "request_ended",
  "invalid_limits",
  "budget_exceeded",
  "budget_unavailable",
  "limit_unavailable",
  "rate_limited",
  "token_rate_limited",
  "spend_rate_limited",
  "concurrency_limited",
  "policy_unavailable",
  "actor_unavailable",
  "restore_unavailable",
  "views_rebuilding",
  "organisation_exists",
  "version_conflict",
  "misconfigured",
  "provider_rejected",
  "provider_not_configured",
  "provider_rate_limited",
  "provider_error",
  "provider_timeout",
  "internal",
] as const;

/** What the client itself finds: the network, the caller's own signal, answers that make no sense. */
export const CLIENT_CODES = [
  "network_error",
  "aborted",
  "timeout",
  "invalid_response",
  "unknown_provider",
] as const;

export type GatewayErrorCode = (typeof GATEWAY_CODES)[number] | (typeof CLIENT_CODES)[number];

const gatewayCodes: ReadonlySet<string> = new Set(GATEWAY_CODES);

interface Facts {
  /** HTTP status; absent when there was no answer. */
  status?: number | undefined;
  retryable?: boolean | undefined;
  retryAfterMs?: number | undefined;
  requestId?: string | undefined;
  cause?: unknown;
}

export class GatewayError extends Error {
  override readonly name = "GatewayError";
  readonly code: GatewayErrorCode;
  readonly status: number | undefined;
  /** Whether the same call may succeed later. */
  readonly retryable: boolean;
  /** How long to wait before that, when the answer said so. */
  readonly retryAfterMs: number | undefined;
  /** The id under which the gateway's books have it. */
  readonly requestId: string | undefined;

  constructor(code: GatewayErrorCode, message: string, facts: Facts = {}) {
    super(message, facts.cause === undefined ? undefined : { cause: facts.cause });
    this.code = code;
    this.status = facts.status;
    this.retryable = facts.retryable ?? false;
    this.retryAfterMs = facts.retryAfterMs;
    this.requestId = facts.requestId;
  }
}

/** Codes for what a provider says by status alone. */
const CODE_BY_STATUS: Readonly<Record<number, GatewayErrorCode>> = {
  401: "unauthenticated",
  402: "budget_exceeded",
  403: "forbidden",
  404: "not_found",
  408: "provider_timeout",
  413: "body_too_large",
  429: "provider_rate_limited",
  504: "provider_timeout",
};

const RETRYABLE_STATUSES: ReadonlySet<number> = new Set([408, 409, 425, 429]);

function record(value: unknown): Record<string, unknown> | undefined {
  return typeof value === "object" && value !== null
    ? (value as Record<string, unknown>)
    : undefined;
}

function text(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

/** The code and sentence of an error body in OpenAI's or Anthropic's envelope. */
function readBody(body: unknown): { code?: string; message?: string } {
  const error = record(record(body)?.["error"]);
  const details = record(error?.["details"]);
  const code = text(error?.["code"]) ?? text(details?.["error_code"]);
  const message = text(error?.["message"]);
  return { ...(code === undefined ? {} : { code }), ...(message === undefined ? {} : { message }) };
}

function codeFor(status: number, named: string | undefined): GatewayErrorCode {
  if (named !== undefined && gatewayCodes.has(named)) return named as GatewayErrorCode;
  return CODE_BY_STATUS[status] ?? (status >= 500 ? "provider_error" : "provider_rejected");
}

/** Milliseconds that `retry-after-ms` or `retry-after` (seconds or a date) ask to wait. */
export function retryAfterOf(headers: Headers, now: number): number | undefined {
  const exact = Number(headers.get("retry-after-ms") ?? Number.NaN);
  if (Number.isFinite(exact) && exact >= 0) return exact;
  const value = headers.get("retry-after");
  if (value === null) return undefined;
  const seconds = Number(value);
  if (Number.isFinite(seconds)) return Math.max(seconds * 1000, 0);
  const date = Date.parse(value);
  return Number.isNaN(date) ? undefined : Math.max(date - now, 0);
}

/** The request's id under the names that gateways and providers use. */
export function requestIdOf(headers: Headers): string | undefined {
  return headers.get("x-request-id") ?? headers.get("request-id") ?? undefined;
}

/** An answer that is not 2xx, as an error. `body` is its text. */
export function errorOfResponse(response: Response, body: string, now: number): GatewayError {
  const { status, headers } = response;
  const { code, message } = readBody(tryParse(body));
  const told = headers.get("x-should-retry");
  return new GatewayError(codeFor(status, code), message ?? `The call failed (HTTP ${status}).`, {
    status,
    retryable: told === null ? status >= 500 || RETRYABLE_STATUSES.has(status) : told === "true",
    retryAfterMs: retryAfterOf(headers, now),
    requestId: requestIdOf(headers),
  });
}

/** An error that came in the middle of a stream. */
export function errorOfEvent(body: unknown, requestId: string | undefined): GatewayError {
  const { code, message } = readBody(body);
  const known = codeFor(500, code);
  return new GatewayError(known, message ?? "The answer broke off.", {
    retryable: known === "provider_error" || known === "internal",
    requestId,
  });
}

/** JSON, or `undefined` for what is none. */
export function tryParse(value: string): unknown {
  try {
    return JSON.parse(value) as unknown;
  } catch {
    return undefined;
  }
}
