/**
 * What a request would be under one policy version: scanned, resolved, bounded and priced. Nothing
 * has happened yet; the plan is what the UserActor decides on.
 */
import type { Price } from "#events/money.ts";
import { sha256Hex } from "#events/sha256.ts";
import type { AdmitCommand } from "#actors/user/commands.ts";
import { openVault, type Vault } from "#dlp/vault.ts";
import { answersOf } from "#policy/answers.ts";
import { periodOf } from "#policy/calendar.ts";
import type { BudgetData } from "#events/user-events.ts";
import type { BudgetSpec } from "#policy/compile.ts";
import { scopeOf } from "#policy/key-scope.ts";
import { payloadMode, type PayloadMode } from "#policy/payloads.ts";
import { resolveFor, type Resolved } from "#policy/resolve.ts";
import { conversationDaysMax } from "#policy/limits.ts";
import type { RoutingFacts } from "#policy/route.ts";
import type { Principal } from "#policy/snapshot.ts";
import { estimatedTokens } from "#policy/tokens.ts";
import { PRICE_BOOK_VERSION } from "#providers/price-data.ts";
import type { JsonObject } from "#providers/types.ts";
import type { LivePolicy } from "../policy-cache.ts";
import { tokenPlanOf, type TokenPlan } from "../payloads/keep-tokens.ts";
import { type Asked, takeBody } from "./asked.ts";
import { withCredentials, type CredentialedLink } from "./credential.ts";
import type { Endpoint } from "./endpoint.ts";
import { type EntityAnswer, type EntityLook, entityLook } from "./entities.ts";
import { type FirstLook, type GuardJudgement, lookAt } from "./guard.ts";
import { guardPlan } from "./guard-plan.ts";
import { inspectTexts } from "./inspect.ts";
import { boundOf, inputBoundOf, priceChain, type PricedChain } from "./price.ts";
import { latencyMsOf } from "./latency.ts";
import type { Doubt, Opinion } from "./second-opinion.ts";
import { tokenNames } from "./token-names.ts";

/** A provider that may answer, with what it may cost. */
export interface Candidate extends CredentialedLink {
  price: Price;
  maxOutputTokens: number;
}

/** A refusal that stands before the actor is asked; it is recorded there like any other. */
export interface Verdict {
  code: string;
  by?: string;
  message: string;
}

export interface Plan {
  policy: LivePolicy;
  resolved: Resolved;
  /** The body as it may leave: redacted. */
  body: JsonObject;
  candidates: Candidate[];
  /** The most input tokens that one call may be billed for. */
  inputTokens: number;
  /** Answers that one call asks for. */
  choices: number;
  request: AdmitCommand["request"];
  verdict?: Verdict;
  /** The body as text, as it is hashed. */
  sent: string;
  /** How the body's texts are found. */
  textsOf: Endpoint["texts"];
  /** How much of its texts is kept. */
  payloadMode: PayloadMode;
  /** What placeholders in the body stand for; it lives as long as the request. */
  vault?: Vault;
  /** What of it earlier turns left, and later ones are left. */
  tokens?: TokenPlan;
  /** What a service found in its prompt, for what is kept of it. */
  named?: EntityLook["named"];
  /** Texts that the guard has a second classifier judge under the request's hold. */
  doubt?: Doubt;
}

/** Who asks, and under which id. */
export interface Call {
  requestId: string;
  startedAt: number;
  principal: Principal;
  asked: Asked;
  /** What the guard's second stage has said of this request. */
  opinions?: Opinion[];
  /** What the service for entities has said of its texts. */
  entities?: EntityAnswer[];
}

/**
 * Plans a request under `policy`; `tier` overrides the member's own after a downgrade, `secret` is the
 * deployment's.
 */
