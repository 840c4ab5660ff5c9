/** Every provider and every dialect, one line each. */
import { anthropicMessages } from "./anthropic-messages/dialect.ts";
import { anthropic } from "./anthropic.ts";
import { googleGenerate } from "./google-generate/dialect.ts";
import { google } from "./google.ts";
import { ollamaChat } from "./ollama-chat/dialect.ts";
import { ollama } from "./ollama.ts";
import { openaiChat } from "./openai-chat/dialect.ts";
import { openaiCompatible } from "./openai-compatible.ts";
import { openai } from "./openai.ts";
import type { Dialect, DialectId, Provider } from "./types.ts";

export const PROVIDERS: Readonly<Record<string, Provider>> = {
  openai,
  anthropic,
  google,
  ollama,
  ...openaiCompatible,
};

const DIALECTS: Readonly<Partial<Record<DialectId, Dialect>>> = {
  "openai-chat": openaiChat,
  "anthropic-messages": anthropicMessages,
  "google-generate": googleGenerate,
  "ollama-chat": ollamaChat,
};

/** The dialect of an id. Throws on one that is not built in: a programmer's error. */
export function dialectOf(id: DialectId): Dialect {
  const dialect = DIALECTS[id];
  if (!dialect) throw new RangeError(`no dialect ${id}`);
  return dialect;
}

export function providerIds(): string[] {
  return Object.keys(PROVIDERS);
}
