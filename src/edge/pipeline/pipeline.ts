/**
 * One model call, from top to bottom: authenticate, read, scan, limit, route, call, scan, settle,
 * answer. Each step is a plain function; this file is the order they are promised in.
 */
import type { Env } from "#actors/kit/env.ts";
import { providerOf } from "#providers/registry.ts";
import type { JsonObject } from "#providers/types.ts";
import { askActor } from "../actors.ts";
import { identify } from "../auth/identify.ts";
import { fromUnknown } from "../errors.ts";
import { idHeaders, limitHeaders } from "../headers.ts";
import { currentPolicy, stillInForce } from "../policy-cache.ts";
import { plainHeaders } from "../plain-headers.ts";
import { newRequestId } from "../request-id.ts";
import type { Target } from "../surface/addresses.ts";
import { requireAccount } from "../surface/cloudflare.ts";
import { dialectOfTarget } from "../surface/read-body.ts";
import { joinFlight, takeOff } from "../cache/flights.ts";
import { Keep } from "../cache/keep.ts";
import { planCache } from "../cache/plan.ts";
import { replay } from "../cache/replay.ts";
import { readEntry, type CacheEntry } from "../cache/store.ts";
import { dlpHeader } from "../cloudflare/dlp-header.ts";
import { openTokens, recallTokens } from "../payloads/keep-tokens.ts";
import { admit, type Admission } from "./admit.ts";
import { answerOpaque } from "./answer-opaque.ts";
import { answerStream } from "./answer-stream.ts";
import { answerWhole } from "./answer-whole.ts";
import { cloudflareHeaders, findingsOf, servedHeaders } from "./answer-headers.ts";
import { readAsked } from "./asked.ts";
import { Background, type Later } from "./background.ts";
import type { Answered } from "./call.ts";
import type { Endpoint } from "./endpoint.ts";
import { tellable } from "./inspect.ts";
import type { Call, Plan } from "./plan.ts";
import { cloudflareResponse, refusalResponse } from "./refusal.ts";
import { askSecond } from "./second-opinion.ts";
import { Settlement } from "./settlement.ts";
import { Tries } from "./tries.ts";

/** An admitted call on its way to an answer. */
interface Serving {
  env: Env;
  request: Request;
  ctx: Later;
  call: Call;
  admission: Admission;
  settlement: Settlement;
  /** Those of the answer, as far as they are known. */
  headers: Record<string, string>;
}

const CONTENT_TYPES = {
  sse: "text/event-stream; charset=utf-8",
  ndjson: "application/x-ndjson",
} as const;

/** Answers a model call in the caller's dialect, refusals included. */
export function serve(request: Request, env: Env, ctx: Later, target: Target): Promise<Response> {
  // The caller may leave at any moment; the books are settled all the same.
  const later = new Background(ctx);
  const answer = serveCall(request, env, later, target);
  later.waitUntil(answer);
  return answer;
}

async function serveCall(
  request: Request,
  env: Env,
  ctx: Later,
  target: Target,
): Promise<Response> {
  const startedAt = Date.now();
  const headers = plainHeaders(request);
  let call: Call | undefined;
  try {
    const principal = await identify(request, env, startedAt, headers);
    if (target.cloudflare !== undefined) {
      const { snapshot } = await currentPolicy(env, ctx, principal.organisation);
      const named = headers["cf-aig-gateway-id"] ?? null;
      requireAccount(target, principal.organisation, snapshot.document, named);
    }
    const asked = await readAsked(request, target, headers);
    call = { requestId: newRequestId(startedAt), startedAt, principal, asked };
    const admission = await admitInForce(env, ctx, call);
    return await fulfil(request, env, ctx, call, admission, target);
  } catch (error) {
    const requestId = call?.requestId ?? newRequestId(startedAt);
    const failure = fromUnknown(error);
    return (
      cloudflareResponse(target, failure, requestId, Date.now(), false) ??
      refusalResponse(dialectOfTarget(target), failure, requestId, Date.now())
    );
  }
}

/** Admits under the policy in force at the moment the provider call may start. */
async function admitInForce(env: Env, ctx: Later, call: Call): Promise<Admission> {
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
  ctx: Later,
  call: Call,
  admission: Admission,
  target: Target,
): Promise<Response> {
  const { dialect } = call.asked;
  const { plan, limits } = admission;
  if (plan.tokens !== undefined) await recallTokens(env, admission, Date.now());
  const settlement = new Settlement(admission);
  settlement.tokens = openTokens(env, admission);
  try {
    const hasAsked = await askSecond(env, call, plan, settlement);
    if (!hasAsked || (await stillInForce(env, plan.policy))) {
      return await answerCall(request, env, ctx, call, admission, settlement);
    }
  } catch (error) {
    const failure = tellable(fromUnknown(error), plan.policy.dlp);
    const isBlocked = failure.code === "dlp_blocked" || failure.code === "guard_blocked";
    if (failure.code === "dlp_blocked") failure.findings = findingsOf(plan, settlement);
    const outcome = request.signal.aborted ? "aborted" : isBlocked ? "blocked" : "failed";
    const status = outcome === "aborted" ? 499 : failure.status;
    ctx.waitUntil(settlement.book(env, outcome, status, Date.now(), call.startedAt));
    return (
      cloudflareResponse(target, failure, call.requestId, Date.now(), true) ??
      refusalResponse(dialect, failure, call.requestId, Date.now(), limits)
    );
  }
  // The policy changed while the guard's second stage was asked: what that cost is booked here, and
  // the rest is another request, which knows the answer.
  await settlement.book(env, "failed", 503, Date.now(), call.startedAt);
  call.requestId = newRequestId(Date.now());
  return fulfil(request, env, ctx, call, await admitInForce(env, ctx, call), target);
}

