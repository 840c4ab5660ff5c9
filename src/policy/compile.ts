/**
 * A policy document made ready for the request path, once a version: patterns, conditions and
 * amounts are worked out here, so that resolving a caller only looks things up.
 */
import type { BudgetData, LimitData } from "#events/user-events.ts";
import type { CredentialSpec } from "./credentials.ts";
import type { PolicyDocument, PolicyTier, PolicyWhen } from "./document.ts";
import { compilePatterns, type ModelMatcher } from "./pattern.ts";
import { compilePayloads, type CompiledPayloads } from "./payloads.ts";
import { nanosOf } from "./price.ts";
import type { PolicyRoute } from "./route-schema.ts";
import { compileRouteWhen, type RouteTest, type Serving } from "./route.ts";
import { compileWhen, type Condition, type Subject } from "./when.ts";

/** One way to answer, with everything the edge needs to call it. */
export interface ChainLink {
  /** The provider's name in the policy. */
  provider: string;
  /** The adapter that speaks to it. */
  kind: string;
  baseUrl?: string;
  /** The name of the binding that leads to it, in place of an address. */
  binding?: string;
  /** The name of the secret with the credential. */
  secret?: string;
  /** Credentials by alias, in place of `secret`; the first is the default. */
  credentials?: readonly CredentialSpec[];
  /** The alias of the one that this candidate is asked with. */
  credential?: string | undefined;
  /** Whether callers may send this provider a key of their own. */
  callerKeys?: boolean;
  /** The model to ask the provider for. */
  model: string;
  /** Of this candidate alone; the policy's `upstream` and the tier say it otherwise. */
  firstByteMs?: number | undefined;
  betweenBytesMs?: number | undefined;
  maxInputTokens?: number | undefined;
  maxOutputTokens?: number | undefined;
  retries?: PolicyDocument["upstream"]["retries"];
}

export interface CompiledCandidate {
  /** All models when absent. */
  serves: ModelMatcher | undefined;
  priority: number;
  weight: number;
  /** Without `model` the asked one is passed on. */
  link: Omit<ChainLink, "model"> & { model: string | undefined };
}

/** A route, ready to be tried. */
export interface CompiledRoute {
  name: string;
  /** Who asks. */
  applies: Condition;
  /** What is asked, and when. */
  takes: RouteTest;
  /** The models that its condition names exactly. */
  models: ReadonlySet<string>;
  candidates: readonly CompiledCandidate[];
  serving: Serving;
  thenTier: boolean;
  guard: PolicyRoute["guard"];
}

export interface CompiledTier {
  name: string;
  /** In the order of trying. */
  candidates: readonly CompiledCandidate[];
  serving: Serving;
  maxOutputTokens: number | undefined;
  downgradeTo: string | undefined;
}

/** The buckets that a rule counts one request in: mostly one, one a tag for `tag`, none if absent. */
export type ScopeOf = (subject: Subject) => readonly string[];

export interface CompiledRule<Template> {
  applies: Condition;
  scopes: ScopeOf;
  /** True for scopes above one member (team, organisation). */
  shared: boolean;
  template: Template;
}

/** A budget as it applies to one request, still without its period. */
export type BudgetSpec = Omit<BudgetData, "periodKey" | "resetsAt">;

/** A team's or an organisation's budget, with the one that it is part of. */
export type SharedBudgetSpec = BudgetSpec & { parent?: BudgetSpec };

export interface CompiledPolicy {
  tiers: ReadonlyMap<string, CompiledTier>;
  routes: readonly CompiledRoute[];
  allow: ModelMatcher;
  deny: ModelMatcher;
  limits: readonly CompiledRule<Omit<LimitData, "scope">>[];
  budgets: readonly (CompiledRule<Omit<BudgetSpec, "scope">> & { parent: string | undefined })[];
  payloads: CompiledPayloads | undefined;
}

const compiledPolicies = new WeakMap<PolicyDocument, CompiledPolicy>();

/** The compiled form of a document; the same object for the same document. */
export function compilePolicy(document: PolicyDocument): CompiledPolicy {
  let compiled = compiledPolicies.get(document);
  if (compiled === undefined) {
    compiled = compile(document);
    compiledPolicies.set(document, compiled);
  }
  return compiled;
}

function compile(document: PolicyDocument): CompiledPolicy {
  return {
    tiers: new Map(
      Object.entries(document.tiers).map(([name, tier]) => [
        name,
        compileTier(name, tier, document.providers),
      ]),
    ),
    routes: (document.routes ?? []).map((route) =>
      compileRoute(route, document.providers, document.timeZone),
    ),
    allow: compilePatterns(document.models.allow),
    deny: compilePatterns(document.models.deny),
    limits: [...document.limits.map(compileLimit), ...document.concurrency.map(compileConcurrency)],
    budgets: document.budgets.map(compileBudget),
    payloads: compilePayloads(document.payloads),
  };
}

function compileTier(
  name: string,
  tier: PolicyTier,
  providers: PolicyDocument["providers"],
): CompiledTier {
  return {
    name,
    candidates: compileCandidates(tier.candidates, providers),
    serving: servingOf(tier),
    maxOutputTokens: tier.maxOutputTokens,
    downgradeTo: tier.downgradeTo,
  };
}

