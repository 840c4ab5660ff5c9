/**
 * Calls providers in the plan's order until one answers: timeouts, errors that another provider may
 * not have, and bodies that do not cross are reasons to go on; what the caller did wrong is not.
 */
import type { Env } from "#actors/kit/env.ts";
import { dialectOf, PROVIDERS } from "#providers/registry.ts";
import type { Dialect, JsonObject, Unsupported } from "#providers/types.ts";
import { readText } from "../body.ts";
import { GatewayError } from "../errors.ts";
import { errorBytesMax } from "../limits.ts";
import type { Plan, Candidate } from "./plan.ts";
import type { Settlement } from "./settlement.ts";

/** A provider's answer with status 2xx; its body is still unread. */
export interface Answered {
  candidate: Candidate;
  dialect: Dialect;
  response: Response;
  /** Ends the call: the provider stops working, and billing, for nobody. */
  abort: AbortController;
}

/** What went wrong with one candidate. */
interface Failure {
  error: GatewayError;
  /** Whether another candidate may do better. */
  next: boolean;
}

/** Statuses that another provider may not answer with; the rest of 4xx is the request's own fault. */
const ELSEWHERE = new Set([401, 403, 404, 408, 409, 425, 429]);

/** Calls one candidate after another; throws the last failure. */
export async function callProviders(
  env: Env,
  request: Request,
  plan: Plan,
  dialect: Dialect,
  settlement: Settlement,
): Promise<Answered> {
  let failure: GatewayError | undefined;
  for (const candidate of plan.candidates) {
    const startedAt = Date.now();
    settlement.candidate = undefined;
    const result = await callOne(env, request, plan, dialect, candidate, settlement);
    if (!("next" in result)) return result;
    failure = result.error;
    settlement.addAttempt({
      provider: candidate.provider,
      model: candidate.model,
      status: result.error.status,
      code: result.error.code,
      latencyMs: Math.max(Date.now() - startedAt, 0),
      costNanos: 0,
    });
    if (!result.next || request.signal.aborted) break;
  }
  throw failure ?? new GatewayError("provider_error", "No provider could be asked.");
}

async function callOne(
  env: Env,
  request: Request,
  plan: Plan,
  dialect: Dialect,
  candidate: Candidate,
  settlement: Settlement,
): Promise<Answered | Failure> {
  const provider = PROVIDERS[candidate.kind];
  if (provider === undefined) return notConfigured(`No adapter is called "${candidate.kind}".`);
  const target = dialectOf(provider.dialect);
  const body = encodeBody(plan.body, dialect, target, candidate, plan.request.stream);
  if (!body.ok) return { error: unsupported(body.error, candidate), next: true };
  const credential = secretOf(env, candidate.secret ?? provider.secretName);
  if (credential === undefined && candidate.baseUrl === undefined && provider.secretName !== "") {
    return notConfigured(
      `The provider "${candidate.provider}" has no credential: set the secret ${candidate.secret ?? provider.secretName}.`,
    );
  }
  const { url, headers } = provider.request({
    baseUrl: candidate.baseUrl ?? provider.defaultBaseUrl,
    model: candidate.model,
    stream: plan.request.stream,
    credential,
    callerHeaders: request.headers,
  });
  const abort = new AbortController();
  if (request.signal.aborted) abort.abort();
  request.signal.addEventListener("abort", () => abort.abort(), { once: true });
  let timedOut = false;
  const timer = setTimeout(() => {
    timedOut = true;
    abort.abort();
  }, plan.resolved.upstream.firstByteMs);
  settlement.calledAt = Date.now();
  try {
    const response = await fetch(url, {
      method: "POST",
      headers,
      body: JSON.stringify(body.value),
      signal: abort.signal,
      redirect: "manual",
    });
    if (response.ok) {
      settlement.candidate = candidate;
      return { candidate, dialect: target, response, abort };
    }
    const text = (await readText(response, errorBytesMax).catch(() => undefined)) ?? "";
    const view = provider.decodeError(response.status, text, response.headers);
    return rejected(candidate, response.status, view);
  } catch (error) {
    return unreachable(candidate, timedOut, error);
  } finally {
    clearTimeout(timer);
  }
}

/** The body in the provider's dialect: untouched but for model and bounds where it is the caller's. */
function encodeBody(
  body: JsonObject,
  from: Dialect,
  to: Dialect,
  candidate: Candidate,
  stream: boolean,
): { ok: true; value: JsonObject } | { ok: false; error: Unsupported } {
  const { model, maxOutputTokens } = candidate;
  if (from.id === to.id)
    return { ok: true, value: from.prepare(body, { model, maxOutputTokens, stream }) };
  const decoded = from.decodeRequest(body);
  if (!decoded.ok) return decoded;
  const encoded = to.encodeRequest({ ...decoded.value, model, maxOutputTokens, stream });
  if (!encoded.ok) return encoded;
  return { ok: true, value: to.prepare(encoded.value, { model, maxOutputTokens, stream }) };
}

function secretOf(env: Env, name: string): string | undefined {
  const value = (env as unknown as Record<string, unknown>)[name];
  return typeof value === "string" && value !== "" ? value : undefined;
}

function notConfigured(message: string): Failure {
  return { error: new GatewayError("provider_not_configured", message), next: true };
}

function unsupported({ field, message }: Unsupported, candidate: Candidate): GatewayError {
  return new GatewayError(
    "unsupported_feature",
    `"${field}" cannot be passed on to ${candidate.provider}: ${message}`,
    { problems: [{ path: field, message }] },
  );
}

function rejected(
  candidate: Candidate,
  status: number,
  view: { code: string; message: string; retryAfterMs?: number },
): Failure {
  const { provider } = candidate;
  if (status === 429) {
    const retryAt = view.retryAfterMs === undefined ? undefined : Date.now() + view.retryAfterMs;
    return {
      error: new GatewayError(
        "provider_rate_limited",
        `${provider} is over its own rate limit: ${view.message}`,
        { retryAt },
      ),
      next: true,
    };
  }
  if (status === 401 || status === 403) {
    return {
      error: new GatewayError(
        "provider_error",
        `${provider} did not accept the gateway's credential. Tell your operator.`,
        { retryable: false },
      ),
      next: true,
    };
  }
  if (status >= 400 && status < 500) {
    const more = { status };
    return {
      error: new GatewayError("provider_rejected", `${provider}: ${view.message}`, more),
      next: ELSEWHERE.has(status),
    };
  }
  const message = `${provider} failed with status ${status}: ${view.message}`;
  return { error: new GatewayError("provider_error", message), next: true };
}

function unreachable(candidate: Candidate, timedOut: boolean, cause: unknown): Failure {
  const { provider } = candidate;
  const error = timedOut
    ? new GatewayError("provider_timeout", `${provider} did not answer in time.`, { cause })
    : new GatewayError("provider_error", `${provider} could not be reached.`, { cause });
  return { error, next: true };
}
