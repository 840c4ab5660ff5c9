/** The one round trip before the provider: asks the caller's UserActor, holding the worst case. */
import type { Env } from "#actors/kit/env.ts";
import type { WrappedKey } from "#actors/kit/payload-key.ts";
import type { ShadowAsk } from "#actors/user/shadow.ts";
import type { AdmitCommand, AdmitReply, Home, LimitStatus } from "#actors/user/commands.ts";
import { picksFor } from "#policy/picks.ts";
import { shardOfRequest } from "#policy/split.ts";
import { askActor, homeOf } from "../actors.ts";
import { toUsd } from "#events/money.ts";
import { GatewayError, toGatewayCode, type GatewayCode } from "../errors.ts";
import { currentPolicy, renew, type LivePolicy } from "../policy-cache.ts";
import { newRequestId } from "../request-id.ts";
import { wantsKey } from "../payloads/keep-payload.ts";
import type { Later } from "./background.ts";
import { askEntities } from "./entities.ts";
import { planRequest, type Call, type Plan } from "./plan.ts";
import { deliver, takeSettlements } from "./settle-later.ts";
import { shadowOf, type PlanRequest } from "./shadow.ts";

/** A request that may go ahead, with its hold. */
export interface Admission {
  plan: Plan;
  home: Home;
  holdNanos: number;
  limits: LimitStatus[];
  /** What the texts are kept under, where they are. */
  payloadKey?: WrappedKey;
}

/** A refusal, with what is left of every limit for the headers. */
export class Refused extends GatewayError {
  readonly limits: readonly LimitStatus[];

  constructor(
    code: GatewayCode,
    message: string,
    limits: readonly LimitStatus[],
    more: { retryAt?: number | undefined; retryable?: boolean },
  ) {
    super(code, message, more);
    this.limits = limits;
  }
}

/** Plans and admits; throws `Refused`. */
export async function admit(env: Env, ctx: Later, call: Call): Promise<Admission> {
  let policy = await currentPolicy(env, ctx, call.principal.organisation);
  let tier: string | undefined;
  const planUnder: PlanRequest = (asking, under, lower) =>
    planRequest(asking, under, env.TALLYGATE_SECRET, lower);
  // At most: a stale policy, a downgrade, and the answer.
  for (let round = 0; round < 4; round += 1) {
    await askEntities(env, call, policy);
    const plan = planUnder(call, policy, tier);
    const { ledgerShards, splits } = policy.snapshot;
    const split = splits?.[call.principal.member.id];
    const shard = split === undefined ? 0 : shardOfRequest(call.requestId, split);
    const home = homeOf(env, call.principal, ledgerShards, shard);
    const shadow = shadowOf(call, policy, tier, planUnder);
    const beside = { shadow, actors: split?.most };
    const reply = await ask(env, ctx, home, plan, call.startedAt, beside);
    if (reply.outcome === "admitted") {
      const { holdNanos, limits, payloadKey } = reply;
      return { plan, home, holdNanos, limits, ...(payloadKey && { payloadKey }) };
    }
    if (reply.outcome === "stale-policy") {
      policy = await renewTo(env, policy, reply.need);
      continue;
    }
    const cheaper = plan.resolved.downgradeTo;
    if (reply.code === "budget_downgrade" && cheaper !== undefined) {
      tier = cheaper;
      // The refusal is in the books under its id; what the cheaper tier does is another request.
      call.requestId = newRequestId(Date.now());
      continue;
    }
    throw refusal(plan, reply, call.startedAt);
  }
  throw new GatewayError(
    "policy_unavailable",
    "The policy changed while this request was decided.",
  );
}

