/**
 * What a policy version means for one request: who may answer, under which limits and budgets.
 *
 * Invariants: the same snapshot and caller give the same answer; a refused caller still gets their
 * limits, so that the refusal can be recorded with them; a rule that counts in a bucket the request
 * does not have (no session, no key) does not apply.
 */
import type { MemberData } from "#events/policy-events.ts";
import type { LimitData } from "#events/user-events.ts";
import {
  type BudgetSpec,
  type SharedBudgetSpec,
  type ChainLink,
  compilePolicy,
  type CompiledCandidate,
  type CompiledPolicy,
  type CompiledRoute,
  type CompiledTier,
} from "./compile.ts";
import type { PolicyDocument } from "./document.ts";
import type { RouteData } from "#events/user-events.ts";
import { guardFor, type PolicyGuard } from "./guard.ts";
import { matchesModel } from "./pattern.ts";
import { inBalance, pickOf, type RoutingFacts, type Serving } from "./route.ts";
import type { PayloadSpec } from "./payloads.ts";
import type { SinceBook } from "./since.ts";
import type { PolicySnapshot } from "./snapshot.ts";
import { splitUp } from "./split.ts";
import type { Subject } from "./when.ts";

/** Who asks for what. */
export interface Caller {
  member: MemberData;
  keyId?: string | undefined;
  /** The model as the caller wrote it. */
  model: string;
  ip?: string | undefined;
  session?: string | undefined;
  /** The request's own tags; the member's are added. */
  tags: readonly string[];
  /** Serves under this tier instead of the member's own: after a budget said `downgrade`. */
  tier?: string | undefined;
  /** What routes look at; without it, what they ask beside the caller is taken to be met. */
  routing?: RoutingFacts | undefined;
}

/** Why a model is not served. */
export interface ModelRefusal {
  code: "model_not_allowed" | "model_not_found";
  message: string;
}

/** A policy version as it applies to one request. */
export interface Resolved {
  /** The tier that serves, and the member's own. */
  tier: string;
  ownTier: string;
  /** Who may answer, in the order of trying; empty when refused. */
  chain: ChainLink[];
  /** How the chain is asked. */
  serving: Serving;
  /** How it was picked, where it is not simply the tier's. */
  pick?: RouteData;
  refusal?: ModelRefusal;
  /** Rate limits and concurrency caps of one member. `usd` limits are in nano-dollars. */
  limits: LimitData[];
  budgets: BudgetSpec[];
  /** Limits above one member (team, organisation). */
  sharedLimits: LimitData[];
  /** Budgets above one member (team, organisation). */
  sharedBudgets: SharedBudgetSpec[];
  dlpRules: PolicyDocument["dlp"]["rules"];
  /** As the route has it that takes the request. */
  guard: PolicyGuard;
  accounting: PolicyDocument["accounting"];
  upstream: PolicyDocument["upstream"];
  /** The most output tokens the tier lets a request ask for. */
  maxOutputTokens?: number;
  /** The tier that takes over when a budget with `downgrade` is used up. */
  downgradeTo?: string;
  /** What is kept of prompt and answer. */
  payloads?: PayloadSpec;
  /** For `periodOf`. */
  timeZone: string;
}

