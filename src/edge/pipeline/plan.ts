/**
 * What a request would be under one policy version: scanned, resolved, bounded and priced. Nothing
 * has happened yet; the plan is what the UserActor decides on.
 */
import { worstCaseCost, type Price } from "#events/money.ts";
import { sha256Hex } from "#events/sha256.ts";
import type { AdmitCommand } from "#actors/user/commands.ts";
import { openVault, type Vault } from "#dlp/vault.ts";
import { periodOf } from "#policy/calendar.ts";
import type { BudgetData } from "#events/user-events.ts";
import type { BudgetSpec, ChainLink } from "#policy/compile.ts";
import { priceFor, unpricedPrice } from "#policy/price.ts";
import { resolveFor, type Resolved } from "#policy/resolve.ts";
import type { Principal } from "#policy/snapshot.ts";
import { inputTokenBound, maxOutputOf } from "#providers/bounds.ts";
import { priceOf } from "#providers/price-book.ts";
import { PRICE_BOOK_VERSION } from "#providers/price-data.ts";
import { PROVIDERS } from "#providers/registry.ts";
import type { JsonObject } from "#providers/types.ts";
import type { LivePolicy } from "../policy-cache.ts";
import { isProvider } from "../surface/addresses.ts";
import { parseBody } from "../body.ts";
import type { Asked } from "./asked.ts";
import type { EndpointKind } from "./endpoint.ts";
import { judgePrompt } from "./guard.ts";
import { inspectTexts } from "./inspect.ts";

/** A provider that may answer, with what it may cost. */
export interface Candidate extends ChainLink {
  price: Price;
  maxOutputTokens: number;
}

/** A refusal that stands before the actor is asked; it is recorded there like any other. */
interface Verdict {
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
  request: AdmitCommand["request"];
  verdict?: Verdict;
  /** What placeholders in the body stand for; it lives as long as the request. */
  vault?: Vault;
}

/** Who asks, and under which id. */
export interface Call {
  requestId: string;
  startedAt: number;
  principal: Principal;
  asked: Asked;
}

/** Plans a request under `policy`; `tier` overrides the member's own after a downgrade. */
export function planRequest(call: Call, policy: LivePolicy, tier?: string): Plan {
  const { asked, principal, startedAt } = call;
  const { snapshot } = policy;
  const resolved = resolveFor(snapshot, {
    member: principal.member,
    keyId: principal.keyId,
    model: asked.view.model,
    ip: asked.ip,
    session: asked.session,
    tags: asked.tags,
    tier,
  });
  const body = parseBody(asked.text);
  const slots = asked.endpoint.texts(body);
  const guard = judgePrompt(resolved.guard, slots);
  const vault = tokenizes(policy.dlp) ? openVault() : undefined;
  const inspection = inspectTexts(policy.dlp, slots, "prompt", vault);
  const sent = inspection.changed ? JSON.stringify(body) : asked.text;
  const { candidates, unpriced } = priceChain(resolved, snapshot.document, asked);
  const inputTokens = inputBoundOf(asked, sent);
  const unread = policy.dlp.watches("prompt") && asked.endpoint.unreadable?.(body) === true;
  const blockedBy = inspection.blockedBy ?? (unread ? "unreadable-input" : undefined);
  const verdict = verdictOf(blockedBy, guard, resolved, candidates, unpriced, asked.provider);
  const plan: Plan = {
    policy,
    resolved,
    body,
    candidates,
    request: {
      requestId: call.requestId,
      member: principal.member.id,
      tier: resolved.tier,
      action: asked.action,
      dialect: asked.dialect.id,
      model: asked.view.model,
      stream: asked.view.stream,
      policyVersion: snapshot.version,
      policyHash: snapshot.hash,
      priceBook: PRICE_BOOK_VERSION,
      promptHash: sha256Hex(sent),
      findings: inspection.findings,
      chain: candidates.map(({ provider, model }) => ({ provider, model })),
      limits: resolved.limits,
      budgets: resolved.budgets.map((budget) => inPeriod(budget, resolved, startedAt)),
      bound: boundOf(inputTokens, candidates, asked.view.choices),
      accounting: resolved.accounting.mode,
      deadlineAt: startedAt + resolved.accounting.holdMs,
    },
  };
  addOptional(plan.request, call);
  addShared(plan.request, resolved, startedAt);
  if (guard.outcome !== undefined) plan.request.guard = guard.outcome;
  if (verdict !== undefined) plan.verdict = verdict;
  if (vault !== undefined) plan.vault = vault;
  return plan;
}

/** Whether any rule hides prompts' values behind placeholders that the answer brings back. */
function tokenizes(program: LivePolicy["dlp"]): boolean {
  return program.rules.some(({ action, mode }) => action === "tokenize" && mode === "enforce");
}

