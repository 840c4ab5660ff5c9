/**
 * One recorded request asked again under a draft policy: who would answer, under which limits and
 * budgets, for how much at most, and whether its findings would have blocked it.
 */
import { worstCaseCost, type Price } from "#events/money.ts";
import type { LimitData, UserFact } from "#events/user-events.ts";
import type { Verdict } from "#actors/user/admit.ts";
import type { RequestData } from "#actors/user/state.ts";
import { periodOf } from "#policy/calendar.ts";
import type { PolicyDocument } from "#policy/document.ts";
import { priceFor, unpricedPrice } from "#policy/price.ts";
import { answersOf, sumOfLargest } from "#policy/answers.ts";
import { resolveFor } from "#policy/resolve.ts";
import type { RoutingFacts } from "#policy/route.ts";
import { estimatedTokens } from "#policy/tokens.ts";
import { hides, hidingRules } from "../shadow.ts";
import type { Rereads } from "./texts.ts";

/** A version above all recorded ones, so that no state takes the draft for an old policy. */
export const DRAFT_VERSION = 1_000_000_000;

/** The price book: the price of a model at a kind of provider. */
export type BookPrice = (kind: string, model: string) => Price | undefined;

export type Decision = Extract<UserFact, { type: "RequestAdmitted" | "RequestRefused" }>;

export interface Redrafted {
  request: RequestData;
  verdict?: Verdict;
}

/** Verdicts that are made anew from the draft; others (a guard's) stay as recorded. */
const fromPolicy = new Set([
  "model_not_allowed",
  "model_not_found",
  "unpriced_model",
  "prompt_too_large",
  "dlp_blocked",
]);

export class Draft {
  readonly document: PolicyDocument;
  readonly #bookPrice: BookPrice;

  /** What was found in kept texts, where they were read again. */
  readonly #rereads: Rereads;
  /** Members whom the draft splits. */
  readonly #split: ReadonlySet<string>;

  constructor(document: PolicyDocument, bookPrice: BookPrice, rereads: Rereads = {}) {
    this.document = document;
    this.#bookPrice = bookPrice;
    this.#rereads = rereads;
    this.#split = new Set(document.split?.map(({ member }) => member));
  }

  /** The draft's own price of a provider's model, where it sets one. */
  ownPrice(provider: string, model: string): Price | undefined {
    return priceFor(this.document, provider, model);
  }

  /** Any price that the draft would go by. */
  price(provider: string, model: string): Price | undefined {
    const kind = this.document.providers[provider]?.kind;
    return (
      this.ownPrice(provider, model) ??
      (kind === undefined ? undefined : this.#bookPrice(kind, model)) ??
      unpricedPrice(this.document)
    );
  }

  /**
   * The recorded request under the draft. `at` is when it was decided; `isSplit` says that several
   * actors served its member.
   */
  again({ data: recorded }: Decision, at: number, isSplit = false): Redrafted {
    // What members share is other actors': what it let pass passes, what it refused stays.
    const { sharedLimits: _rates, shared: _budgets, ...data } = recorded;
    const { member: id, tier, team, keyId, model, ip, tags = [] } = data;
    const member = { id, role: "member" as const, tier, ...(team === undefined ? {} : { team }) };
    const resolved = resolveFor(
      {
        organisation: "",
        version: DRAFT_VERSION,
        hash: "",
        document: this.document,
        ledgerShards: 1,
      },
      { member, keyId, model, ip, session: sessionOf(data), tags, routing: factsOf(data, at) },
    );
    const bound = oneAnswer(data);
    const most = Math.min(bound.outputTokens, resolved.maxOutputTokens ?? Infinity);
    const costs: number[] = [];
    // A chain whose models may answer at different lengths is bounded by the longest.
    const chain: RequestData["chain"] = [];
    let outputTokens = 0;
    let isTooLarge = false;
    for (const { provider, model: served, maxInputTokens, maxOutputTokens } of resolved.chain) {
      if (estimatedTokens(bound.inputTokens) > (maxInputTokens ?? Infinity)) {
        isTooLarge = true;
        continue;
      }
      const price = this.price(provider, served);
      if (price === undefined) continue;
      chain.push({ provider, model: served });
      const output = Math.min(most, maxOutputTokens ?? Infinity);
      outputTokens = Math.max(outputTokens, output);
      costs.push(worstCaseCost(bound.inputTokens, output, price));
    }
    const answers = answersOf(resolved.serving, chain.length, data.stream);
    const request: RequestData = {
      ...data,
      chain,
      route: { ...resolved.pick, answers },
      limits: isSplit || this.#split.has(id) ? resolved.limits.map(asShared) : resolved.limits,
      budgets: resolved.budgets.map((budget) => ({
        ...budget,
        ...periodOf(budget.period, at, resolved.timeZone),
      })),
      bound: {
        inputTokens: bound.inputTokens * answers,
        outputTokens: outputTokens * answers,
        costNanos: sumOfLargest(costs, answers) + (data.guard?.heldNanos ?? 0),
      },
      accounting: resolved.accounting.mode,
      deadlineAt: at + resolved.accounting.holdMs,
      policyVersion: DRAFT_VERSION,
    };
    const lacking = isTooLarge ? "prompt_too_large" : "unpriced_model";
    const refusal = resolved.refusal?.code ?? (chain.length === 0 ? lacking : undefined);
    const verdict = sharedVerdict(recorded) ?? this.#verdict(data, refusal);
    return verdict === undefined ? { request } : { request, verdict };
  }

  /** The data rules that would hide something of a prompt in which nothing of it was hidden. */
  newlyHidden({ requestId, findings }: Decision["data"]): string[] {
    const { hides: fresh = [] } = this.#rereads[requestId] ?? {};
    if (findings.length === 0) return fresh;
    const was = hidingRules(findings.filter(({ direction }) => direction === "prompt"));
    const found = findings.flatMap(({ rule, direction }) => {
      const now = direction === "prompt" ? this.#rule(rule) : undefined;
      return now !== undefined && now.mode === "enforce" && hides.has(now.action) ? [rule] : [];
    });
    return [...new Set([...fresh, ...found.filter((rule) => !was.has(rule))])];
  }

  #rule(id: string): PolicyDocument["dlp"]["rules"][number] | undefined {
    return this.document.dlp.rules.find((rule) => rule.id === id);
  }

