/** Every endpoint that callers speak, by name. */
import { dialectOf } from "#providers/registry.ts";
import { chatEndpoint, type Endpoint } from "../pipeline/endpoint.ts";
import { countEndpoint } from "./count.ts";
import { embeddingsEndpoint } from "./embeddings.ts";
import { jsonArrayReframe } from "./json-array.ts";
import { chatToGenerate, generateReframe } from "./ollama-generate.ts";

const openai = dialectOf("openai-chat");
const anthropic = dialectOf("anthropic-messages");
const google = dialectOf("google-generate");
const ollama = dialectOf("ollama-chat");

export const ENDPOINTS = {
  "openai-chat": chatEndpoint(openai, dialectOf),
  "openai-responses": chatEndpoint(dialectOf("openai-responses"), dialectOf, {
    action: "response.create",
  }),
  "openai-embeddings": embeddingsEndpoint("openai", openai, dialectOf),
  "anthropic-messages": chatEndpoint(anthropic, dialectOf),
  "anthropic-count": countEndpoint(anthropic),
  "google-generate": chatEndpoint(google, dialectOf),
  "google-generate-array": chatEndpoint(google, dialectOf, { reframe: jsonArrayReframe }),
  "google-count": countEndpoint(google),
  "google-embed": embeddingsEndpoint("google", google, dialectOf),
  "ollama-chat": chatEndpoint(ollama, dialectOf),
  "ollama-generate": chatEndpoint(ollama, dialectOf, {
    reshape: chatToGenerate,
    reframe: generateReframe,
  }),
  "ollama-embed": embeddingsEndpoint("ollama", ollama, dialectOf),
} as const satisfies Record<string, Endpoint>;

export type EndpointId = keyof typeof ENDPOINTS;
