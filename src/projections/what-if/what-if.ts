/**
 * What if: recorded requests decided again under a draft policy, as if it had been in force from a
 * moment on, with the books as they were then.
 *
 * Exact where the record is: every single decision is made by the same decider, in order, and its
 * consequences (what is used, held, left) carry on. What no record has is not guessed: a request
 * that was refused and would pass has no usage, so it counts with its bound apart. Of a sample the
 * same holds for each member in it. Several actors of one member are decided in one book, in the
 * order of their times.
 */
import { answeringAttempt } from "#events/attempts.ts";
import type { EventEnvelope } from "#events/envelope.ts";
import { costOf } from "#events/money.ts";
import type { AttemptData, UserFact } from "#events/user-events.ts";
import { judge } from "#actors/user/admit.ts";
import { evolve } from "#actors/user/evolve.ts";
import { initialState, type DataOf, type RequestData, type UserState } from "#actors/user/state.ts";
import { blocks, isRerouted, limited } from "../shadow.ts";
import type { Decision, Draft } from "./draft.ts";
import { asOne, isCounted, type Books } from "./one-member.ts";
import {
  emptyResult,
  groupsOf,
  noteChanged,
  ruleOf,
  type Difference,
  type WhatIfResult,
} from "./result.ts";
import { Sample } from "./sample.ts";

/** A request that has not ended: where it counts, and what the draft made of it. */
interface Open {
  groups: readonly Difference[];
  admitted: boolean;
  chain: RequestData["chain"];
  /** What its hold was charged with when it expired: until the truth comes, that is its cost. */
  charged?: { before: number; after: number };
}

export class WhatIf {
  readonly #draft: Draft;
  readonly #from: number;
  readonly #to: number;
  /** Streams of members who are split. Their books are one, and so are their states. */
  readonly #books: Books;
  readonly #states = new Map<string, UserState>();
  readonly #open = new Map<string, Open>();
  readonly #sample: Sample;
  /** Books that are not known before their next event: nothing in them is decided. */
  readonly #unknown = new Set<string>();
  /** Books with a decision in the time, where not all are taken. */
  readonly #met = new Set<string>();
  /** Books of members who are split, each with the moment of its last event. */
  readonly #lastAt = new Map<string, number>();
  /** Keys that each of their actors had heard is no more: they hear of it one after the other. */
  readonly #fenced = new Map<string, Set<string>>();
  readonly #decidedSplit = new Set<string>();
  readonly result: WhatIfResult = emptyResult();

  /**
   * Decides again what was decided at `from` or later and before `to`, milliseconds, by all members
   * or by a share of them, above 0 up to 1. Streams in `books` have to come in the order of time.
   */
  constructor(draft: Draft, from: number, to: number, share = 1, books: Books = new Map()) {
    this.#draft = draft;
    this.#books = books;
    this.#from = from;
    this.#to = to;
    this.#sample = new Sample(share);
    if (share < 1) this.result.sample = { share, members: 0, of: 0 };
  }

