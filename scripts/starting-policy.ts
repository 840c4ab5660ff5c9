/** The policy that a local gateway starts with. */
import type { PolicyInput } from "#policy/document.ts";
import { providerIds } from "#providers/registry.ts";
import type { LiveProvider } from "./dev-vars.ts";

const devUpstreamSecret = "DEV_UPSTREAM_KEY";

/** What the Worker needs in its environment to call the development upstream on this machine. */
export const devUpstreamVars = {
  [devUpstreamSecret]: "dev-upstream",
  TALLYGATE_ALLOW_PRIVATE: "1",
};

const minuteMs = 60_000;

/**
 * Where each dialect lives under the upstream's address, and which models it answers: names that
 * `GET /v1/models` can list, then whatever else begins like one.
 */
const everyDialect = [
  {
    kind: "openai",
    path: "/v1",
    serves: ["gpt-4o-mini", "gpt-4o", "gpt-*", "o1*", "o3*", "o4*", "text-embedding-3-*"],
  },
  { kind: "anthropic", path: "", serves: ["claude-sonnet-4-5", "claude-haiku-4-5", "claude-*"] },
  { kind: "google", path: "", serves: ["gemini-2.5-flash", "gemini-2.5-pro", "gemini-*"] },
  // Whatever an Ollama has pulled reads `name:tag`.
  { kind: "ollama", path: "", serves: ["llama3.2", "qwen3", "gemma3", "*:*"] },
] as const;

/** Of those, what this build has an adapter for. */
const dialects = everyDialect.filter(({ kind }) => providerIds().includes(kind));

/** Models that run at home have no price in any book, and cost nothing. */
const free = { inputUsdPerMtok: 0, outputUsdPerMtok: 0 };
const homePrices = { "ollama/*": free };

/** Detectors, and groups of them. */
const redacted = ["payment-card", "us-ssn", "email", "phone"];
const blocked = ["aws", "api-secrets"];

const tier = (title: string) => ({
  title,
  candidates: dialects.map(({ kind, serves }) => ({ provider: kind, serves: [...serves] })),
});

const rule = (action: "redact" | "block") => (detector: string) => ({
  id: detector,
  detector,
  directions: ["prompt" as const, "answer" as const],
  action,
});

/**
 * 60 requests a minute and 5 dollars a month for each user, and no other limit; cards, SSNs, e-mail
 * and phone numbers redacted, AWS keys and API secrets blocked, both ways; attacks on prompts flagged;
 * three tiers over the development upstream. A provider in `live` is called at its own address with its own key instead.
 *
 * @param upstreamUrl the development upstream, without a path
 */
export function startingPolicy(options: {
  upstreamUrl: string;
  live: readonly LiveProvider[];
}): PolicyInput {
  const providers = dialects.map(({ kind, path }) => {
    const live = options.live.find((provider) => provider.kind === kind);
    const entry = live
      ? { kind, secret: live.secret }
      : { kind, baseUrl: `${options.upstreamUrl}${path}`, secret: devUpstreamSecret };
    return [kind, entry] as const;
  });
  return {
    schema: 1,
    providers: Object.fromEntries(providers),
    tiers: {
      standard: tier("Standard"),
      premium: tier("Premium"),
      enterprise: tier("Enterprise"),
    },
    defaultTier: "standard",
    prices: homePrices,
    limits: [{ name: "requests-per-minute", metric: "requests", limit: 60, windowMs: minuteMs }],
    budgets: [{ name: "month", limitUsd: 5, period: "month" }],
    dlp: { rules: [...redacted.map(rule("redact")), ...blocked.map(rule("block"))] },
    // Nobody is turned away by a score before its admin has seen some.
    guard: { action: "flag" },
  };
}