  #verdict(data: Decision["data"], refusal: string | undefined): Verdict | undefined {
    const given = "given" in data && data.given === true ? data : undefined;
    if (given !== undefined && !fromPolicy.has(given.code))
      return { code: given.code, by: given.by };
    const { by } = this.#rereads[data.requestId] ?? {};
    if (by !== undefined) return { code: "dlp_blocked", by };
    // What was found is recorded, the text is not: a rule that is new finds nothing here.
    for (const { rule, direction } of data.findings) {
      const now = this.#rule(rule);
      if (direction === "prompt" && now?.action === "block" && now.mode === "enforce") {
        return { code: "dlp_blocked", by: rule };
      }
    }
    return refusal === undefined ? undefined : { code: refusal };
  }
}

/** A recorded refusal by what members share. */
function sharedVerdict({ sharedLimits = [], shared = [], ...data }: Decision["data"]) {
  if (!("code" in data) || data.by === undefined) return undefined;
  const { code, by } = data;
  const isIt = (rule: { name: string } | undefined): boolean => rule?.name === by;
  const isShared =
    sharedLimits.some(isIt) || shared.some((budget) => isIt(budget) || isIt(budget.parent));
  return isShared ? { code, by } : undefined;
}

/** A member's own limit where several actors serve them: no counter of theirs knows bursts. */
function asShared(limit: LimitData): LimitData {
  return limit.mode === "gcra" ? { ...limit, mode: "sliding" } : limit;
}

/** What one answer of a recorded request may use: its hold may cover several. */
function oneAnswer({ bound, route }: Decision["data"]) {
  const { inputTokens, outputTokens } = bound ?? { inputTokens: 0, outputTokens: 0 };
  const answers = route?.answers ?? 1;
  return {
    inputTokens: Math.floor(inputTokens / answers),
    outputTokens: Math.ceil(outputTokens / answers),
  };
}

/** What routes may look at, as far as it is recorded: no address and no header is. */
function factsOf(data: Decision["data"], at: number): RoutingFacts {
  return {
    requestId: data.requestId,
    at,
    stream: data.stream,
    promptTokens: estimatedTokens(oneAnswer(data).inputTokens),
    guarded: (data.guard?.first ?? data.guard?.action ?? "none") !== "none",
    metadata: data.metadata ?? {},
    tookBefore: data.route?.name,
    latencyMsOf: (provider, model) => data.route?.latencyMs?.[`${provider}/${model}`],
  };
}

const isOfSession = ({ scope }: { scope: string }): boolean => scope.startsWith("session:");

/** Once, the session was recorded only in the scopes of the limits that counted it. */
function sessionOf({ session, limits = [], budgets = [] }: Decision["data"]): string | undefined {
  if (session !== undefined) return session;
  const found = limits.find(isOfSession) ?? budgets.find(isOfSession);
  return found?.scope.slice("session:".length);
}