  /** Begins a stream with its books as they were before its next event, if they are known. */
  begin(stream: string, state: UserState | undefined): void {
    const book = this.#bookOf(stream);
    if (!this.#sample.has(book)) return;
    // Books of several actors cannot be put together: what they lease is of all of them.
    if (state === undefined || book !== stream || this.#books.has(stream)) this.#unknown.add(book);
    else this.#states.set(book, state);
  }

  #bookOf(stream: string): string {
    return this.#books.size === 0 ? stream : (this.#books.get(stream) ?? stream);
  }

  /** Whether an event is one to take: cheaper to ask than to read the event for nothing. */
  wants(event: EventEnvelope): boolean {
    if (!event.stream.startsWith("u_")) return false;
    const book = this.#bookOf(event.stream);
    const isTaken = this.#sample.has(book);
    const isKnown = !this.#unknown.has(book);
    if (this.result.sample !== undefined || !isKnown) this.#meet(event, { isTaken, isKnown });
    return isTaken && isKnown;
  }

  #meet({ stream, type, at }: EventEnvelope, member: { isTaken: boolean; isKnown: boolean }): void {
    const book = this.#bookOf(stream);
    const isAsked = at >= this.#from && at < this.#to;
    if (!isAsked || (type !== "RequestAdmitted" && type !== "RequestRefused")) return;
    if (this.#met.has(book)) return;
    this.#met.add(book);
    const { sample } = this.result;
    if (sample !== undefined) sample.of += 1;
    if (!member.isKnown) this.result.unknownMembers += 1;
    else if (sample !== undefined && member.isTaken) sample.members += 1;
  }

  /** Takes the next event that is wanted; those of one stream come in its order. */
  take(event: EventEnvelope): void {
    const book = this.#bookOf(event.stream);
    let state = this.#states.get(book);
    if (state === undefined) this.#states.set(book, (state = initialState()));
    const fact = event as unknown as UserFact;
    if (!this.#books.has(event.stream)) return this.#take(state, fact, event.at, false);
    if (!isCounted(event.type)) return;
    this.#noteTime(book, event);
    const fenced = this.#fenced.get(event.stream) ?? new Set();
    this.#fenced.set(event.stream, (state.fenced = fenced));
    this.#take(state, asOne(fact), event.at, true);
  }

  #noteTime(book: string, { at, type }: EventEnvelope): void {
    const last = this.#lastAt.get(book) ?? 0;
    this.#lastAt.set(book, Math.max(last, at));
    if (type !== "RequestAdmitted" && type !== "RequestRefused") return;
    const isAsked = at >= this.#from && at < this.#to;
    if (!isAsked) return;
    if (at < last) this.result.splitLate += 1;
    if (this.#decidedSplit.has(book)) return;
    this.#decidedSplit.add(book);
    this.result.splitMembers += 1;
  }

  #take(state: UserState, fact: UserFact, at: number, isSplit: boolean): void {
    const isDecision = fact.type === "RequestAdmitted" || fact.type === "RequestRefused";
    if (isDecision && at >= this.#to) return;
    if (isDecision && at >= this.#from) return this.#decide(state, fact, at, isSplit);
    if (fact.type === "RefusalsCounted" && at >= this.#from && at < this.#to) {
      this.result.countedRefusals += fact.data.count;
    }
    if (fact.type === "RequestSettled" || fact.type === "ExpiryCorrected") {
      return this.#settle(state, fact, at);
    }
    if (fact.type === "RequestReleased" || fact.type === "HoldExpired") {
      this.#close(state, fact, at);
      return;
    }
    // Thresholds are the record's, not the draft's.
    if (fact.type !== "ThresholdCrossed") evolve(state, fact, at);
  }

  #decide(state: UserState, fact: Decision, at: number, isSplit: boolean): void {
    const { requestId, member: user, model } = fact.data;
    const wasAdmitted = fact.type === "RequestAdmitted";
    const { request, verdict } = this.#draft.again(fact, at, isSplit);
    const judgement = judge(state, request, at, verdict);
    const of = { model, user, at };
    const groups = groupsOf(this.result, of);
    for (const group of groups) group.requests += 1;
    if (judgement.admits) evolve(state, { type: "RequestAdmitted", v: 1, data: request }, at);
    if (wasAdmitted) {
      this.#open.set(requestId, { groups, admitted: judgement.admits, chain: request.chain });
      if (judgement.admits) this.#notePassed(fact.data, request.chain);
    } else if (judgement.admits) {
      // It never ran: its hold is given back at once, and no cost is made up.
      evolve(state, { type: "RequestReleased", v: 1, data: { requestId, reason: "what-if" } }, at);
      this.result.newlyAllowedBoundNanos += request.bound.costNanos;
    }
    if (wasAdmitted === judgement.admits) return;
    for (const group of groups) group[judgement.admits ? "newlyAllowed" : "newlyRefused"] += 1;
    const changed = { requestId, ...of };
    if (judgement.admits) return noteChanged(this.result, changed);
    const { code, by } = judgement.refusal;
    if (blocks.has(code)) this.result.newlyBlocked += 1;
    if (limited.has(code)) this.result.newlyLimited += 1;
    ruleOf(this.result, by ?? code).newlyRefused += 1;
    noteChanged(this.result, { ...changed, code, ...(by === undefined ? {} : { by }) });
  }

  /** A request that passes both ways: where it would go, and what of it would be hidden. */
  #notePassed(data: DataOf<"RequestAdmitted">, after: RequestData["chain"]): void {
    if (isRerouted(data.chain[0], after[0])) this.result.rerouted += 1;
    const rules = this.#draft.newlyHidden(data);
    if (rules.length > 0) this.result.newlyRedacted += 1;
    for (const rule of rules) ruleOf(this.result, rule).newlyRedacted += 1;
  }

  #settle(
    state: UserState,
    fact: Extract<UserFact, { type: "RequestSettled" | "ExpiryCorrected" }>,
    at: number,
  ): void {
    const open = this.#open.get(fact.data.requestId);
    if (open === undefined) return void evolve(state, fact, at);
    this.#open.delete(fact.data.requestId);
    const costNanosAfter = open.admitted ? this.#costOf(fact.data, open.chain) : 0;
    const { before = 0, after = 0 } = open.charged ?? {};
    addCost(open, fact.data.costNanos - before, costNanosAfter - after);
    if (!open.admitted) return;
    evolve(state, { ...fact, data: { ...fact.data, costNanos: costNanosAfter } } as UserFact, at);
  }

