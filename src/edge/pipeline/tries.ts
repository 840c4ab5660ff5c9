/**
 * Asks the plan's candidates until one answers: timeouts, errors that another provider may not have
 * and bodies that do not cross are reasons to go on; what the caller did wrong is not. Every try is
 * accounted on its own.
 *
 * Nothing is tried again once a byte of an answer has gone to the caller: whoever reads its body comes
 * back here only with one that was read whole, or with a stream of which nothing was passed on.
 */
import { GatewayError, type GatewayCode } from "../errors.ts";
import { stillInForce } from "../policy-cache.ts";
import type { Admission } from "./admit.ts";
import { callOne, type Answered, type CallContext } from "./call.ts";
import { noteHealth, wellFirst } from "./circuits.ts";
import type { Failure } from "./describe-call.ts";
import { hedge, type Running } from "./hedge.ts";
import { Losses } from "./hold-more.ts";
import { noteLatency } from "./latency.ts";
import type { Candidate } from "./plan.ts";
import { retryPlan, waitAfter } from "./retry.ts";
import { askedOf, type Settlement } from "./settlement.ts";

type Result = Answered | Failure;

/** A call to a candidate that is under way. */
interface Try extends Running<Result> {
  candidate: Candidate;
  startedAt: number;
}

/** Failures that may be over at the next try. */
const PASSING = new Set<GatewayCode>([
  "provider_error",
  "provider_timeout",
  "provider_rate_limited",
]);

function isPassing({ code, retryable }: GatewayError): boolean {
  return retryable && PASSING.has(code);
}

const isAnswer = (result: Result): result is Answered => !("next" in result);

/** The candidates of one request, asked as far as it takes. */
export class Tries {
  readonly #context: CallContext;
  readonly #settlement: Settlement;
  readonly #losses: Losses;
  readonly #left: Candidate[];
  #failure: GatewayError | undefined;
  /** Whether an answer that turned out useless may be asked of somebody else. */
  #again: number;

  constructor(context: CallContext, admission: Admission, settlement: Settlement) {
    const { candidates, resolved, request } = context.plan;
    this.#context = context;
    this.#settlement = settlement;
    this.#losses = new Losses(admission);
    this.#left = wellFirst(candidates, Date.now());
    const { answerRetries = 0, streamRetries = 0 } = resolved.serving;
    this.#again = request.stream ? streamRetries : answerRetries;
  }

  /** Whether `giveUp` may be of use. */
  get mayAskAgain(): boolean {
    return this.#again > 0;
  }

  /** The next answer; throws the last failure when nobody is left. */
  async next(): Promise<Answered> {
    for (;;) {
      const candidate = this.#left.shift();
      if (candidate === undefined) break;
      const answered = await this.#ask(candidate);
      if (answered !== undefined) return answered;
    }
    throw this.#failure ?? new GatewayError("provider_error", "No provider could be asked.");
  }

  /**
   * What became of the answer that `next` gave, once its body was read: a provider that breaks off what
   * it began well is as ill as one that does not answer.
   */
  heard(error?: GatewayError): void {
    const { candidate } = this.#settlement;
    if (candidate === undefined) return;
    noteHealth(candidate, error !== undefined && isPassing(error), Date.now());
  }

  /**
   * Whether an answer that is of no use, and of which nothing was passed on, is asked for anew: of
   * somebody else, and a stream of whoever broke it where nobody else is left. Then it is in the
   * books as a try that was paid for.
   */
  giveUp(error: GatewayError): boolean {
    const { plan, request } = this.#context;
    if (!this.mayAskAgain || request.signal.aborted) return false;
    const isStream = plan.request.stream;
    const { candidate } = this.#settlement;
    if (this.#left.length === 0) {
      if (!isStream || candidate === undefined) return false;
      this.#left.push(candidate);
    }
    this.#again -= 1;
    this.#failure = error;
    const costNanos = this.#settlement.discard(error.code, Date.now());
    // The hold of an answer that comes whole covers this from the start.
    if (isStream) this.#losses.add(costNanos);
    return true;
  }

