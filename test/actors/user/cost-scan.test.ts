/** Corrected prices against a sum worked out from the calls themselves, in other arithmetic. */
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { runInMemory } from "#actors/kit/run-in-memory.ts";
import type { PriceOrder } from "#actors/user/commands.ts";
import { CostScan } from "#actors/user/cost-scan.ts";
import { userDecider } from "#actors/user/decider.ts";
import type { DataOf } from "#actors/user/state.ts";
import type { EventEnvelope } from "#events/envelope.ts";
import { UserFact } from "#events/user-events.ts";
import { costPatches } from "#projections/cost.ts";
import { requestOf, settlementOf } from "./fixtures.ts";

const options = { seed: 20_261_121, numRuns: 200 };
const models = ["m", "n"];
const providers = ["openai", "claude"];

const attempt = fc.record({
  model: fc.constantFrom(...models),
  provider: fc.constantFrom(...providers),
  input: fc.nat(5_000),
  output: fc.nat(5_000),
  cached: fc.nat(100),
  costNanos: fc.nat(1_000_000),
  hasUsage: fc.boolean(),
  role: fc.option(fc.constant("guard"), { nil: undefined }),
});
const call = fc.record({
  at: fc.nat(1_000),
  fate: fc.constantFrom("settled", "late", "open", "released", "unsound"),
  attempts: fc.array(attempt, { maxLength: 3 }),
});
type Call = typeof call extends fc.Arbitrary<infer C> ? C : never;

const order = fc.record({
  model: fc.constantFrom(...models),
  provider: fc.option(fc.constantFrom(...providers), { nil: undefined }),
  from: fc.nat(1_000),
  to: fc.nat(1_000),
  input: fc.nat(3_000_000_000),
  output: fc.nat(3_000_000_000),
  cached: fc.option(fc.nat(1_000_000_000), { nil: undefined }),
});
type Order = typeof order extends fc.Arbitrary<infer O> ? O : never;

const asOrder = (o: Order, n: number): PriceOrder => ({
  order: n,
  model: o.model,
  provider: o.provider,
  from: o.from,
  to: o.to,
  price: {
    inputNanosPerMtok: o.input,
    outputNanosPerMtok: o.output,
    ...(o.cached === undefined ? {} : { cachedReadNanosPerMtok: o.cached }),
  },
});

/** The stream of some calls: all admissions in order of time, then all endings. */
function streamOf(calls: readonly Call[]): EventEnvelope[] {
  const events: EventEnvelope[] = [];
  const append = (at: number, type: string, data: object) =>
    events.push({ type, at, data, seq: events.length + 1, v: 1 } as unknown as EventEnvelope);
  const byTime = [...calls.entries()].toSorted(([, a], [, b]) => a.at - b.at);
  for (const [n, { at }] of byTime) append(at, "RequestAdmitted", requestOf(`r${n}`));
  for (const [n, { fate, attempts }] of calls.entries()) {
    const last = attempts.at(-1);
    const sum = attempts.reduce((total, one) => total + one.costNanos, 0);
    const data = {
      ...settlementOf(`r${n}`, fate === "unsound" ? sum + 1 : sum),
      attempts: attempts.map(({ input, output, cached, hasUsage, ...rest }) => ({
        ...rest,
        status: 200,
        latencyMs: 1,
        ...(hasUsage
          ? { usage: { inputTokens: input, outputTokens: output, cachedReadTokens: cached } }
          : {}),
      })),
      ...(last === undefined ? {} : { provider: last.provider, servedModel: `${last.model}-1` }),
    };
    if (fate === "released") append(2_000, "RequestReleased", { requestId: `r${n}`, reason: "x" });
    if (fate === "settled" || fate === "unsound") append(2_000, "RequestSettled", data);
    if (fate === "late") append(2_000, "ExpiryCorrected", { ...data, refundNanos: 0 });
  }
  return events;
}

/** Carries orders out one after another, as the actor would; returns what each corrected. */
function carryOut(events: readonly EventEnvelope[], orders: readonly PriceOrder[]) {
  const run = runInMemory(userDecider);
  const costs = new Map<string, Record<string, number>>();
  return orders.map((one) => {
    const scan = new CostScan(one, (id) => costs.get(id));
    const corrections = events.flatMap((event) => scan.take(event) ?? []);
    const facts = run.execute({ type: "correct-costs", at: 3_000, corrections }, 3_000);
    expect(run.execute({ type: "correct-costs", at: 3_000, corrections }, 3_000)).toEqual([]);
    return facts.map((fact) => {
      const data = UserFact.parse(fact).data as DataOf<"CostCorrected">;
      const own = costs.get(data.requestId) ?? {};
      for (const part of data.parts) own[part.attempt] = part.newNanos;
      costs.set(data.requestId, own);
      return data;
    });
  });
}