export function planRequest(call: Call, policy: LivePolicy, secret: string, tier?: string): Plan {
  const { asked, principal, startedAt } = call;
  const { snapshot } = policy;
  const body = takeBody(asked);
  const slots = asked.endpoint.texts(body);
  const look = lookAt(snapshot.document, slots);
  const entities = entityLook(call, policy, slots);
  const vault = vaultFor(call, policy, secret);
  const inspection = inspectTexts(policy.dlp, slots, "prompt", vault, entities.spansOf);
  const sent = inspection.changed ? JSON.stringify(body) : asked.text;
  const inputTokens = inputBoundOf(asked, sent);
  const resolved = resolvedFor(call, policy, tier, inputTokens, look);
  const links = withCredentials(resolved.chain, asked, call.requestId, startedAt);
  const priced = priceChain({ ...resolved, chain: links }, snapshot.document, asked, inputTokens);
  const { candidates } = priced;
  const { choices, stream } = asked.view;
  const answers = answersOf(resolved.serving, candidates.length, stream);
  const blockedBy = inspection.blockedBy ?? unreadBy(policy, asked, body);
  const plan: Plan = {
    policy,
    resolved,
    body,
    candidates,
    inputTokens,
    choices,
    sent,
    textsOf: (body) => asked.endpoint.texts(body),
    payloadMode: payloadModeOf(resolved, asked),
    request: {
      requestId: call.requestId,
      member: principal.member.id,
      tier: resolved.tier,
      ownTier: resolved.ownTier,
      action: asked.action,
      dialect: asked.dialect.id,
      model: asked.view.model,
      stream,
      policyVersion: snapshot.version,
      policyHash: snapshot.hash,
      priceBook: PRICE_BOOK_VERSION,
      promptHash: sha256Hex(sent),
      findings: inspection.findings,
      chain: candidates.map(({ provider, model }) => ({ provider, model })),
      bound: boundOf(inputTokens, candidates, choices, answers),
      ...heldUnder(resolved, answers, startedAt),
    },
  };
  addOptional(plan.request, call);
  if (entities.named.length > 0) plan.named = entities.named;
  if (entities.unsearched !== undefined) plan.request.unsearched = entities.unsearched;
  addVault(plan, call, vault);
  const scoped = scopeVerdict(call, resolved);
  const known = scoped ?? blockVerdict(blockedBy) ?? entities.verdict;
  const hasCredential = links.length > 0;
  const verdictUnder = (guard: GuardJudgement): Verdict | undefined =>
    known ?? verdictOf(guard, resolved, priced, asked, hasCredential);
  guardPlan(plan, call, look, verdictUnder);
  // Nobody else is asked about the texts of a call that the key is not for.
  if (scoped !== undefined) delete plan.doubt;
  return plan;
}

function resolvedFor(
  call: Call,
  { snapshot }: LivePolicy,
  tier: string | undefined,
  inputTokens: number,
  look: FirstLook,
): Resolved {
  const { asked, principal } = call;
  return resolveFor(snapshot, {
    member: principal.member,
    keyId: principal.keyId,
    model: asked.view.model,
    ip: asked.ip,
    session: asked.session,
    tags: asked.tags,
    tier,
    routing: routingFacts(call, snapshot.organisation, inputTokens, look),
  });
}

/** What keeps a prompt back that nobody can look into. */
function unreadBy({ dlp }: LivePolicy, { endpoint }: Asked, body: JsonObject): string | undefined {
  const unread = dlp.watches("prompt") && endpoint.unreadable?.(body) === true;
  return unread ? "unreadable-input" : undefined;
}

/** What routes may look at. */
function routingFacts(
  { requestId, startedAt, asked }: Call,
  organisation: string,
  inputTokens: number,
  look: FirstLook,
): RoutingFacts {
  return {
    requestId,
    at: startedAt,
    stream: asked.view.stream,
    promptTokens: estimatedTokens(inputTokens),
    guarded: look.action !== "none",
    metadata: asked.metadata ?? {},
    wire: asked.wire,
    latencyMsOf: (provider, model) => latencyMsOf(organisation, provider, model, startedAt),
  };
}

function payloadModeOf({ payloads }: Resolved, { options }: Asked): PayloadMode {
  if (payloads === undefined) return "off";
  const { collectLog: log, collectPayload: payload } = options;
  return payloadMode(payloads, {
    ...(log !== undefined && { log }),
    ...(payload !== undefined && { payload }),
  });
}

/** Where values go when a rule hides them behind placeholders that the answer brings back. */
function vaultFor(
  { asked, principal }: Call,
  { dlp, snapshot }: LivePolicy,
  secret: string,
): Vault | undefined {
  const tokenizing = dlp.rules.filter(
    ({ action, mode }) => action === "tokenize" && mode === "enforce",
  );
  if (tokenizing.length === 0) return undefined;
  const { organisation } = snapshot;
  const whose = { organisation, member: principal.member.id, session: asked.session };
  return openVault(tokenNames(secret, whose));
}

/** What the scope of the caller's key says against the call. */
function scopeVerdict({ principal, asked }: Call, resolved: Resolved): Verdict | undefined {
  const refusal = scopeOf(principal)?.refusalOfCall({
    model: asked.view.model,
    tier: resolved.tier,
    route: resolved.pick?.name,
    ip: asked.ip,
  });
  return refusal && { code: "key_scope", by: refusal.part, message: refusal.message };
}

