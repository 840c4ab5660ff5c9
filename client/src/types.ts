/** What is asked of a gateway and what it answers, whoever is behind it. */

/** Marks what came before as worth keeping in the provider's prompt cache. */
export type CacheControl = "ephemeral";

export interface TextContent {
  type: "text";
  text: string;
  cacheControl?: CacheControl;
}

/** An image by address (`https:` or a `data:` URL). */
export interface ImageContent {
  type: "image";
  url: string;
}

export type Content = TextContent | ImageContent;

/** A model's wish to call a tool; `input` is already parsed. */
export interface ToolCall {
  id: string;
  name: string;
  input: Record<string, unknown>;
}

export type Message =
  | { role: "system"; content: string }
  | { role: "user"; content: string | readonly Content[] }
  | { role: "assistant"; content: string; toolCalls?: readonly ToolCall[] }
  | { role: "tool"; toolCallId: string; content: string };

export interface Tool {
  name: string;
  description?: string;
  /** JSON schema of an object. */
  inputSchema: Record<string, unknown>;
}

export type ToolChoice = "auto" | "none" | "required" | { name: string };

export type ResponseFormat = "json" | { name: string; schema: Record<string, unknown> };

interface InputBase {
  system?: string;
  tools?: readonly Tool[];
  toolChoice?: ToolChoice;
  responseFormat?: ResponseFormat;
  /** Tokens; the gateway's or the provider's default when absent. */
  maxOutputTokens?: number;
  temperature?: number;
  /** Caches the system prompt, or the first message without one. */
  cacheControl?: CacheControl;
}

/** A conversation, or a single prompt. */
export type RunInput = InputBase &
  ({ messages: readonly Message[]; prompt?: undefined } | { prompt: string; messages?: undefined });

export interface RunOptions {
  /** One of `providers()`; the default when absent. */
  provider?: string;
  signal?: AbortSignal;
  /** The whole call, in milliseconds. */
  timeoutMs?: number;
  /** Passes by every cache, the gateway's and `withCache`'s. */
  skipCache?: boolean;
  /** How long the gateway may keep the answer, in seconds. */
  cacheTtl?: number;
  /** What the gateway's books note with the request. */
  metadata?: Readonly<Record<string, string | number | boolean>>;
  tags?: readonly string[];
  headers?: Readonly<Record<string, string>>;
}

/** Why the answer ended. */
export type Finish = "stop" | "length" | "tool_calls" | "content_filter" | "other";

/** Tokens; `inputTokens` includes what was read from or written to a prompt cache. */
export interface Usage {
  inputTokens: number;
  outputTokens: number;
  cachedInputTokens?: number;
  cacheWriteTokens?: number;
}

export interface RunResult {
  text: string;
  toolCalls: ToolCall[];
  finish: Finish;
  usage?: Usage;
  /** The model that answered, as the provider names it. */
  model: string;
  /** Who answered: the gateway's word for it, or the name of the provider entry. */
  provider: string;
  requestId?: string;
}

/** A stream's events; exactly one `done`, and it is the last. */
export type StreamEvent =
  | { type: "text"; text: string }
  | { type: "tool_use"; id: string; name: string; input: Record<string, unknown> }
  | { type: "done"; usage?: Usage; finish: Finish };

export type EventStream = ReadableStream<StreamEvent>;

/** One of several to try. */
export interface FallbackEntry {
  model: string;
  provider?: string;
}

/** What every layer takes and gives: a way to call models. */
export interface Gateway {
  /** One whole answer; throws `GatewayError`. */
  run(model: string, input: RunInput, options?: RunOptions): Promise<RunResult>;
  /** An answer as it comes; the stream fails with `GatewayError`, and cancelling it ends the call. */
  stream(model: string, input: RunInput, options?: RunOptions): EventStream;
  /** The first answer of `entries`, tried in order; throws the last one's `GatewayError`. */
  runFallback(
    entries: readonly FallbackEntry[],
    input: RunInput,
    options?: RunOptions,
  ): Promise<RunResult>;
  /** The names that `options.provider` takes. */
  providers(): string[];
  defaultProvider(): string;
}

export type Fetch = (url: string, init: RequestInit) => Promise<Response>;
