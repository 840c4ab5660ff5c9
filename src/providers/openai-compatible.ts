/**
 * Everyone who speaks OpenAI's chat completions at an address of their own: one row each. Base URLs
 * are those of each vendor's documentation; `/chat/completions` follows unless a row says otherwise.
 *
 * Checked in November 2026 against console.groq.com/docs/openai, `@mistralai/mistralai` 2.7.0,
 * docs.x.ai (chat completions work and are called legacy), api-docs.deepseek.com,
 * inference-docs.cerebras.ai/resources/openai, openrouter.ai/docs/app-attribution,
 * docs.fireworks.ai/tools-sdks/openai-compatibility and docs.together.ai/docs/inference. Usage in
 * streams comes in a chunk of its own where `stream_options` is asked for; Groq (`x_groq`), Mistral
 * and Fireworks send it with their last chunk anyway.
 */
import { forCerebras, forGroq, forMistral } from "./compatible-bodies.ts";
import { bearer, httpProvider, type ProviderRow } from "./http-provider.ts";
import type { Provider } from "./types.ts";

/** What differs from most: the path, other operations, the credential's header, caller headers. */
type Special = Partial<
  Pick<ProviderRow, "auth" | "baseUrlForm" | "body" | "forward" | "path" | "paths">
>;

/** Hosts that have no embeddings. */
const NO_EMBEDDINGS = { paths: { models: "/models" } } as const;

/** id, title, base URL ("" where each customer has one), secret, and what is special. */
type Row = readonly [string, string, string, string, Special?];

const ROWS: readonly Row[] = [
  [
    "groq",
    "Groq",
    "https://api.groq.com/openai/v1",
    "GROQ_API_KEY",
    { ...NO_EMBEDDINGS, body: forGroq },
  ],
  ["mistral", "Mistral", "https://api.mistral.ai/v1", "MISTRAL_API_KEY", { body: forMistral }],
  ["xai", "xAI", "https://api.x.ai/v1", "XAI_API_KEY"],
  ["deepseek", "DeepSeek", "https://api.deepseek.com", "DEEPSEEK_API_KEY", NO_EMBEDDINGS],
  [
    "cerebras",
    "Cerebras",
    "https://api.cerebras.ai/v1",
    "CEREBRAS_API_KEY",
    { ...NO_EMBEDDINGS, body: forCerebras },
  ],
  [
    "openrouter",
    "OpenRouter",
    "https://openrouter.ai/api/v1",
    "OPENROUTER_API_KEY",
    { forward: ["http-referer", "x-title", "x-openrouter-title", "x-openrouter-categories"] },
  ],
  ["fireworks", "Fireworks", "https://api.fireworks.ai/inference/v1", "FIREWORKS_API_KEY"],
  ["together", "Together", "https://api.together.ai/v1", "TOGETHER_API_KEY"],
  // Responses are there for a few models only, so conversations go as chat.
  [
    "workers-ai",
    "Cloudflare Workers AI",
    "",
    "CLOUDFLARE_API_TOKEN",
    {
      baseUrlForm: "https://api.cloudflare.com/client/v4/accounts/{account}/ai/v1",
      paths: { embeddings: "/embeddings" },
    },
  ],
  // A model may name who runs it, as in `openai/gpt-oss-120b:groq`. Embeddings have another form.
  [
    "huggingface",
    "Hugging Face",
    "https://router.huggingface.co/v1",
    "HF_TOKEN",
    { paths: { models: "/models" } },
  ],
  // Its own words are passed on as such; its list of models has another form.
  [
    "cohere",
    "Cohere",
    "https://api.cohere.ai",
    "COHERE_API_KEY",
    {
      path: () => "/compatibility/v1/chat/completions",
      paths: {
        embeddings: "/compatibility/v1/embeddings",
        "cohere-chat": "/v2/chat",
        "cohere-embed": "/v2/embed",
      },
    },
  ],
  // The v1 form, without `api-version`. A model is the name of a deployment; no call lists those.
  [
    "azure",
    "Azure OpenAI",
    "",
    "AZURE_OPENAI_API_KEY",
    {
      baseUrlForm: "https://{resource}.openai.azure.com/openai/v1",
      paths: { embeddings: "/embeddings", responses: "/responses" },
      auth: (credential) => ({ "api-key": credential }),
    },
  ],
];

export const openaiCompatible: Readonly<Record<string, Provider>> = Object.fromEntries(
  ROWS.map(([id, title, defaultBaseUrl, secretName, special]) => [
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
      ...special,
    }),
  ]),
);