/** Adds what placeholders stand for, and where names last what the provider keeps of them. */
function addVault(plan: Plan, { asked }: Call, vault: Vault | undefined): void {
  if (vault === undefined) return;
  plan.vault = vault;
  const { dlp, snapshot } = plan.policy;
  const isKept = asked.dialect.id === "openai-responses";
  if (!isKept || !dlp.rules.some(({ lifetime }) => lifetime === "conversation")) return;
  const { conversationDays = conversationDaysMax } = snapshot.document.dlp;
  const tokens = tokenPlanOf(plan.body, vault, conversationDays);
  if (tokens !== undefined) plan.tokens = tokens;
}

function blockVerdict(by: string | undefined): Verdict | undefined {
  if (by === undefined) return undefined;
  return {
    code: "dlp_blocked",
    by,
    message: `The prompt was blocked by the data rule "${by}". Remove what it protects and try again.`,
  };
}

function verdictOf(
  guard: GuardJudgement,
  resolved: Resolved,
  { candidates, unpriced, tooSmall }: PricedChain,
  { provider, options }: Asked,
  hasCredential: boolean,
): Verdict | undefined {
  if (guard.blocked) {
    return {
      code: "guard_blocked",
      by: "prompt-guard",
      message: `The prompt was blocked by the prompt guard (${guard.outcome?.category ?? "attack"}). Rephrase it without instructions that override the model's own.`,
    };
  }
  if (resolved.refusal !== undefined) return resolved.refusal;
  if (candidates.length > 0) return undefined;
  if (!hasCredential) {
    return {
      code: "unknown_credential",
      message: `No provider that may answer this has a credential called "${options.credential ?? ""}". Leave out cf-aig-byok-alias, or name one that policy lists.`,
    };
  }
  if (unpriced === undefined && tooSmall !== undefined) {
    const { provider: at, model, maxInputTokens } = tooSmall;
    return {
      code: "prompt_too_large",
      by: `${at}/${model}`,
      message: `The prompt is larger than the ${maxInputTokens} tokens that policy lets ${at}/${model} take, and no other provider takes it. Send less, or ask for a model with more room.`,
    };
  }
  if (unpriced === undefined) {
    return {
      code: "model_not_allowed",
      message:
        provider === undefined
          ? "None of the providers that serve this model can be asked for this."
          : `The provider "${provider}" does not serve this model for your tier, or cannot be asked for this.`,
    };
  }
  return {
    code: "unpriced_model",
    message: `No price is known for ${unpriced}, so its cost cannot be bounded. Ask an admin to set a price in the policy.`,
  };
}

function inPeriod(budget: BudgetSpec, { timeZone }: Resolved, at: number): BudgetData {
  return { ...budget, ...periodOf(budget.period, at, timeZone) };
}

/** What a hold is decided by: limits, budgets in their periods, how the chain was picked. */
function heldUnder(resolved: Resolved, answers: number, at: number) {
  const { limits, budgets, sharedLimits, sharedBudgets, accounting, pick } = resolved;
  const dated = (budget: BudgetSpec): BudgetData => inPeriod(budget, resolved, at);
  const several = answers > 1 ? { answers } : {};
  return {
    limits,
    budgets: budgets.map(dated),
    accounting: accounting.mode,
    deadlineAt: at + accounting.holdMs,
    ...(pick === undefined && answers === 1 ? {} : { route: { ...pick, ...several } }),
    ...(sharedLimits.length === 0 ? {} : { sharedLimits }),
    ...(sharedBudgets.length === 0 ? {} : { shared: sharedOf(sharedBudgets, dated) }),
  };
}

/** Budgets above the caller; their credit is leased by the caller's actor. */
function sharedOf(
  budgets: Resolved["sharedBudgets"],
  dated: (budget: BudgetSpec) => BudgetData,
): NonNullable<AdmitCommand["request"]["shared"]> {
  return budgets.map(({ parent, ...budget }) =>
    parent === undefined ? dated(budget) : { ...dated(budget), parent: dated(parent) },
  );
}

function addOptional(request: AdmitCommand["request"], { principal, asked }: Call): void {
  if (principal.keyId !== undefined) request.keyId = principal.keyId;
  if (principal.member.team !== undefined) request.team = principal.member.team;
  if (asked.session !== undefined) request.session = asked.session;
  if (asked.resource !== undefined) request.resource = asked.resource;
  if (asked.metadata !== undefined) request.metadata = asked.metadata;
  const tags = [...(principal.member.tags ?? []), ...asked.tags];
  if (tags.length > 0) request.tags = [...new Set(tags)];
  if (asked.ip !== undefined) request.ip = asked.ip;
  if (asked.userAgent !== undefined) request.userAgent = asked.userAgent;
}