/** Prices a number of tokens without the gateway's own arithmetic. */
function priced(tokens: number, nanosPerMtok: number): bigint {
  const product = BigInt(tokens) * BigInt(nanosPerMtok);
  return (product + 999_999n) / 1_000_000n;
}

function truth(calls: readonly Call[], orders: readonly Order[]): bigint {
  let sum = 0n;
  for (const { at, fate, attempts } of calls) {
    if (fate === "open" || fate === "released") continue;
    for (const one of attempts) {
      let nanos = BigInt(one.costNanos);
      for (const { model, provider, from, to, input, output, cached = input } of orders) {
        if (fate === "unsound" || !one.hasUsage || at < from || at >= to) continue;
        if (one.model !== model || (provider !== undefined && provider !== one.provider)) continue;
        const plain = Math.max(one.input - one.cached, 0);
        nanos = priced(one.cached, cached) + priced(plain, input) + priced(one.output, output);
      }
      sum += nanos;
    }
    if (fate === "unsound") sum += 1n;
  }
  return sum;
}

function folded(events: readonly EventEnvelope[]): bigint {
  let sum = 0n;
  for (const event of events) {
    // An expired hold's charge is not part of these streams: only what is booked for good counts.
    const type = event.type === "ExpiryCorrected" ? "RequestSettled" : event.type;
    for (const { sums } of costPatches({ ...event, type, cause: { command: "" } }, undefined)) {
      sum += BigInt(sums["costNanos"] ?? 0);
    }
  }
  return sum;
}

describe("corrected prices", () => {
  it("leave costs that are the sum over all calls, whatever was corrected before", () => {
    fc.assert(
      fc.property(
        fc.array(call, { maxLength: 12 }),
        fc.array(order, { maxLength: 4 }),
        (calls, orders) => {
          const events = streamOf(calls);
          const done = carryOut(
            events,
            orders.map((one, n) => asOrder(one, n + 1)),
          );
          const corrections = done
            .flat()
            .map(
              (data) => ({ type: "CostCorrected", data, at: 3_000 }) as unknown as EventEnvelope,
            );
          expect(folded([...events, ...corrections])).toBe(truth(calls, orders));
        },
      ),
      options,
    );
  });

  it("go on from any event with what is open there", () => {
    fc.assert(
      fc.property(fc.array(call, { maxLength: 8 }), order, fc.nat(20), (calls, one, cut) => {
        const events = streamOf(calls);
        const whole = new CostScan(asOrder(one, 1), () => undefined);
        const all = events.flatMap((event) => whole.take(event) ?? []);
        const first = new CostScan(asOrder(one, 1), () => undefined);
        const before = events.slice(0, cut).flatMap((event) => first.take(event) ?? []);
        const second = new CostScan(asOrder(one, 1), () => undefined, first.open);
        const after = events.slice(cut).flatMap((event) => second.take(event) ?? []);
        expect([...before, ...after]).toEqual(all);
      }),
      options,
    );
  });

  it("say what was booked, what was before, and what is now", () => {
    const own = { model: "m", provider: "openai", input: 1_000, output: 0, cached: 0 };
    const calls: Call[] = [
      {
        at: 5,
        fate: "settled",
        attempts: [{ ...own, costNanos: 7, hasUsage: true, role: undefined }],
      },
    ];
    const terms = {
      model: "m",
      provider: undefined,
      from: 0,
      to: 10,
      output: 0,
      cached: undefined,
    };
    const orders = [2_000, 3_000].map((input, n) => asOrder({ ...terms, input }, n + 1));
    const [[first], [second]] = carryOut(streamOf(calls), orders) as [
      DataOf<"CostCorrected">[],
      DataOf<"CostCorrected">[],
    ];
    expect(first).toMatchObject({ bookedNanos: 7, oldNanos: 7, newNanos: 2 });
    expect(second).toMatchObject({ bookedNanos: 7, oldNanos: 2, newNanos: 3 });
    expect(second?.parts).toEqual([
      { attempt: 0, model: "m-1", provider: "openai", oldNanos: 2, newNanos: 3 },
    ]);
  });
});
