/**
 * One call to one provider: the request as it goes out, and what its answer, its silence or its
 * refusal means. Whom else to ask is decided in `tries.ts`.
 */
import type { Env } from "#actors/kit/env.ts";
import type { Framing, UpstreamDialect } from "#providers/types.ts";
import { readText } from "../body.ts";
import { GatewayError } from "../errors.ts";
import { errorBytesMax } from "../limits.ts";
import type { CallOptions } from "../surface/options.ts";
import { Deadline } from "./deadline.ts";
import { describeCall, type Failure } from "./describe-call.ts";
import type { Endpoint } from "./endpoint.ts";
import { followed, untilOver } from "./follow.ts";
import { errorOf, openStream, type OpenedStream } from "./opened-stream.ts";
import type { Plan, Candidate } from "./plan.ts";
import { signed } from "./sign.ts";

/** A provider's answer with status 2xx; its body is still unread. */
export interface Answered {
  candidate: Candidate;
  dialect: UpstreamDialect;
  framing: Framing;
  response: Response;
  /** Ends the call: the provider stops working, and billing, for nobody. */
  abort: AbortController;
  /** When the call began, milliseconds. */
  calledAt: number;
  /** Waits for the end of what an answer has begun, where that is what it is priced by. */
  untilOver?: (first: Response) => Promise<Response>;
  /** Where it was asked, without the path. */
  baseUrl: string;
  /** Of an answer that comes whole: the time for its body runs, and ends the call. */
  deadline?: Deadline;
  /** The stream, where its beginning was looked at before anything was answered. */
  opened?: OpenedStream;
}

/** Statuses that another provider may not answer with; the rest of 4xx is the request's own fault. */
const ELSEWHERE = new Set([401, 403, 404, 408, 409, 425, 429]);

/** What a call takes beside who is asked. */
export interface CallContext {
  env: Env;
  request: Request;
  plan: Plan;
  endpoint: Endpoint;
  options: CallOptions;
}

/**
 * Calls one candidate. With `looksFirst` a stream counts as an answer once it has begun, and without
 * an error: somebody else can still be asked, and nothing has gone to the caller.
 */
export async function callOne(
  { env, request, plan, endpoint, options }: CallContext,
  candidate: Candidate,
  abort: AbortController,
  looksFirst: boolean,
): Promise<Answered | Failure> {
  const described = describeCall(env, request, plan, endpoint, candidate);
  if ("next" in described) return described;
  const { provider, dialect, credential, sent, send, baseUrl } = described;
  const { stream } = plan.request;
  const caller = request.signal;
  if (caller.aborted) abort.abort();
  // Taken by its provider, as far as can be known: what fails then may be billed.
  let accepted = false;
  let wasHere = false;
  const leave = (): void => {
    abort.abort();
    accepted ||= wasHere;
  };
  caller.addEventListener("abort", leave, { once: true });
  const { headMs, wholeMs } = waitsOf(plan, options, candidate);
  const deadline = new Deadline(headMs, wholeMs, () => abort.abort());
  let goesOn = false;
  const calledAt = Date.now();
  try {
    const ready = await signed(sent, provider.signing, credential, abort.signal);
    wasHere = !abort.signal.aborted;
    let response = await send(ready, abort.signal);
    if (response.ok) {
      accepted = true;
      const { follow } = provider;
      const steps = follow && { name: candidate.provider, follow, baseUrl, sent: ready, send };
      const passes = endpoint.kind === "opaque";
      if (steps !== undefined && (!passes || stream)) {
        response = await followed(response, { ...steps, stream, passes, signal: abort.signal });
      }
      const framing = provider.framing ?? dialect.contentType;
      const reached = { candidate, dialect, framing, response, abort, calledAt, baseUrl };
      const answered: Answered = reached;
      if (steps !== undefined && passes) Object.assign(answered, lateEnd(steps, candidate));
      if (!stream && !passes) {
        goesOn = true;
        deadline.next(wholeMs);
        answered.deadline = deadline;
      }
      const looked = looksFirst && stream && !passes;
      return looked ? await begun(answered) : answered;
    }
    const text = (await readText(response, errorBytesMax).catch(() => undefined)) ?? "";
    const view = provider.decodeError(response.status, text, response.headers);
    return rejected(candidate, response.status, view);
  } catch (error) {
    const { isOver } = deadline;
    return { ...unreachable(candidate, isOver, error), maybePaid: isOver || accepted };
  } finally {
    if (!goesOn) deadline.stop();
  }
}

/** How long is waited for a call's head, and then for a body that comes whole, milliseconds. */
function waitsOf(
  { resolved: { upstream } }: Plan,
  { requestTimeoutMs }: CallOptions,
  { firstByteMs, betweenBytesMs }: Candidate,
): { headMs: number; wholeMs: number } {
  return {
    headMs: requestTimeoutMs ?? firstByteMs ?? upstream.firstByteMs,
    wholeMs: betweenBytesMs ?? upstream.betweenBytesMs,
  };
}

/** How the end of what is passed on is waited for, where it is priced by how long it runs. */
function lateEnd(
  steps: Parameters<typeof untilOver>[1],
  { price: { secondsMax } }: Candidate,
): Pick<Answered, "untilOver"> {
  if (secondsMax === undefined) return {};
  return { untilOver: (first) => untilOver(first, steps, secondsMax) };
}

/** A stream that has begun without an error; throws where it breaks before its first byte. */
async function begun(answered: Answered): Promise<Answered | Failure> {
  const { response, candidate, abort } = answered;
  const opened = await openStream(response);
  const error = errorOf(opened, answered);
  if (error === undefined) return { ...answered, opened };
  abort.abort();
  const message = `${candidate.provider} failed in its stream: ${error.message}`;
  return { error: new GatewayError("provider_error", message), next: true };
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
  if ((status === 401 || status === 403) && candidate.callerKey === true) {
    const message = `${provider} did not accept the key that you sent for it.`;
    return { error: new GatewayError("provider_rejected", message, { status }), next: false };
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
  // What was refused before the call was made is told as it is.
  if (cause instanceof GatewayError) return { error: cause, next: true };
  const error = timedOut
    ? new GatewayError("provider_timeout", `${provider} did not answer in time.`, { cause })
    : new GatewayError("provider_error", `${provider} could not be reached.`, { cause });
  return { error, next: true };
}
