/** Adds up what calls cost at prices that the caller names. The gateway's books are the truth. */
import { layer } from "./layer.ts";
import { matches } from "./pattern.ts";
import { observe } from "./observe.ts";
import type { Gateway, Usage } from "./types.ts";

/** US dollars per million tokens. */
export interface ModelPrice {
  inputUsdPerMtok: number;
  outputUsdPerMtok: number;
  /** Tokens read from a prompt cache; the input price when absent. */
  cachedInputUsdPerMtok?: number;
  /** Tokens written to a prompt cache; the input price when absent. */
  cacheWriteUsdPerMtok?: number;
}

export interface CostSum {
  calls: number;
  inputTokens: number;
  outputTokens: number;
  /** Billionths of a dollar, a whole number: sums do not drift. */
  costNanos: number;
}

export interface CostReport extends CostSum {
  costUsd: number;
  byModel: Record<string, CostSum>;
  /** Models that were called and have no price: their tokens count, their cost is unknown. */
  unpriced: string[];
}

export interface CostTracker {
  /** Notes one call; its cost in nano-dollars, or `undefined` when the model has no price. */
  record(model: string, usage: Usage): number | undefined;
  /** A layer that records every call of `gateway`, by the model that was asked for. */
  track<G extends Gateway>(gateway: G): G;
  report(): CostReport;
  reset(): void;
}

/** `prices` by model; a star stands for any run of characters, exact names go first. */
export function createCostTracker(options: {
  prices: Readonly<Record<string, ModelPrice>>;
}): CostTracker {
  const { prices } = options;
  const sums = new Map<string, CostSum>();
  const unpriced = new Set<string>();

  function priceOf(model: string): ModelPrice | undefined {
    if (Object.hasOwn(prices, model)) return prices[model];
    return Object.entries(prices).find(([pattern]) => matches(pattern, model))?.[1];
  }

  function record(model: string, usage: Usage): number | undefined {
    const price = priceOf(model);
    const cost = price === undefined ? undefined : costOf(usage, price);
    if (cost === undefined) unpriced.add(model);
    const { inputTokens, outputTokens } = usage;
    const call = { calls: 1, inputTokens, outputTokens, costNanos: cost ?? 0 };
    sums.set(model, add(sums.get(model) ?? nothing, call));
    return cost;
  }

  return {
    record,
    track: (gateway) => track(gateway, record),
    report() {
      const total = [...sums.values()].reduce(add, nothing);
      return {
        ...total,
        costUsd: total.costNanos / 1e9,
        byModel: Object.fromEntries([...sums].map(([model, sum]) => [model, { ...sum }])),
        unpriced: [...unpriced],
      };
    },
    reset() {
      sums.clear();
      unpriced.clear();
    },
  };
}

const nothing: CostSum = { calls: 0, inputTokens: 0, outputTokens: 0, costNanos: 0 };

function add(a: CostSum, b: CostSum): CostSum {
  return {
    calls: a.calls + b.calls,
    inputTokens: a.inputTokens + b.inputTokens,
    outputTokens: a.outputTokens + b.outputTokens,
    costNanos: a.costNanos + b.costNanos,
  };
}

function track<G extends Gateway>(gateway: G, record: CostTracker["record"]): G {
  const noUsage: Usage = { inputTokens: 0, outputTokens: 0 };
  const over: Partial<Gateway> = {
    async run(model, input, options) {
      const result = await gateway.run(model, input, options);
      record(model, result.usage ?? noUsage);
      return result;
    },
    async runFallback(entries, input, options) {
      const result = await gateway.runFallback(entries, input, options);
      record(result.model, result.usage ?? noUsage);
      return result;
    },
    stream: (model, input, options) =>
      observe(gateway.stream(model, input, options), (ending) => {
        if (ending.outcome === "ok") record(model, ending.done.usage ?? noUsage);
      }),
  };
  return layer(gateway, over as Partial<G>);
}

/** Nano-dollars, rounded up once for the whole call. */
function costOf(usage: Usage, price: ModelPrice): number {
  const cached = Math.min(usage.cachedInputTokens ?? 0, usage.inputTokens);
  const written = Math.min(usage.cacheWriteTokens ?? 0, usage.inputTokens - cached);
  const { inputUsdPerMtok, outputUsdPerMtok } = price;
  const parts: [tokens: number, usdPerMtok: number][] = [
    [usage.inputTokens - cached - written, inputUsdPerMtok],
    [cached, price.cachedInputUsdPerMtok ?? inputUsdPerMtok],
    [written, price.cacheWriteUsdPerMtok ?? inputUsdPerMtok],
    [usage.outputTokens, outputUsdPerMtok],
  ];
  let total = 0n;
  for (const [tokens, usd] of parts) total += BigInt(tokens) * BigInt(Math.round(usd * 1e9));
  return Number((total + 999_999n) / 1_000_000n);
}
