/**
 * One model call, from top to bottom: authenticate, read, scan, limit, route, call, scan, settle,
 * answer. Each step is a plain function; this file is the order they are promised in.
 */
import type { Env } from "#actors/kit/env.ts";
import { PROVIDERS } from "#providers/registry.ts";
import type { Dialect, JsonObject } from "#providers/types.ts";
import { askActor } from "../actors.ts";
import { identify } from "../auth/identify.ts";
import { fromUnknown, type GatewayError } from "../errors.ts";
import { idHeaders, limitHeaders, retryHeaders } from "../headers.ts";
import { logFailure } from "../log.ts";
import { stillInForce } from "../policy-cache.ts";
import { newRequestId } from "../request-id.ts";
import type { Target } from "../surface/addresses.ts";
import { dialectOfTarget } from "../surface/read-body.ts";
import { admit, Refused, type Admission } from "./admit.ts";
import { answerJson } from "./answer-json.ts";
import { answerOpaque } from "./answer-opaque.ts";
import { answerStream } from "./answer-stream.ts";
import { readAsked } from "./asked.ts";
import { callProviders } from "./call.ts";
import type { Endpoint } from "./endpoint.ts";
import { tellable } from "./inspect.ts";
import type { Call, Plan } from "./plan.ts";
import { Settlement } from "./settlement.ts";

const CONTENT_TYPES = {
  sse: "text/event-stream; charset=utf-8",
  ndjson: "application/x-ndjson",
} as const;

/** Answers a model call in the caller's dialect, refusals included. */
export async function serve(
  request: Request,
  env: Env,
  ctx: ExecutionContext,
  target: Target,
): Promise<Response> {
  const startedAt = Date.now();
  let call: Call | undefined;
  try {
    const principal = await identify(request, env, startedAt);
    const asked = await readAsked(request, target);
    call = { requestId: newRequestId(startedAt), startedAt, principal, asked };
    const admission = await admitInForce(env, ctx, call);
    const work = fulfil(request, env, ctx, call, admission);
    // The caller may leave at any moment; the books are settled all the same.
    ctx.waitUntil(work.catch(() => undefined));
    return await work;
  } catch (error) {
    const requestId = call?.requestId ?? newRequestId(startedAt);
    return refusalResponse(dialectOfTarget(target), fromUnknown(error), requestId, Date.now());
  }
}

/** Admits under the policy in force at the moment the provider call may start. */
async function admitInForce(env: Env, ctx: ExecutionContext, call: Call): Promise<Admission> {
  const admission = await admit(env, ctx, call);
  if (await stillInForce(env, admission.plan.policy)) return admission;
  await release(env, admission, call, "policy changed");
  // The request id is spent with its hold: the second admission is another request in the books.
  call.requestId = newRequestId(Date.now());
  return admit(env, ctx, call);
}

async function release(env: Env, admission: Admission, call: Call, reason: string): Promise<void> {
  const { home } = admission;
  const { requestId } = call;
  const command = { home, at: Date.now(), requestId, reason };
  await askActor(() => env.USERS.getByName(home.stream).release(command));
}

/** Calls a provider and answers; whatever happens, the hold is settled. */
async function fulfil(
  request: Request,
  env: Env,
  ctx: ExecutionContext,
  call: Call,
  admission: Admission,
): Promise<Response> {
  const { dialect, endpoint } = call.asked;
  const { plan, limits } = admission;
  const settlement = new Settlement(admission);
  try {
    const headers: Record<string, string> = {
      ...idHeaders(call.requestId),
      ...limitHeaders(limits, Date.now()),
      "x-tallygate-policy-version": String(plan.request.policyVersion),
    };
    const own = ownAnswer(endpoint, plan);
    if (own !== undefined) {
      ctx.waitUntil(settlement.book(env, "completed", 200, Date.now(), call.startedAt));
      return Response.json(own, { headers });
    }
    const answered = await callProviders(env, request, plan, endpoint, settlement);
    headers["x-tallygate-provider"] = answered.candidate.provider;
    headers["x-tallygate-model"] = answered.candidate.model;
    if (endpoint.kind === "opaque") {
      const passed = await answerOpaque(env, request, call, answered, plan, settlement);
      ctx.waitUntil(passed.done);
      return new Response(passed.body, {
        status: passed.status,
        headers: { ...headers, ...passed.headers },
      });
    }
    if (plan.request.stream) {
      const reframe = endpoint.reframe?.();
      const stream = answerStream(env, request, call, admission, answered, settlement, reframe);
      ctx.waitUntil(stream.done);
      headers["content-type"] = reframe?.contentType ?? CONTENT_TYPES[dialect.contentType];
      headers["cache-control"] = "no-cache";
      return new Response(stream.body, { headers });
    }
    const body = await answerJson(answered, plan, endpoint, settlement, call.startedAt);
    ctx.waitUntil(settlement.book(env, "completed", 200, Date.now(), call.startedAt));
    headers["content-type"] = "application/json";
    return new Response(body, { headers });
  } catch (error) {
    const failure = tellable(fromUnknown(error), plan.policy.dlp);
    const outcome = request.signal.aborted
      ? "aborted"
      : failure.code === "dlp_blocked"
        ? "blocked"
        : "failed";
    const status = outcome === "aborted" ? 499 : failure.status;
    ctx.waitUntil(settlement.book(env, outcome, status, Date.now(), call.startedAt));
    return refusalResponse(dialect, failure, call.requestId, Date.now(), limits);
  }
}

/** What the gateway answers itself, when nobody of the chain can be asked. */
function ownAnswer(endpoint: Endpoint, plan: Plan): JsonObject | undefined {
  const asked = plan.candidates.some(({ kind }) => {
    const provider = PROVIDERS[kind];
    return provider !== undefined && endpoint.asks(provider);
  });
  return asked ? undefined : endpoint.answer?.(plan.body);
}

/** A refusal in the caller's dialect. */
export function refusalResponse(
  dialect: Dialect,
  error: GatewayError,
  requestId: string,
  at: number,
  limits = error instanceof Refused ? error.limits : [],
): Response {
  const { status, code, type } = error;
  if (code === "internal") logFailure(requestId, error);
  const message = `${error.message} (request ${requestId})`;
  return Response.json(dialect.encodeError({ status, code, type, message, requestId }), {
    status,
    headers: {
      ...idHeaders(requestId),
      ...limitHeaders(limits, at),
      ...retryHeaders(error, at),
    },
  });
}