/** Resolves a policy version for one request. On the hot path: no allocation beyond the answer. */
export function resolveFor(snapshot: PolicySnapshot, caller: Caller): Resolved {
  const { document } = snapshot;
  const policy = compilePolicy(document);
  // A member who names no tier follows the document's default, also when it changes.
  const ownTier = caller.member.tier === "" ? document.defaultTier : caller.member.tier;
  const tierName = caller.tier ?? ownTier;
  const tier = policy.tiers.get(tierName);
  const subject = subjectOf(caller, ownTier, tierName);
  const route = routeOf(policy, subject, caller.routing);
  subject.route = route?.name;
  const chain = chainFor(route, tier, caller, subject);
  const refusal = refusalOf(policy, tierName, tier, chain, caller.model);
  const resolved: Resolved = {
    tier: tierName,
    ownTier,
    chain: refusal === undefined ? chain : [],
    serving: route?.serving ?? tier?.serving ?? plainServing,
    limits: [],
    budgets: [],
    sharedLimits: [],
    sharedBudgets: [],
    dlpRules: document.dlp.rules,
    guard: guardFor(document.guard, route?.guard),
    accounting: document.accounting,
    upstream: document.upstream,
    timeZone: document.timeZone,
  };
  if (refusal !== undefined) resolved.refusal = refusal;
  const pick =
    caller.routing && pickOf(route?.name, resolved.serving, resolved.chain, caller.routing);
  if (pick !== undefined) resolved.pick = pick;
  if (tier?.maxOutputTokens !== undefined) resolved.maxOutputTokens = tier.maxOutputTokens;
  const downgraded = tierName !== ownTier;
  // One step: the cheaper tier serves on, so a used-up budget must not send it further down.
  if (tier?.downgradeTo !== undefined && !downgraded) resolved.downgradeTo = tier.downgradeTo;
  if (policy.payloads !== undefined) resolved.payloads = policy.payloads(subject);
  addLimits(policy, subject, resolved, snapshot.since?.limits);
  addBudgets(policy, subject, downgraded, resolved, snapshot.since?.budgets);
  if (snapshot.splits?.[caller.member.id] !== undefined) splitUp(caller.member.id, resolved);
  return resolved;
}

function subjectOf(caller: Caller, ownTier: string, tierName: string): Subject {
  const { member } = caller;
  const memberTags = member.tags ?? [];
  return {
    memberId: member.id,
    team: member.team,
    tiers: ownTier === tierName ? [ownTier] : [ownTier, tierName],
    keyId: caller.keyId,
    model: caller.model,
    tags:
      memberTags.length === 0 && caller.tags.length < 2
        ? caller.tags
        : [...new Set([...memberTags, ...caller.tags])],
    ip: caller.ip,
    session: caller.session,
  };
}

const plainServing: Serving = { balance: "order", balanceBy: "request" };

/** The first route that takes a request. */
function routeOf(
  policy: CompiledPolicy,
  subject: Subject,
  facts: RoutingFacts | undefined,
): CompiledRoute | undefined {
  return policy.routes.find(
    ({ applies, takes }) => applies(subject) && (facts === undefined || takes(subject, facts)),
  );
}

/** Who may answer: a route's candidates, the tier's where there is none or after it, each once. */
function chainFor(
  route: CompiledRoute | undefined,
  tier: CompiledTier | undefined,
  caller: Caller,
  subject: Subject,
): ChainLink[] {
  const chain: ChainLink[] = [];
  if (route !== undefined) addLinks(chain, route, caller, subject);
  if (tier !== undefined && (route === undefined || route.thenTier)) {
    addLinks(chain, tier, caller, subject);
  }
  return chain;
}

function addLinks(
  chain: ChainLink[],
  of: { name: string; candidates: readonly CompiledCandidate[]; serving: Serving },
  { model, routing }: Caller,
  subject: Subject,
): void {
  const serving = of.candidates
    .filter(({ serves }) => serves === undefined || matchesModel(serves, model))
    .map(({ link, priority, weight }) => {
      const asked = link.model ?? model;
      return { link, priority, weight, provider: link.provider, model: asked };
    });
  for (const { link, model: asked } of inBalance(serving, of.serving, of.name, subject, routing)) {
    const { provider, credential } = link;
    const isSame = (other: ChainLink): boolean =>
      other.provider === provider && other.model === asked && other.credential === credential;
    if (chain.some(isSame)) continue;
    chain.push({ ...link, model: asked });
  }
}