/** Every candidate that has a price, with the most that it may answer. */
function priceChain(
  resolved: Resolved,
  document: LivePolicy["snapshot"]["document"],
  asked: Asked,
): { candidates: Candidate[]; unpriced: string | undefined } {
  const candidates: Candidate[] = [];
  let unpriced: string | undefined;
  const { endpoint } = asked;
  for (const link of resolved.chain) {
    if (asked.provider !== undefined && !isProvider(asked.provider, link)) continue;
    const provider = PROVIDERS[link.kind];
    // What the gateway can answer itself needs nobody who can be asked.
    if (provider !== undefined && endpoint.answer === undefined && !endpoint.asks(provider)) {
      continue;
    }
    const price = PRICES[endpoint.kind](document, link);
    if (price === undefined) {
      unpriced ??= `${link.provider}/${link.model}`;
      continue;
    }
    const wanted = asked.view.maxOutputTokens ?? resolved.accounting.defaultMaxOutputTokens;
    const maxOutputTokens = Math.min(
      wanted,
      resolved.maxOutputTokens ?? Infinity,
      maxOutputOf(link.kind, link.model) ?? Infinity,
    );
    candidates.push({ ...link, price, maxOutputTokens });
  }
  return { candidates, unpriced };
}

/** The worst case over the chain: whoever answers, it costs no more. */
function boundOf(
  inputTokens: number,
  candidates: readonly Candidate[],
  choices: number,
): AdmitCommand["request"]["bound"] {
  let outputTokens = 0;
  let costNanos = 0;
  for (const { price, maxOutputTokens } of candidates) {
    const output = maxOutputTokens * choices;
    outputTokens = Math.max(outputTokens, output);
    costNanos = Math.max(costNanos, worstCaseCost(inputTokens, output, price));
  }
  return { inputTokens, outputTokens, costNanos };
}

/** The most input tokens that are billed: none for a count, and for what nobody looks into. */
function inputBoundOf({ endpoint, view }: Asked, sent: string): number {
  const counted = endpoint.kind === "chat" || endpoint.kind === "embeddings";
  return counted ? inputTokenBound(Buffer.byteLength(sent), view) : 0;
}

type PriceFinder = (
  document: LivePolicy["snapshot"]["document"],
  link: ChainLink,
) => Price | undefined;

const tokenPrice: PriceFinder = (document, link) =>
  priceFor(document, link.provider, link.model) ??
  priceOf(link.kind, link.model) ??
  unpricedPrice(document);

/** What a request of each kind is priced by. */
const PRICES: Record<EndpointKind, PriceFinder> = {
  chat: tokenPrice,
  embeddings: tokenPrice,
  count: () => ({ inputNanosPerMtok: 0, outputNanosPerMtok: 0 }),
  // Nobody knows its tokens, so only a price by request bounds it.
  opaque(document, link) {
    const price = priceFor(document, link.provider, link.model) ?? unpricedPrice(document);
    if (price?.requestNanos === undefined) return undefined;
    // A model that is billed by tokens too would run up a bill that nobody sees here.
    return price.inputNanosPerMtok + price.outputNanosPerMtok > 0 ? undefined : price;
  },
};

function verdictOf(
  blockedBy: string | undefined,
  guard: ReturnType<typeof judgePrompt>,
  resolved: Resolved,
  candidates: readonly Candidate[],
  unpriced: string | undefined,
  provider: string | undefined,
): Verdict | undefined {
  if (blockedBy !== undefined) {
    return {
      code: "dlp_blocked",
      by: blockedBy,
      message: `The prompt was blocked by the data rule "${blockedBy}". Remove what it protects and try again.`,
    };
  }
  if (guard.blocked) {
    return {
      code: "guard_blocked",
      by: "prompt-guard",
      message: `The prompt was blocked by the prompt guard (${guard.outcome?.category ?? "attack"}). Rephrase it without instructions that override the model's own.`,
    };
  }
  if (resolved.refusal !== undefined) return resolved.refusal;
  if (candidates.length > 0) return undefined;
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

/** Budgets above the caller, each in its period; their credit is leased by the caller's actor. */
function addShared(request: AdmitCommand["request"], resolved: Resolved, at: number): void {
  if (resolved.sharedBudgets.length === 0) return;
  const dated = (budget: BudgetSpec): BudgetData => inPeriod(budget, resolved, at);
  request.shared = resolved.sharedBudgets.map(({ parent, ...budget }) =>
    parent === undefined ? dated(budget) : { ...dated(budget), parent: dated(parent) },
  );
}

function addOptional(request: AdmitCommand["request"], { principal, asked }: Call): void {
  if (principal.keyId !== undefined) request.keyId = principal.keyId;
  if (principal.member.team !== undefined) request.team = principal.member.team;
  if (asked.resource !== undefined) request.resource = asked.resource;
  if (asked.metadata !== undefined) request.metadata = asked.metadata;
  const tags = [...(principal.member.tags ?? []), ...asked.tags];
  if (tags.length > 0) request.tags = [...new Set(tags)];
  if (asked.ip !== undefined) request.ip = asked.ip;
  if (asked.userAgent !== undefined) request.userAgent = asked.userAgent;
}
