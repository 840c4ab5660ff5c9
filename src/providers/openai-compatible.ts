/**
 * Everyone who speaks OpenAI's chat completions at an address of their own: one row each. Base URLs
 * are those of each vendor's documentation; `/chat/completions` follows.
 */
import { bearer, httpProvider } from "./http-provider.ts";
import type { Provider } from "./types.ts";

/** id, title, base URL, secret, and caller headers that mean something there. */
type Row = readonly [string, string, string, string, (readonly string[])?];

const ROWS: readonly Row[] = [
  ["groq", "Groq", "https://api.groq.com/openai/v1", "GROQ_API_KEY"],
  ["mistral", "Mistral", "https://api.mistral.ai/v1", "MISTRAL_API_KEY"],
  ["xai", "xAI", "https://api.x.ai/v1", "XAI_API_KEY"],
  ["deepseek", "DeepSeek", "https://api.deepseek.com/v1", "DEEPSEEK_API_KEY"],
  ["cerebras", "Cerebras", "https://api.cerebras.ai/v1", "CEREBRAS_API_KEY"],
  [
    "openrouter",
    "OpenRouter",
    "https://openrouter.ai/api/v1",
    "OPENROUTER_API_KEY",
    ["http-referer", "x-title"],
  ],
  ["fireworks", "Fireworks", "https://api.fireworks.ai/inference/v1", "FIREWORKS_API_KEY"],
  ["together", "Together", "https://api.together.xyz/v1", "TOGETHER_API_KEY"],
  ["perplexity", "Perplexity", "https://api.perplexity.ai", "PERPLEXITY_API_KEY"],
];

export const openaiCompatible: Readonly<Record<string, Provider>> = Object.fromEntries(
  ROWS.map(([id, title, defaultBaseUrl, secretName, forward = []]) => [
    id,
    httpProvider({
      id,
      title,
      dialect: "openai-chat",
      defaultBaseUrl,
      secretName,
      path: () => "/chat/completions",
      paths: { embeddings: "/embeddings", models: "/models" },
      auth: bearer,
      forward,
    }),
  ]),
);
