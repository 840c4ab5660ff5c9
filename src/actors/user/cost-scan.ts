/**
 * Finds the settled calls that a corrected price concerns, and what each would have cost.
 *
 * Invariants: a call counts in the period of its admission, as its settlement does; a settlement
 * whose attempts do not add up to its cost is left as it is; what an earlier correction said of an
 * attempt is its cost until a later one says otherwise.
 */
import { answeringAttempt } from "#events/attempts.ts";
import type { EventEnvelope } from "#events/envelope.ts";
import { costOf } from "#events/money.ts";
import type { UserFact } from "#events/user-events.ts";
import type { PriceOrder } from "./commands.ts";
import type { DataOf } from "./state.ts";

/** What is remembered of a call between its admission and its settlement. */
export interface OpenCall {
  requestId: string;
  at: number;
  model: string;
  /** Under whom and what its cost is kept. */
  kept: Pick<DataOf<"CostCorrected">, "member" | "team" | "keyId" | "route" | "tags">;
}

/** The costs of a request's attempts as an earlier correction left them, by place. */
export type CorrectedCosts = (requestId: string) => Readonly<Record<string, number>> | undefined;

export class CostScan {
  readonly #order: PriceOrder;
  readonly #correctedCosts: CorrectedCosts;
  readonly #open: Map<string, OpenCall>;

  constructor(order: PriceOrder, correctedCosts: CorrectedCosts, open: readonly OpenCall[] = []) {
    this.#order = order;
    this.#correctedCosts = correctedCosts;
    this.#open = new Map(open.map((call) => [call.requestId, call]));
  }

  /** Calls of the period that are not settled yet. */
  get open(): OpenCall[] {
    return [...this.#open.values()];
  }

  /** Reads the next event of the stream; the correction of a settlement whose cost changes. */
  take(event: EventEnvelope): DataOf<"CostCorrected"> | undefined {
    const fact = event as unknown as UserFact;
    if (fact.type === "RequestAdmitted") {
      this.#admitted(fact.data, event.at);
    } else if (fact.type === "RequestReleased") {
      this.#open.delete(fact.data.requestId);
    } else if (fact.type === "RequestSettled" || fact.type === "ExpiryCorrected") {
      const call = this.#open.get(fact.data.requestId);
      this.#open.delete(fact.data.requestId);
      return call && this.#corrected(call, fact.data, event.seq);
    }
    return undefined;
  }

  #admitted(data: DataOf<"RequestAdmitted">, at: number): void {
    const { from, to } = this.#order;
    if (at < from || at >= to) return;
    const { requestId, member, team, keyId, tags, route, model } = data;
    const kept: OpenCall["kept"] = { member };
    if (team !== undefined) kept.team = team;
    if (keyId !== undefined) kept.keyId = keyId;
    if (route?.name !== undefined) kept.route = route.name;
    if (tags !== undefined) kept.tags = tags;
    this.#open.set(requestId, { requestId, at, model, kept });
  }

  #corrected(
    call: OpenCall,
    data: DataOf<"RequestSettled">,
    settlement: number,
  ): DataOf<"CostCorrected"> | undefined {
    const { order, price } = this.#order;
    const { requestId, attempts, costNanos: bookedNanos } = data;
    const booked = attempts.reduce((sum, attempt) => sum + attempt.costNanos, 0);
    if (booked !== bookedNanos) return undefined;
    const answering = answeringAttempt(attempts);
    const before = this.#correctedCosts(requestId);
    const parts: DataOf<"CostCorrected">["parts"] = [];
    let oldNanos = 0;
    let newNanos = 0;
    for (const [index, attempt] of attempts.entries()) {
      const was = before?.[index] ?? attempt.costNanos;
      const { usage } = attempt;
      const is = usage !== undefined && this.#concerns(attempt) ? costOf(usage, price) : was;
      oldNanos += was;
      newNanos += is;
      if (is === was) continue;
      // The cost view has the last attempt under who answered, others under themselves.
      const isLast = index === answering;
      const model = isLast ? (data.servedModel ?? call.model) : attempt.model;
      const provider = isLast ? (data.provider ?? "") : attempt.provider;
      parts.push({ attempt: index, model, provider, oldNanos: was, newNanos: is });
    }
    if (parts.length === 0) return undefined;
    const { kept, at: admittedAt } = call;
    const amounts = { bookedNanos, oldNanos, newNanos, parts };
    return { order, requestId, settlement, ...kept, admittedAt, ...amounts };
  }

  #concerns(attempt: { model: string; provider: string }): boolean {
    const { model, provider } = this.#order;
    return attempt.model === model && (provider === undefined || attempt.provider === provider);
  }
}
