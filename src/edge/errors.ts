/**
 * Every way the gateway says no: one closed list of codes, each with its status, whether trying the
 * same again can help, and the type that SDKs show.
 */
import type { Finding } from "#dlp/rule.ts";
import { readUnreadable } from "#actors/kit/setting.ts";
import { readRebuilding } from "#actors/ledger/rebuilding.ts";
import { readGone } from "#projections/replay/gone.ts";

interface CodeInfo {
  status: number;
  /** What `x-should-retry` tells SDKs. */
  retryable: boolean;
  /** The error's kind in the vocabulary that OpenAI's and Anthropic's SDKs share. */
  type: string;
}

const refuse = (status: number, type: string): CodeInfo => ({ status, retryable: false, type });
const again = (status: number, type: string): CodeInfo => ({ status, retryable: true, type });

export const GATEWAY_CODES = {
  unauthenticated: refuse(401, "authentication_error"),
  key_revoked: refuse(401, "authentication_error"),
  forbidden: refuse(403, "permission_error"),
  key_scope: refuse(403, "permission_error"),
  development_values: refuse(421, "api_error"),
  not_found: refuse(404, "not_found_error"),
  method_not_allowed: refuse(405, "invalid_request_error"),
  invalid_json: refuse(400, "invalid_request_error"),
  invalid_request: refuse(400, "invalid_request_error"),
  unsupported_feature: refuse(400, "invalid_request_error"),
  body_too_large: refuse(413, "request_too_large"),
  prompt_too_large: refuse(400, "invalid_request_error"),
  model_not_found: refuse(404, "not_found_error"),
  model_not_allowed: refuse(400, "invalid_request_error"),
  unknown_credential: refuse(400, "invalid_request_error"),
  unpriced_model: refuse(400, "invalid_request_error"),
  dlp_blocked: refuse(400, "invalid_request_error"),
  guard_blocked: refuse(400, "invalid_request_error"),
  entities_unavailable: again(503, "overloaded_error"),
  payload_gone: refuse(410, "not_found_error"),
  record_gone: refuse(410, "not_found_error"),
  request_ended: refuse(409, "invalid_request_error"),
  invalid_limits: refuse(503, "overloaded_error"),
  budget_exceeded: refuse(402, "billing_error"),
  budget_unavailable: again(503, "overloaded_error"),
  limit_unavailable: again(503, "overloaded_error"),
  rate_limited: again(429, "rate_limit_error"),
  token_rate_limited: again(429, "rate_limit_error"),
  spend_rate_limited: again(429, "rate_limit_error"),
  concurrency_limited: again(429, "rate_limit_error"),
  policy_unavailable: again(503, "overloaded_error"),
  actor_unavailable: again(503, "overloaded_error"),
  restore_unavailable: refuse(501, "api_error"),
  views_rebuilding: again(503, "overloaded_error"),
  organisation_exists: refuse(409, "invalid_request_error"),
  version_conflict: refuse(409, "invalid_request_error"),
  misconfigured: refuse(503, "api_error"),
  provider_rejected: refuse(400, "invalid_request_error"),
  provider_not_configured: refuse(502, "api_error"),
  provider_rate_limited: again(429, "rate_limit_error"),
  provider_error: again(502, "api_error"),
  provider_timeout: again(504, "api_error"),
  internal: again(500, "api_error"),
} satisfies Record<string, CodeInfo>;

export type GatewayCode = keyof typeof GATEWAY_CODES;

/** A code that an actor or a provider names, or `internal` for one that is not on the list. */
export function toGatewayCode(code: string): GatewayCode {
  return Object.hasOwn(GATEWAY_CODES, code) ? (code as GatewayCode) : "internal";
}

/** A refusal on its way to the caller. The message never holds prompts, keys or matched text. */
export class GatewayError extends Error {
  readonly code: GatewayCode;
  /** Overrides the code's status: a provider's own 4xx is passed on. */
  readonly status: number;
  readonly retryable: boolean;
  /** When trying again can help, milliseconds since 1970. */
  readonly retryAt: number | undefined;
  /** Fields that were wrong, for bodies that a schema refused. */
  readonly problems: readonly { path: string; message: string }[] | undefined;
  /** What data rules found, where one of them blocked. */
  findings: readonly Pick<Finding, "rule" | "detector" | "direction">[] = [];

  constructor(
    code: GatewayCode,
    message: string,
    more: {
      status?: number;
      retryAt?: number | undefined;
      retryable?: boolean;
      problems?: readonly { path: string; message: string }[];
      cause?: unknown;
    } = {},
  ) {
    super(message, { cause: more.cause });
    this.name = "GatewayError";
    this.code = code;
    this.status = more.status ?? GATEWAY_CODES[code].status;
    // Trying again helps only if there is a moment at which it does.
    this.retryable = more.retryable ?? GATEWAY_CODES[code].retryable;
    this.retryAt = more.retryAt;
    this.problems = more.problems;
  }

  get type(): string {
    return GATEWAY_CODES[this.code].type;
  }
}

/** The one place where an unknown failure becomes ours. Its own text stays inside. */
export function fromUnknown(error: unknown): GatewayError {
  // The message of one of ours may be a provider's: what caused it never is.
  const unreadable = readUnreadable(error instanceof GatewayError ? error.cause : error);
  if (unreadable !== undefined) {
    const { name, problem } = unreadable;
    const message = `${name} of this gateway cannot be read: ${problem}. Nothing is decided until its operator has mended it.`;
    return new GatewayError("misconfigured", message, { cause: error });
  }
  if (error instanceof GatewayError) return error;
  const rebuilding = readRebuilding(error);
  if (rebuilding !== undefined) {
    const { done, of } = rebuilding;
    const message = `The views of the books are being folded anew: ${done} of ${of} events so far. Nothing is lost; ask again in a moment.`;
    return new GatewayError("views_rebuilding", message, { cause: error });
  }
  const since = readGone(error);
  if (since !== undefined) {
    const message = `The record is kept from ${since} on; what was before has been let go, as the policy's retention says.`;
    return new GatewayError("record_gone", message, { cause: error });
  }
  return new GatewayError(
    "internal",
    "The gateway failed on this request. Try again; if it keeps happening, give the request id to your operator.",
    { cause: error },
  );
}