function refusalOf(
  policy: CompiledPolicy,
  tierName: string,
  tier: CompiledTier | undefined,
  chain: readonly ChainLink[],
  model: string,
): ModelRefusal | undefined {
  if (matchesModel(policy.deny, model) || !matchesModel(policy.allow, model)) {
    return {
      code: "model_not_allowed",
      message: `Your organisation's policy does not allow the model "${model}". Ask for another model, or ask an admin to allow it.`,
    };
  }
  if (tier === undefined && chain.length === 0) {
    return {
      code: "model_not_allowed",
      message: `Your tier "${tierName}" is not in your organisation's policy. Ask an admin to give you another tier.`,
    };
  }
  if (chain.length > 0) return undefined;
  for (const other of policy.tiers.values()) {
    if (!other.candidates.some(({ serves }) => serves && matchesModel(serves, model))) continue;
    return {
      code: "model_not_allowed",
      message: `The model "${model}" is not part of your tier "${tierName}". Ask for another model, or ask an admin for another tier.`,
    };
  }
  return {
    code: "model_not_found",
    message: `No provider in your organisation's policy serves the model "${model}". GET /v1/models lists those that are served.`,
  };
}

/** When a rule that picks some requests came; one that counts all knows its past better. */
function sinceOf(
  { name, whole }: { name: string; whole?: boolean | undefined },
  since: Readonly<Record<string, number>> | undefined,
): { since?: number } {
  const at = whole === true ? undefined : since?.[name];
  return at === undefined ? {} : { since: at };
}

function addLimits(
  policy: CompiledPolicy,
  subject: Subject,
  resolved: Resolved,
  since: SinceBook["limits"] | undefined,
): void {
  for (const rule of policy.limits) {
    if (!rule.applies(subject)) continue;
    const list = rule.shared ? resolved.sharedLimits : resolved.limits;
    const came = sinceOf(rule.template, since);
    for (const scope of rule.scopes(subject)) list.push({ ...rule.template, scope, ...came });
  }
}

function addBudgets(
  policy: CompiledPolicy,
  subject: Subject,
  downgraded: boolean,
  resolved: Resolved,
  since: SinceBook["budgets"] | undefined,
): void {
  for (const rule of policy.budgets) {
    if (!rule.applies(subject)) continue;
    const list = rule.shared ? resolved.sharedBudgets : resolved.budgets;
    for (const scope of rule.scopes(subject)) {
      const spec = specOf(rule.template, scope, downgraded, resolved);
      list.push({ ...spec, ...sinceOf(spec, since) });
    }
  }
  if (resolved.sharedBudgets.length > 0) chainBudgets(policy, downgraded, resolved, since);
}

/** What is leased through a team is not leased from the organisation again. */
function chainBudgets(
  policy: CompiledPolicy,
  downgraded: boolean,
  resolved: Resolved,
  since: SinceBook["budgets"] | undefined,
): void {
  const through = new Set<string>();
  for (const spec of resolved.sharedBudgets) {
    const { parent } = policy.budgets.find(({ template }) => template.name === spec.name) ?? {};
    const above = policy.budgets.find(({ template }) => template.name === parent);
    if (above === undefined) continue;
    const parentSpec = specOf(above.template, "organisation", downgraded, resolved);
    spec.parent = { ...parentSpec, ...sinceOf(parentSpec, since) };
    through.add(above.template.name);
  }
  if (through.size === 0) return;
  resolved.sharedBudgets = resolved.sharedBudgets.filter(({ name }) => !through.has(name));
}

function specOf(
  template: Omit<BudgetSpec, "scope">,
  scope: string,
  downgraded: boolean,
  resolved: Resolved,
): SharedBudgetSpec {
  const atLimit = atLimitOf(template.atLimit, resolved.downgradeTo, downgraded);
  return { ...template, scope, atLimit };
}

/**
 * What a used-up budget does: `downgrade` counts on without blocking once the cheaper tier serves,
 * and blocks where there is no cheaper tier to go to.
 */
function atLimitOf(
  atLimit: BudgetSpec["atLimit"],
  downgradeTo: string | undefined,
  downgraded: boolean,
): BudgetSpec["atLimit"] {
  if (atLimit !== "downgrade") return atLimit;
  if (downgraded) return "allow";
  return downgradeTo === undefined ? "block" : "downgrade";
}