function compileRoute(
  route: PolicyRoute,
  providers: PolicyDocument["providers"],
  timeZone: string,
): CompiledRoute {
  const { name, when, candidates, thenTier, guard } = route;
  return {
    name,
    applies: compileWhen(when),
    takes: compileRouteWhen(name, when, timeZone),
    models: compilePatterns(when.models ?? []).exact,
    candidates: compileCandidates(candidates, providers),
    serving: { ...servingOf(route), cache: route.cache },
    thenTier: thenTier === true,
    guard,
  };
}

/** In the order of trying. */
function compileCandidates(
  all: readonly PolicyRoute["candidates"][number][],
  providers: PolicyDocument["providers"],
): CompiledCandidate[] {
  const candidates: CompiledCandidate[] = [];
  for (const candidate of all.toSorted((a, b) => a.priority - b.priority)) {
    const { provider, model, serves, priority, weight = 1, ...options } = candidate;
    const entry = providers[provider];
    // A validated document names only providers that exist; one that does not is never called.
    if (entry === undefined) continue;
    const link: CompiledCandidate["link"] = { provider, kind: entry.kind, model, ...options };
    if (entry.baseUrl !== undefined) link.baseUrl = entry.baseUrl;
    if (entry.binding !== undefined) link.binding = entry.binding;
    if (entry.secret !== undefined) link.secret = entry.secret;
    if (entry.credentials !== undefined) link.credentials = entry.credentials;
    if (entry.callerKeys === "allow") link.callerKeys = true;
    candidates.push({ serves: serves && compilePatterns(serves), priority, weight, link });
  }
  return candidates;
}

function servingOf(of: PolicyTier | PolicyRoute): Serving {
  const serving: Serving = {
    balance: of.balance ?? "order",
    balanceBy: of.balanceBy ?? "request",
  };
  if (of.hedge !== undefined) serving.hedgeAfterMs = of.hedge.afterMs;
  if (of.answerRetries !== undefined) serving.answerRetries = of.answerRetries;
  if (of.streamRetries !== undefined) serving.streamRetries = of.streamRetries;
  return serving;
}

function compileLimit(limit: PolicyDocument["limits"][number]): CompiledPolicy["limits"][number] {
  return {
    applies: compileWhen(limit.when),
    scopes: scopesOf(limit.scope, limit.when.tags),
    shared: isShared(limit.scope),
    template: {
      name: limit.name,
      metric: limit.metric,
      mode: limit.mode,
      limit: limit.metric === "usd" ? nanosOf(limit.limit) : Math.floor(limit.limit),
      windowMs: limit.windowMs,
      whole: isWhole(limit.scope, limit.when),
    },
  };
}

function compileConcurrency(
  cap: PolicyDocument["concurrency"][number],
): CompiledPolicy["limits"][number] {
  return {
    applies: compileWhen(cap.when),
    scopes: scopesOf(cap.scope, cap.when.tags),
    shared: isShared(cap.scope),
    template: {
      name: cap.name,
      metric: "concurrency",
      mode: "sliding",
      limit: cap.limit,
      windowMs: 0,
      whole: isWhole(cap.scope, cap.when),
    },
  };
}

function compileBudget(
  budget: PolicyDocument["budgets"][number],
): CompiledPolicy["budgets"][number] {
  return {
    applies: compileWhen(budget.when),
    scopes: scopesOf(budget.scope, budget.when.tags),
    shared: isShared(budget.scope),
    template: {
      name: budget.name,
      period: budget.period,
      limitNanos: nanosOf(budget.limitUsd),
      thresholds: budget.thresholds,
      atLimit: budget.atLimit,
      whole: isWhole(budget.scope, budget.when),
    },
    parent: budget.parent,
  };
}

type Scope = PolicyDocument["limits"][number]["scope"];

/**
 * Whether a rule counts every request of its buckets, and those are kept for rules to come: nothing in
 * its `when` tells two requests of one bucket apart. What the scope itself is made of cannot. Of an
 * address or a session nobody keeps what it used: that is read from the log.
 */
export function isWhole(scope: Scope, when: PolicyWhen): boolean {
  const { members, teams, models, keys, tags, tiers, routes } = when;
  if (tiers !== undefined || scope === "ip" || scope === "session") return false;
  // Of several members it may leave some out, and those of a member that were another team's.
  if (isShared(scope) && (members !== undefined || (teams !== undefined && scope !== "team"))) {
    return false;
  }
  return (
    (routes === undefined || scope === "route") &&
    (models === undefined || scope === "model") &&
    (keys === undefined || scope === "key") &&
    (tags === undefined || scope === "tag")
  );
}

/** Whether a scope counts several members together. */
export function isShared(scope: string): boolean {
  return scope === "team" || scope === "route" || scope === "organisation";
}

/** How a scope names its buckets. A limit on some tags counts only those tags. */
function scopesOf(scope: Scope, tags: readonly string[] | undefined): ScopeOf {
  const named = tags && new Set(tags);
  const table: Record<Scope, ScopeOf> = {
    user: () => ["user"],
    organisation: () => ["organisation"],
    key: (subject) => bucket("key", subject.keyId),
    model: (subject) => bucket("model", subject.model),
    team: (subject) => bucket("team", subject.team),
    ip: (subject) => bucket("ip", subject.ip),
    route: (subject) => bucket("route", subject.route),
    session: (subject) => bucket("session", subject.session),
    tag: (subject) =>
      subject.tags.filter((tag) => named?.has(tag) ?? true).map((tag) => `tag:${tag}`),
  };
  return table[scope];
}

function bucket(prefix: string, value: string | undefined): string[] {
  return value === undefined ? [] : [`${prefix}:${value}`];
}
