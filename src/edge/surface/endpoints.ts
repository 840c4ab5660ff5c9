/** Every endpoint that callers speak, by name. */
import { dialectOf, upstreamOf } from "#providers/registry.ts";
import { chatEndpoint, type Endpoint } from "../pipeline/endpoint.ts";
import { chatToRun, runReframe, vectorsToRun } from "./cloudflare-run.ts";
import { cohereEmbedEndpoint } from "./cohere.ts";
import { countEndpoint } from "./count.ts";
import { embeddingsEndpoint } from "./embeddings.ts";
import { jsonArrayReframe } from "./json-array.ts";
import { chatToGenerate, generateReframe } from "./ollama-generate.ts";

const openai = dialectOf("openai-chat");
const anthropic = dialectOf("anthropic-messages");
const google = dialectOf("google-generate");
const ollama = dialectOf("ollama-chat");
const cohere = dialectOf("cohere-chat");

export const ENDPOINTS = {
  "openai-chat": chatEndpoint(openai, upstreamOf),
  "openai-responses": chatEndpoint(dialectOf("openai-responses"), upstreamOf, {
    action: "response.create",
  }),
  "openai-embeddings": embeddingsEndpoint("openai", openai, upstreamOf),
  "anthropic-messages": chatEndpoint(anthropic, upstreamOf),
  "anthropic-count": countEndpoint(anthropic),
  "google-generate": chatEndpoint(google, upstreamOf),
  "google-generate-array": chatEndpoint(google, upstreamOf, { reframe: jsonArrayReframe }),
  "google-count": countEndpoint(google),
  "google-embed": embeddingsEndpoint("google", google, upstreamOf),
  "ollama-chat": chatEndpoint(ollama, upstreamOf),
  "ollama-generate": chatEndpoint(ollama, upstreamOf, {
    reshape: chatToGenerate,
    reframe: generateReframe,
  }),
  "ollama-embed": embeddingsEndpoint("ollama", ollama, upstreamOf),
  "cohere-chat": chatEndpoint(cohere, upstreamOf, {
    asks: (provider) => provider.operations.includes("cohere-chat"),
  }),
  "cohere-embed": cohereEmbedEndpoint(cohere),
  "cloudflare-run": chatEndpoint(openai, upstreamOf, {
    action: "ai.run",
    reshape: chatToRun,
    reframe: runReframe,
  }),
  "cloudflare-run-vectors": {
    ...embeddingsEndpoint("openai", openai, upstreamOf),
    action: "ai.run",
    reshape: vectorsToRun,
  },
} as const satisfies Record<string, Endpoint>;

export type EndpointId = keyof typeof ENDPOINTS;
