/**
 * Calls providers in the plan's order until one answers: timeouts, errors that another provider may
 * not have, and bodies that do not cross are reasons to go on; what the caller did wrong is not.
 */
import type { Env } from "#actors/kit/env.ts";
import type { Framing, UpstreamDialect } from "#providers/types.ts";
import { readText } from "../body.ts";
import { GatewayError, type GatewayCode } from "../errors.ts";
import { errorBytesMax } from "../limits.ts";
import { stillInForce } from "../policy-cache.ts";
import type { CallOptions } from "../surface/options.ts";
import type { Asked } from "./asked.ts";
import { closed, enter, fail, succeed, type Circuit } from "./breaker.ts";
import { describeCall, type Failure } from "./describe-call.ts";
import type { Endpoint } from "./endpoint.ts";
import type { Plan, Candidate } from "./plan.ts";
import { retryPlan, waitAfter } from "./retry.ts";
import { signed } from "./sign.ts";
import type { Settlement } from "./settlement.ts";

/** A provider's answer with status 2xx; its body is still unread. */
export interface Answered {
  candidate: Candidate;
  dialect: UpstreamDialect;
  framing: Framing;
  response: Response;
  /** Ends the call: the provider stops working, and billing, for nobody. */
  abort: AbortController;
}

/** Statuses that another provider may not answer with; the rest of 4xx is the request's own fault. */
const ELSEWHERE = new Set([401, 403, 404, 408, 409, 425, 429]);

const circuits = new Map<string, Circuit>();

/** Calls one candidate after another; throws the last failure. */
export async function callProviders(
  env: Env,
  request: Request,
  plan: Plan,
  { endpoint, options }: Pick<Asked, "endpoint" | "options">,
  settlement: Settlement,
): Promise<Answered> {
  const retries = retryPlan(plan.resolved.upstream, options);
  let failure: GatewayError | undefined;
  for (const candidate of inOrder(plan.candidates, Date.now())) {
    for (let tried = 1; ; tried += 1) {
      // Time has passed since the first call was let go: a newer policy may say otherwise.
      if (failure !== undefined && !(await stillInForce(env, plan.policy))) throw failure;
      const startedAt = Date.now();
      settlement.candidate = undefined;
      const result = await callOne(env, request, plan, endpoint, candidate, options, settlement);
      note(candidate, result, Date.now());
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
      if (!result.next || request.signal.aborted) throw failure;
      const { retryAt } = failure;
      const asked = retryAt === undefined ? undefined : retryAt - Date.now();
      const wait = isPassing(failure) ? waitAfter(retries, tried, asked) : undefined;
      if (wait === undefined) break;
      await scheduler.wait(wait, { signal: request.signal }).catch(() => undefined);
      if (request.signal.aborted) throw failure;
    }
  }
  throw failure ?? new GatewayError("provider_error", "No provider could be asked.");
}

/** Failures that may be over at the next try. */
const PASSING = new Set<GatewayCode>([
  "provider_error",
  "provider_timeout",
  "provider_rate_limited",
]);

function isPassing({ code, retryable }: GatewayError): boolean {
  return retryable && PASSING.has(code);
}

/** Whose circuit: the same provider by another address or credential may be well. */
function circuitOf({ provider, baseUrl, secret }: Candidate): string {
  return `${provider}\n${baseUrl ?? ""}\n${secret ?? ""}`;
}

/** Those whose circuit is open come last: they are asked only when nobody else answers. */
function inOrder(candidates: readonly Candidate[], at: number): Candidate[] {
  if (circuits.size === 0 || candidates.length < 2) return [...candidates];
  const well: Candidate[] = [];
  const ill: Candidate[] = [];
  for (const candidate of candidates) {
    const key = circuitOf(candidate);
    const { may, circuit } = enter(circuits.get(key) ?? closed, at);
    if (may && well.length === 0) circuits.set(key, circuit);
    (may ? well : ill).push(candidate);
  }
  return [...well, ...ill];
}

/** Remembers how a provider is. Only its own failures count: a refused request is no sign. */
function note(candidate: Candidate, result: Answered | Failure, at: number): void {
  const key = circuitOf(candidate);
  const circuit = circuits.get(key);
  const failed = "next" in result && isPassing(result.error);
  if (circuit === undefined && !failed) return;
  const after = failed ? fail(circuit ?? closed, at) : succeed(circuit ?? closed);
  if (after === closed) circuits.delete(key);
  else circuits.set(key, after);
}

async function callOne(
  env: Env,
  request: Request,
  plan: Plan,
  endpoint: Endpoint,
  candidate: Candidate,
  options: CallOptions,
  settlement: Settlement,
): Promise<Answered | Failure> {
  const described = describeCall(env, request, plan, endpoint, candidate);
  if ("next" in described) return described;
  const { provider, dialect, credential, sent } = described;
  const abort = new AbortController();
  if (request.signal.aborted) abort.abort();
  request.signal.addEventListener("abort", () => abort.abort(), { once: true });
  let timedOut = false;
  const timer = setTimeout(() => {
    timedOut = true;
    abort.abort();
  }, options.requestTimeoutMs ?? plan.resolved.upstream.firstByteMs);
  settlement.calledAt = Date.now();
  try {
    const { url, init } = await signed(sent, provider.signing, credential);
    const response = await fetch(url, { ...init, signal: abort.signal, redirect: "manual" });
    if (response.ok) {
      settlement.candidate = candidate;
      const framing = provider.framing ?? dialect.contentType;
      return { candidate, dialect, framing, response, abort };
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