  /** An end without a settlement: nothing was spent, or the hold is charged until the truth comes. */
  #close(
    state: UserState,
    fact: Extract<UserFact, { type: "RequestReleased" | "HoldExpired" }>,
    at: number,
  ): void {
    const { requestId } = fact.data;
    const open = this.#open.get(requestId);
    if (open === undefined || open.admitted) {
      const chargedNanos = state.holds.get(requestId)?.costNanos ?? 0;
      const data = fact.type === "HoldExpired" ? { requestId, chargedNanos } : fact.data;
      evolve(state, { ...fact, data } as UserFact, at);
      if (open !== undefined && fact.type === "HoldExpired") {
        this.#expire(open, fact.data.chargedNanos, chargedNanos);
      }
    } else if (fact.type === "HoldExpired") {
      this.#expire(open, fact.data.chargedNanos, 0);
    }
    if (fact.type === "RequestReleased") this.#open.delete(requestId);
  }

  /** A hold that expired costs all of it, in the record and under the draft. */
  #expire(open: Open, before: number, after: number): void {
    open.charged = { before, after };
    addCost(open, before, after);
  }

  /** What the recorded usage costs at the draft's prices, at the providers that the draft would ask. */
  #costOf(data: DataOf<"RequestSettled">, chain: RequestData["chain"]): number {
    const { provider = "", servedModel = "" } = data;
    const last = data.attempts[answeringAttempt(data.attempts)];
    const served = { provider: last?.provider ?? provider, model: last?.model ?? servedModel };
    const isKept = chain.some(
      (link) => link.provider === served.provider && link.model === served.model,
    );
    const [first] = chain;
    if (isKept || first === undefined || data.costNanos === 0) {
      const known = data.attempts.reduce((sum, attempt) => sum + attempt.costNanos, 0);
      const again = data.attempts.reduce((sum, attempt) => sum + this.#attemptCost(attempt), 0);
      return Math.max(data.costNanos - known, 0) + again;
    }
    const price = this.#draft.price(first.provider, first.model);
    if (price === undefined) return data.costNanos;
    // What the guard asked was asked whoever answers.
    const guards = data.attempts.filter(({ role }) => role === "guard");
    const asked = guards.reduce((sum, attempt) => sum + this.#attemptCost(attempt), 0);
    return asked + (last === undefined && guards.length > 0 ? 0 : costOf(data.usage, price));
  }

  #attemptCost({ provider, model, usage, price, costNanos }: AttemptData): number {
    const own = this.#draft.ownPrice(provider, model);
    if (usage === undefined || costNanos === 0) return costNanos;
    if (own !== undefined) return costOf(usage, own);
    return price === undefined ? costNanos : costOf(usage, price);
  }
}

function addCost({ groups }: Open, before: number, after: number): void {
  for (const group of groups) {
    group.costNanosBefore += before;
    group.costNanosAfter += after;
  }
}