/** The answer: ours, one that was kept, or a provider's. */
async function answerCall(
  request: Request,
  env: Env,
  ctx: Later,
  call: Call,
  admission: Admission,
  settlement: Settlement,
): Promise<Response> {
  const { endpoint } = call.asked;
  const { plan, limits } = admission;
  const headers: Record<string, string> = {
    ...idHeaders(call.requestId),
    ...limitHeaders(limits, Date.now()),
    "x-tallygate-policy-version": String(plan.request.policyVersion),
    ...cloudflareHeaders(call, plan),
  };
  const book = (): Promise<void> =>
    settlement.book(env, "completed", 200, Date.now(), call.startedAt);
  const own = ownAnswer(endpoint, plan);
  if (own !== undefined) {
    ctx.waitUntil(book());
    return Response.json(own, { headers });
  }
  const { hit, keep } = await openCache(env, call, plan, settlement, headers);
  if (hit !== undefined) {
    const again = replay(hit.body, hit.contentType);
    ctx.waitUntil(again.done.then(book));
    return new Response(again.body, { headers });
  }
  try {
    return await provided({ env, request, ctx, call, admission, settlement, headers }, keep);
  } catch (error) {
    keep?.drop();
    throw error;
  }
}

/** The answer of whichever provider gives one. */
async function provided(serving: Serving, keep: Keep | undefined): Promise<Response> {
  const { env, request, ctx, call, admission, settlement, headers } = serving;
  const { endpoint } = call.asked;
  const { plan } = admission;
  const context = { env, request, plan, endpoint, options: call.asked.options };
  const tries = new Tries(context, admission, settlement);
  if (endpoint.kind !== "opaque" && !plan.request.stream) {
    const { body, candidate } = await answerWhole(tries, call, plan, settlement);
    Object.assign(headers, dlpHeader(findingsOf(plan, settlement), "FLAG"));
    // The caller's next turn may follow at once.
    await settlement.tokens?.done();
    ctx.waitUntil(settlement.book(env, "completed", 200, Date.now(), call.startedAt));
    Object.assign(headers, servedHeaders(candidate), { "content-type": "application/json" });
    keep?.add(body);
    if (keep !== undefined) ctx.waitUntil(keep.save("application/json"));
    return new Response(body, { headers });
  }
  const answered = await tries.next();
  Object.assign(headers, servedHeaders(answered.candidate));
  if (endpoint.kind === "opaque") {
    const passed = await answerOpaque(env, request, call, answered, plan, settlement);
    ctx.waitUntil(passed.done);
    Object.assign(headers, dlpHeader(findingsOf(plan, settlement), "FLAG"));
    const { body, status } = passed;
    return new Response(body, { status, headers: { ...headers, ...passed.headers } });
  }
  return streamed(serving, keep, answered, tries);
}

/** The answer as it comes, kept once it has come whole. */
function streamed(
  serving: Serving,
  keep: Keep | undefined,
  answered: Answered,
  tries: Tries,
): Response {
  const { ctx, call, headers } = serving;
  const { dialect, endpoint } = call.asked;
  const reframe = endpoint.reframe?.();
  const contentType = reframe?.contentType ?? CONTENT_TYPES[dialect.contentType];
  const onText = keep && ((text: string) => keep.add(text));
  const stream = answerStream({ ...serving, answered, tries, reframe, onText });
  const kept = stream.done.then((outcome) =>
    outcome === "completed" ? keep?.save(contentType) : keep?.drop(),
  );
  ctx.waitUntil(kept);
  headers["content-type"] = contentType;
  headers["cache-control"] = "no-cache";
  return new Response(stream.body, { headers });
}

/** Looks for a kept answer, or one that is coming; without either, gathers the coming one. */
async function openCache(
  env: Env,
  call: Call,
  plan: Plan,
  settlement: Settlement,
  headers: Record<string, string>,
): Promise<{ hit?: CacheEntry; keep?: Keep }> {
  const way = planCache(env.TALLYGATE_SECRET, call, plan);
  if (way === undefined) return {};
  const hit = (await readEntry(way.key)) ?? (await joinFlight(way.key));
  headers["cf-aig-cache-status"] = hit === undefined ? "MISS" : "HIT";
  settlement.cache = hit === undefined ? "miss" : "hit";
  if (hit === undefined) return { keep: new Keep(way, settlement, takeOff(way.key)) };
  Object.assign(headers, servedHeaders(hit), { "content-type": hit.contentType });
  settlement.savedNanos = hit.costNanos;
  settlement.servedModel = hit.servedModel;
  settlement.finish = hit.finish;
  settlement.addAnswer(hit.body);
  return { hit };
}

/** What the gateway answers itself, when nobody of the chain can be asked. */
function ownAnswer(endpoint: Endpoint, plan: Plan): JsonObject | undefined {
  const asked = plan.candidates.some((candidate) => {
    const provider = providerOf(candidate);
    return provider !== undefined && endpoint.asks(provider);
  });
  return asked ? undefined : endpoint.answer?.(plan.body);
}