async function ask(
  env: Env,
  ctx: Later,
  home: Home,
  plan: Plan,
  at: number,
  { shadow, actors }: { shadow: ShadowAsk | undefined; actors: number | undefined },
): Promise<AdmitReply> {
  const { ledgerShards } = plan.policy.snapshot;
  const command: AdmitCommand = { home, at, request: plan.request, ledgerShards };
  if (shadow !== undefined) command.shadow = shadow;
  if (actors !== undefined) command.actors = actors;
  const picks = picksFor(plan.policy.snapshot.document, plan.request, at);
  if (picks !== undefined) command.picks = picks;
  const settlements = takeSettlements(home.stream);
  if (settlements.length > 0) {
    command.settlements = settlements.map(({ settlement }) => settlement);
  }
  const { verdict } = plan;
  const { code, by } = verdict ?? {};
  if (wantsKey(plan)) Object.assign(command, { wantsPayloadKey: true });
  if (code !== undefined)
    Object.assign(command, { verdict: by === undefined ? { code } : { code, by } });
  const answer = askActor(
    () => env.USERS.getByName(home.stream).admit(command) as Promise<AdmitReply>,
  );
  if (settlements.length > 0) ctx.waitUntil(deliver(env, settlements, answer));
  return answer;
}

async function renewTo(env: Env, held: LivePolicy, need: number): Promise<LivePolicy> {
  const policy = await renew(env, held.snapshot.organisation);
  if (policy.snapshot.version >= need) return policy;
  throw new GatewayError("policy_unavailable", "The policy in force could not be read. Try again.");
}

/** Refusals that have one sentence. */
const FIXED_MESSAGES: Partial<Record<GatewayCode, string>> = {
  key_revoked: "This key was revoked. Ask an admin for a new one.",
  request_ended: "This request has ended and its hold with it. Send it again as a new request.",
  invalid_limits: "A limit of this policy cannot be counted. Tell your organisation's admin.",
};

const LIMIT_WORDS: Record<string, string> = {
  rate_limited: "requests",
  token_rate_limited: "tokens",
  spend_rate_limited: "dollars",
  concurrency_limited: "requests at once",
};

function refusal(
  plan: Plan,
  reply: Extract<AdmitReply, { outcome: "refused" }>,
  at: number,
): Refused {
  const code = toGatewayCode(reply.code === "budget_downgrade" ? "budget_exceeded" : reply.code);
  const hit = reply.limits.find((limit) => limit.name === reply.by);
  const message = plan.verdict?.message ?? refusalMessage(code, reply, hit, at);
  // A refusal without a moment at which it would pass is final: SDKs should not try again.
  const waits = code !== "concurrency_limited" && reply.retryAt === undefined;
  const refused = new Refused(code, message, reply.limits, {
    retryAt: reply.retryAt,
    ...(waits ? { retryable: false } : {}),
  });
  if (code === "dlp_blocked") refused.findings = plan.request.findings;
  return refused;
}

function refusalMessage(
  code: GatewayCode,
  reply: Extract<AdmitReply, { outcome: "refused" }>,
  hit: LimitStatus | undefined,
  at: number,
): string {
  const name = reply.by ?? "a limit";
  const fixed = FIXED_MESSAGES[code];
  if (fixed !== undefined) return fixed;
  if (code === "budget_unavailable") {
    return `The budget "${name}" cannot be reached, so nothing is let through under it. Try again in a moment.`;
  }
  if (code === "limit_unavailable") {
    return `The counter of the shared limit "${name}" cannot be reached, so nothing is let through under it. Try again in a moment.`;
  }
  if (code === "budget_exceeded") {
    const left =
      hit === undefined ? "" : ` (${dollars(hit.remaining)} of ${dollars(hit.limit)} left)`;
    const reset =
      hit === undefined ? "" : ` It starts anew at ${new Date(hit.resetsAt).toISOString()}.`;
    return `The budget "${name}" cannot cover this request's worst case${left}.${reset} Ask for fewer output tokens or a cheaper model, or ask an admin to raise it.`;
  }
  const word = LIMIT_WORDS[code];
  if (word === undefined) return `The request was refused (${reply.code}).`;
  const size =
    hit === undefined
      ? ""
      : ` (${hit.metric === "usd" ? dollars(hit.limit) : `${hit.limit} ${word}`}${hit.windowMs > 0 ? ` in ${hit.windowMs / 1000} s` : ""})`;
  const wait =
    reply.retryAt === undefined
      ? " Waiting alone does not help: ask for less, or ask an admin to raise it."
      : ` Try again in ${Math.max(Math.ceil((reply.retryAt - at) / 1000), 1)} s.`;
  return `The limit "${name}"${size} is used up.${code === "concurrency_limited" ? " Wait for one of your open requests to end." : wait}`;
}

function dollars(nanos: number): string {
  return `$${toUsd(nanos)}`;
}
