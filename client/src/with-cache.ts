/** Remembers whole answers in this process. Streams and answers that call tools are never kept. */
import { layer } from "./layer.ts";
import type { Gateway, RunResult } from "./types.ts";

export interface CacheOptions {
  ttlMs?: number;
  /** Answers kept at once; the one that was used longest ago goes first. */
  maxEntries?: number;
  now?: () => number;
  onHit?: (model: string) => void;
}

/** The same model, input and provider get the same answer again until `ttlMs` is over. */
export function withCache<G extends Gateway>(gateway: G, options: CacheOptions = {}): G {
  const { ttlMs = 300_000, maxEntries = 1000, now = Date.now, onHit } = options;
  const kept = new Map<string, { result: RunResult; until: number }>();

  function find(key: string): RunResult | undefined {
    const entry = kept.get(key);
    if (entry === undefined) return undefined;
    kept.delete(key);
    if (entry.until <= now()) return undefined;
    kept.set(key, entry);
    return structuredClone(entry.result);
  }

  function keep(key: string, result: RunResult): void {
    if (result.finish !== "stop" || result.toolCalls.length > 0) return;
    const oldest = kept.keys().next().value;
    if (kept.size >= maxEntries && oldest !== undefined) kept.delete(oldest);
    kept.set(key, { result: structuredClone(result), until: now() + ttlMs });
  }

  const over: Partial<Gateway> = {
    async run(model, input, options) {
      if (options?.skipCache === true) return gateway.run(model, input, options);
      const provider = options?.provider ?? gateway.defaultProvider();
      const key = canonical([provider, model, input]);
      const found = find(key);
      if (found !== undefined) {
        onHit?.(model);
        return found;
      }
      const result = await gateway.run(model, input, options);
      keep(key, result);
      return result;
    },
  };
  return layer(gateway, over as Partial<G>);
}

/** JSON with sorted names: the same question gives the same text, however it was written. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_name, inner: unknown) =>
    typeof inner === "object" && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}
