/** Every provider and every dialect, one line each. */
import { anthropicMessages } from "./anthropic-messages/dialect.ts";
import { anthropic } from "./anthropic.ts";
import { bedrockConverse } from "./bedrock-converse/dialect.ts";
import { bedrock } from "./bedrock.ts";
import { googleGenerate } from "./google-generate/dialect.ts";
import { google } from "./google.ts";
import { ollamaChat } from "./ollama-chat/dialect.ts";
import { ollama } from "./ollama.ts";
import { openaiChat } from "./openai-chat/dialect.ts";
import { openaiCompatible } from "./openai-compatible.ts";
import { openaiResponses } from "./openai-responses/dialect.ts";
import { openai } from "./openai.ts";
import { vertex, vertexAnthropic } from "./vertex.ts";
import type { Dialect, DialectId, Provider, UpstreamDialect, UpstreamId } from "./types.ts";

export const PROVIDERS: Readonly<Record<string, Provider>> = {
  openai,
  anthropic,
  bedrock,
  google,
  ollama,
  vertex,
  "vertex-anthropic": vertexAnthropic,
  ...openaiCompatible,
};

const DIALECTS: Readonly<Record<DialectId, Dialect>> = {
  "openai-chat": openaiChat,
  "anthropic-messages": anthropicMessages,
  "google-generate": googleGenerate,
  "ollama-chat": ollamaChat,
  "openai-responses": openaiResponses,
};

/** Those that no caller speaks. */
const UPSTREAMS: Readonly<Record<UpstreamId, UpstreamDialect>> = {
  ...DIALECTS,
  "bedrock-converse": bedrockConverse,
};

export function dialectOf(id: DialectId): Dialect {
  return DIALECTS[id];
}

export function upstreamOf(id: UpstreamId): UpstreamDialect {
  return UPSTREAMS[id];
}

export function providerIds(): string[] {
  return Object.keys(PROVIDERS);
}