  /** Asks one candidate as often as it may be; `undefined` where the next is to be asked. */
  async #ask(candidate: Candidate): Promise<Answered | undefined> {
    const { plan, request, options } = this.#context;
    const retries = retryPlan(plan.resolved.upstream, options, candidate.retries);
    for (let tried = 1; ; tried += 1) {
      if (this.#failure !== undefined && !(await this.#mayGoOn())) throw this.#failure;
      const [spare] = this.#left;
      const looksFirst = tried < retries.attempts || spare !== undefined;
      const first = this.#start(candidate, looksFirst);
      // The first call alone is hedged: its hold covers two answers, not three.
      const hedged = spare !== undefined && this.#failure === undefined;
      const { call, result } = hedged
        ? await this.#hedge(first, () => this.#start(spare, looksFirst))
        : { call: first, result: await first.result };
      // Of an answer whose body is read here, `heard` says how it went.
      this.#note(call, result, this.#context.endpoint.kind === "opaque");
      if (isAnswer(result)) {
        this.#settlement.candidate = result.candidate;
        this.#settlement.calledAt = result.calledAt;
        return result;
      }
      this.#failure = result.error;
      if (!result.next || request.signal.aborted) throw result.error;
      const { retryAt } = result.error;
      const asked = retryAt === undefined ? undefined : retryAt - Date.now();
      // Who was asked as a hedge was the next already.
      const may = call === first && isPassing(result.error);
      const wait = may ? waitAfter(retries, tried, asked) : undefined;
      if (wait === undefined) return undefined;
      await scheduler.wait(wait, { signal: request.signal }).catch(() => undefined);
      if (request.signal.aborted) throw result.error;
    }
  }

  /**
   * Whether anybody may be asked after a failure. Time has passed since the first call was let go, so
   * a newer policy may say otherwise; and what was lost must not come out of the next one's hold.
   */
  async #mayGoOn(): Promise<boolean> {
    const { env, plan } = this.#context;
    return (await stillInForce(env, plan.policy)) && this.#losses.cover(env, Date.now());
  }

  /** Two calls where policy says so and the first is silent; one otherwise. */
  async #hedge(first: Try, second: () => Try): Promise<{ call: Try; result: Result }> {
    const { plan, request } = this.#context;
    const { hedgeAfterMs } = plan.resolved.serving;
    if (hedgeAfterMs === undefined) return { call: first, result: await first.result };
    const timer = new AbortController();
    const silent = scheduler
      .wait(hedgeAfterMs, { signal: timer.signal })
      .then(() => !request.signal.aborted)
      .catch(() => false);
    const start = (): Try => {
      this.#left.shift();
      return second();
    };
    const { winner, other } = await hedge<Result, Try>(first, start, silent, isAnswer);
    timer.abort();
    if (other?.result !== undefined) this.#note(other.call, other.result);
    else if (other !== undefined) this.#noteLost(other.call);
    return winner;
  }

  #start(candidate: Candidate, looksFirst: boolean): Try {
    const abort = new AbortController();
    const result = callOne(this.#context, candidate, abort, looksFirst);
    return { candidate, startedAt: Date.now(), result, stop: () => abort.abort() };
  }

  /** What a call says of its provider, all that it will say where `isLast`; where it failed, the books. */
  #note({ candidate, startedAt }: Try, result: Result, isLast = true): void {
    const at = Date.now();
    const ms = Math.max(at - startedAt, 0);
    const failed = !isAnswer(result) && isPassing(result.error);
    if (isLast || !isAnswer(result)) noteHealth(candidate, failed, at);
    if (failed || isAnswer(result)) this.#measure(candidate, ms, failed);
    if (isAnswer(result)) return;
    const { status, code } = result.error;
    const { accounting } = this.#context.plan.request;
    if (result.maybePaid === true && accounting === "strict") {
      this.#losses.add(this.#settlement.addLost(candidate, { status, code }, startedAt, at));
      return;
    }
    this.#settlement.addAttempt({
      ...askedOf(candidate),
      status,
      code,
      latencyMs: ms,
      costNanos: 0,
    });
  }

  /** A hedge's slower half: as slow as it was until it was ended, and perhaps paid for. */
  #noteLost({ candidate, startedAt }: Try): void {
    const at = Date.now();
    this.#measure(candidate, Math.max(at - startedAt, 0), false);
    this.#settlement.addLost(candidate, { status: 499, code: "hedge_lost" }, startedAt, at);
  }

  #measure(candidate: Candidate, ms: number, failed: boolean): void {
    const { organisation } = this.#context.plan.policy.snapshot;
    noteLatency(organisation, candidate, ms, Date.now(), failed);
  }
}
