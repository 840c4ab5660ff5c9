/**
 * The small union in the middle: what a chat request, an answer and a stream say, in no vendor's
 * words. A crossing decodes one dialect into it and encodes another out of it, so that N dialects
 * cost N files and not N x N. What a dialect cannot say it refuses by name, never drops silently.
 */
import type { Usage } from "#events/money.ts";
import type { JsonObject } from "./types.ts";

/** A prompt-caching mark: the prefix up to and including this part may be cached this long. */
export interface CacheMark {
  ttl: "5m" | "1h";
}

/** Bytes or text in the request, or a place to fetch them from; foreign file ids do not cross. */
export type MediaSource =
  | { kind: "base64"; mediaType: string; data: string }
  | { kind: "url"; url: string; mediaType?: string }
  | { kind: "text"; text: string };

export interface TextPart {
  type: "text";
  text: string;
  cache?: CacheMark;
  /** The model's words for declining, where a dialect keeps them apart from an answer. */
  refusal?: true;
}

export interface ImagePart {
  type: "image";
  source: MediaSource;
  detail?: string;
  cache?: CacheMark;
}

export interface FilePart {
  type: "file";
  source: MediaSource;
  name?: string;
  cache?: CacheMark;
}

/** `input` is the JSON text of the arguments, exactly as the model wrote it. */
export interface ToolCallPart {
  type: "tool-call";
  id: string;
  name: string;
  input: string;
  /** What Google signs a call with and wants back with it; opaque. */
  signature?: string;
  cache?: CacheMark;
}

export interface ToolResultPart {
  type: "tool-result";
  callId: string;
  name?: string;
  content: (TextPart | ImagePart | FilePart)[];
  isError?: boolean;
  cache?: CacheMark;
}

/** `signature` and `redacted` are opaque to all but the provider that made them. */
export interface ReasoningPart {
  type: "reasoning";
  text: string;
  signature?: string;
  redacted?: string;
}

export type UserPart = TextPart | ImagePart | FilePart | ToolResultPart;
export type AssistantPart = TextPart | ReasoningPart | ToolCallPart;

export type ChatMessage =
  | { role: "user"; parts: UserPart[]; name?: string }
  | { role: "assistant"; parts: AssistantPart[]; name?: string }
  /** An instruction in the middle of a conversation; those before the first turn are `system`. */
  | { role: "system"; parts: TextPart[]; name?: string };

export interface Tool {
  name: string;
  description?: string;
  /** JSON Schema of the arguments. */
  parameters: JsonObject;
  strict?: boolean;
  cache?: CacheMark;
}

export type ToolChoice =
  | { type: "auto" }
  | { type: "none" }
  | { type: "required" }
  | { type: "tool"; name: string };

export type ResponseFormat =
  | { type: "json" }
  | {
      type: "json_schema";
      name: string;
      schema: JsonObject;
      strict?: boolean;
      description?: string;
    };

/** `effort` is the provider's word (none, minimal, low, medium, high, ...); a budget is in tokens. */
export interface ReasoningSetting {
  enabled: boolean;
  effort?: string;
  budgetTokens?: number;
}

export interface ChatRequest {
  model: string;
  system: TextPart[];
  messages: ChatMessage[];
  stream: boolean;
  tools: Tool[];
  toolChoice?: ToolChoice;
  parallelToolCalls?: boolean;
  maxOutputTokens?: number;
  temperature?: number;
  topP?: number;
  topK?: number;
  frequencyPenalty?: number;
  presencePenalty?: number;
  stop?: string[];
  seed?: number;
  responseFormat?: ResponseFormat;
  reasoning?: ReasoningSetting;
  user?: string;
  metadata?: JsonObject;
}

/** Why an answer ended. `other` is a reason this gateway has no word for. */
export type FinishReason = "stop" | "length" | "tool_calls" | "content_filter" | "error" | "other";

export interface ChatResponse {
  id?: string;
  model?: string;
  /** Set by the edge before encoding; this room knows no clock. */
  createdAtMs?: number;
  /** Set by the edge, too: what an answer without an id of its own is called by. */
  requestId?: string;
  parts: AssistantPart[];
  finish: FinishReason;
  /** The stop sequence that ended the answer, where the dialect tells it. */
  stopSequence?: string;
  usage?: Usage;
}

/** The answer's id in a dialect that begins all of its own alike: the provider's, else the request's. */
export function answerId({ id, requestId }: ChatResponse, prefix: string): string {
  return id ?? (requestId === undefined ? "" : prefix + requestId);
}

/** One step of a streamed answer. `id` names a block; blocks of one answer never share an id. */
export type StreamPart =
  | { type: "response-metadata"; id?: string; model?: string }
  | { type: "text-start"; id: string }
  | { type: "text-delta"; id: string; text: string }
  | { type: "text-end"; id: string }
  | { type: "reasoning-start"; id: string; redacted?: string }
  | { type: "reasoning-delta"; id: string; text: string }
  | { type: "reasoning-end"; id: string; signature?: string }
  | { type: "tool-input-start"; id: string; name: string; signature?: string }
  | { type: "tool-input-delta"; id: string; delta: string }
  | { type: "tool-input-end"; id: string }
  | { type: "finish"; finish: FinishReason; usage?: Usage; stopSequence?: string }
  | { type: "error"; code: string; message: string };
