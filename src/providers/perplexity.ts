/**
 * Perplexity: its Agent API, in the words of OpenAI's responses. Its chat completions (Sonar) ended on
 * 27 September 2026. Sources: docs.perplexity.ai/docs/agent-api/openai-compatibility, and the
 * changelogs of `@ai-sdk/perplexity` 5.0.0 and Fabric 1.4.528 for the end of Sonar.
 *
 * Models are called by whom they are of (`perplexity/sonar`, `openai/...`). Nothing is searched unless
 * the caller asks for it by a tool or a preset: what that costs is not in a price of tokens.
 */
import { bearer, httpProvider } from "./http-provider.ts";
import type { JsonObject } from "./types.ts";

/** Bookkeeping of OpenAI's own clients; the Agent API answers 400 to fields that it does not know. */
const OWN = [
  "client_metadata",
  "include",
  "prompt_cache_key",
  "prompt_cache_options",
  "prompt_cache_retention",
  "safety_identifier",
  "service_tier",
  "stream_options",
  "user",
];

function forAgent(body: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(body).filter(([name]) => !OWN.includes(name)));
}

export const perplexity = httpProvider({
  id: "perplexity",
  title: "Perplexity",
  dialect: "openai-responses",
  defaultBaseUrl: "https://api.perplexity.ai/v1",
  secretName: "PERPLEXITY_API_KEY",
  path: () => "/responses",
  paths: { embeddings: "/embeddings" },
  auth: bearer,
  body: forAgent,
});
