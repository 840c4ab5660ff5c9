/** Whether a request may be answered from the cache, under which key, and for how long it is kept. */
import type { Call, Plan } from "../pipeline/plan.ts";
import { cacheKeyOf } from "./key.ts";

export interface CachePlan {
  key: string;
  ttlMs: number;
}

/** The way to the cache; `undefined` when policy or caller leave it out. */
export function planCache(secret: string, call: Call, plan: Plan): CachePlan | undefined {
  const { asked, principal } = call;
  const { endpoint, options } = asked;
  const { document, organisation } = plan.policy.snapshot;
  const rule = document.cache;
  if (rule === undefined || options.skipCache === true) return undefined;
  if (endpoint.kind !== "chat" && endpoint.kind !== "embeddings") return undefined;
  // What stands behind placeholders is one caller's at one moment.
  if ((plan.vault?.size ?? 0) > 0) return undefined;
  // What somebody's own key may see is not everybody's.
  if (plan.candidates.some(({ callerKey }) => callerKey === true)) return undefined;
  const { request } = plan;
  const route = plan.resolved.serving.cache;
  if (route?.bypass === true) return undefined;
  const ttlSeconds = route?.ttlSeconds ?? rule.tiers[request.tier] ?? rule.ttlSeconds;
  const ttlMs = Math.min(options.cacheTtlMs ?? ttlSeconds * 1000, rule.maxTtlSeconds * 1000);
  if (ttlMs <= 0) return undefined;
  const key = cacheKeyOf(secret, {
    organisation,
    member: principal.member.id,
    team: principal.member.team,
    scope: rule.scope,
    policyVersion: request.policyVersion,
    policyHash: request.policyHash,
    tier: request.tier,
    route: request.route?.name,
    action: endpoint.action,
    dialect: endpoint.dialect.id,
    framing: endpoint.reframe?.().contentType ?? "",
    provider: asked.provider,
    credential: options.credential,
    model: request.model,
    stream: request.stream,
    content: options.cacheKey ?? plan.body,
  });
  return { key, ttlMs };
}
