/** Every provider and every dialect, one line each. */
import { anthropicMessages } from "./anthropic-messages/dialect.ts";
import { anthropic } from "./anthropic.ts";
import { azureDeployments } from "./azure-deployments.ts";
import { bedrockConverse } from "./bedrock-converse/dialect.ts";
import { bedrock } from "./bedrock.ts";
import { cohereChat } from "./cohere-chat/dialect.ts";
import { googleGenerate } from "./google-generate/dialect.ts";
import { google } from "./google.ts";
import { ollamaChat } from "./ollama-chat/dialect.ts";
import { ollama } from "./ollama.ts";
import { openaiChat } from "./openai-chat/dialect.ts";
import { openaiCompatible } from "./openai-compatible.ts";
import { openaiResponses } from "./openai-responses/dialect.ts";
import { openai } from "./openai.ts";
import { vertex, vertexAnthropic } from "./vertex.ts";
import { workersAiRun } from "./workers-ai-run/dialect.ts";
import { workersAiBound } from "./workers-ai.ts";
import { perplexity } from "./perplexity.ts";
import { replicatePredictions } from "./replicate-predictions/dialect.ts";
import { replicate } from "./replicate.ts";
import type { Dialect, DialectId, Provider, UpstreamDialect, UpstreamId } from "./types.ts";

export const PROVIDERS: Readonly<Record<string, Provider>> = {
  openai,
  anthropic,
  bedrock,
  google,
  ollama,
  perplexity,
  replicate,
  vertex,
  "vertex-anthropic": vertexAnthropic,
  ...openaiCompatible,
  "azure-deployments": azureDeployments,
};

/** Those that are asked in other words over a binding than at their address. */
const BOUND: Readonly<Partial<Record<string, Provider>>> = { "workers-ai": workersAiBound };

/** Who answers a link: by its kind, and whether it is reached over a binding. */
export function providerOf(link: {
  kind: string;
  binding?: string | undefined;
}): Provider | undefined {
  const bound = link.binding === undefined ? undefined : BOUND[link.kind];
  return bound ?? PROVIDERS[link.kind];
}

const DIALECTS: Readonly<Record<DialectId, Dialect>> = {
  "openai-chat": openaiChat,
  "anthropic-messages": anthropicMessages,
  "google-generate": googleGenerate,
  "ollama-chat": ollamaChat,
  "openai-responses": openaiResponses,
  "cohere-chat": cohereChat,
};

/** Those that no caller speaks. */
const UPSTREAMS: Readonly<Record<UpstreamId, UpstreamDialect>> = {
  ...DIALECTS,
  "bedrock-converse": bedrockConverse,
  "workers-ai-run": workersAiRun,
  "replicate-predictions": replicatePredictions,
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
