/** A policy that uses a bit of everything, for tests to start from. */
import type { PolicyInput } from "#policy/document.ts";

export function samplePolicy(): PolicyInput {
  return {
    schema: 1,
    timeZone: "Europe/Berlin",
    providers: {
      main: { kind: "openai", secret: "OPENAI_KEY" },
      second: { kind: "anthropic", baseUrl: "https://claude.example.com/v1" },
    },
    tiers: {
      standard: {
        candidates: [
          {
            provider: "second",
            model: "claude-small",
            serves: ["small", "claude-*"],
            priority: 200,
          },
          { provider: "main", serves: ["small", "gpt-*"], priority: 100 },
        ],
        maxOutputTokens: 1_000,
      },
      premium: {
        candidates: [
          { provider: "main", serves: ["*"], priority: 1 },
          { provider: "second", model: "large", serves: ["large"], priority: 0 },
          { provider: "main", serves: ["large"], priority: 2 },
        ],
        downgradeTo: "standard",
      },
    },
    models: { deny: ["gpt-secret", "old-*"] },
    prices: {
      "main/gpt-4": { inputUsdPerMtok: 2.5, outputUsdPerMtok: 10 },
      "gpt-4": { inputUsdPerMtok: 1, outputUsdPerMtok: 1, requestUsd: 0.000000001 },
    },
    limits: [
      { name: "rpm", metric: "requests", limit: 60, windowMs: 60_000 },
      { name: "spend", metric: "usd", limit: 0.25, windowMs: 3_600_000, scope: "key" },
      { name: "per-model", metric: "tokens", limit: 5_000, windowMs: 60_000, scope: "model" },
      {
        name: "batch",
        metric: "requests",
        limit: 5,
        windowMs: 60_000,
        scope: "tag",
        when: { tags: ["batch", "nightly"] },
      },
    ],
    concurrency: [{ name: "open", limit: 3 }],
    budgets: [
      { name: "month", limitUsd: 5 },
      {
        name: "premium-day",
        limitUsd: 1.5,
        period: "day",
        atLimit: "downgrade",
        when: { tiers: ["premium"] },
      },
    ],
  };
}
