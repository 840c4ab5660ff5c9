/**
 * The contract between this room and whoever speaks to providers: a dialect is a wire format (how
 * bodies and streams are read and written), a provider is an address that speaks one. Everything
 * here is pure: bodies in, bodies out; text in, text out.
 */
import type { Usage } from "#events/money.ts";
import type { ResponseMeta } from "./response-meta.ts";
import type { ChatRequest, ChatResponse, FinishReason, StreamPart } from "./chat.ts";

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
export type JsonObject = { [key: string]: Json };

export type DialectId =
  | "openai-chat"
  | "anthropic-messages"
  | "google-generate"
  | "ollama-chat"
  | "openai-responses"
  | "cohere-chat";

/** Dialects that providers are spoken to in; some that no caller speaks. */
export type UpstreamId =
  | DialectId
  | "bedrock-converse"
  | "workers-ai-run"
  | "replicate-predictions";

/** Where a piece of text stands in a conversation; DLP rules choose by it. */
export type TextChannel =
  | "system"
  | "user"
  | "assistant"
  | "tool-arguments"
  | "tool-results"
  | "reasoning"
  | "file";

/**
 * One piece of text inside a body. `replace` changes the body in place; for structured values (tool
 * arguments) `text` is one unescaped string of them and `replace` encodes it again.
 */
export interface TextSlot {
  channel: TextChannel;
  text: string;
  replace(text: string): void;
}

/** What admission needs to know of a request, whatever its dialect. */
export interface RequestView {
  model: string;
  stream: boolean;
  maxOutputTokens?: number;
  /** Answers asked for (`n`, `candidateCount`); output is bounded by choices x maxOutputTokens. */
  choices: number;
  images: number;
  /** Documents and other files beside text and images. */
  files?: number;
  tools: number;
  user?: string;
}

/** A refusal of a body or of a crossing: names the field, says what was expected. */
export interface Unsupported {
  field: string;
  message: string;
}

/**
 * A value or a refusal. `notes` names what a crossing left out because the other side has no word
 * for it and the answer does not depend on it (hints such as service tiers, foreign reasoning).
 */
export type Result<T> =
  | { ok: true; value: T; notes?: Unsupported[] }
  | { ok: false; error: Unsupported };

/** What a client is told when the gateway refuses or fails. */
export interface WireError {
  status: number;
  code: string;
  type: string;
  message: string;
  requestId: string;
}

export interface EncoderMeta {
  requestId: string;
  model: string;
  createdAtMs: number;
  /** Whether the caller asked for usage in the stream, where a dialect makes that a choice. */
  includeUsage: boolean;
}

/** What is needed of a dialect that only a provider speaks: out with requests, in with answers. */
export interface UpstreamDialect {
  id: UpstreamId;
  /** The framing of this dialect's streams. */
  contentType: "sse" | "ndjson";
  /**
   * A shallow copy for a provider of the same dialect: the model, a forced cap on output tokens in
   * the field that model takes, and usage asked for in streams.
   */
  prepare(
    body: JsonObject,
    to: { model: string; maxOutputTokens: number; stream: boolean },
  ): JsonObject;
  encodeRequest(request: ChatRequest): Result<JsonObject>;
  decodeResponse(body: Json): Result<ChatResponse>;
  responseMeta(body: Json): ResponseMeta;
  openDecoder(): StreamDecoder;
}

/**
 * A dialect that callers speak too. Where its URL, not its body, carries the model and whether to
 * stream (Google), whoever reads such a request puts `model` and `stream` into the body first, and
 * `prepare` and `encodeRequest` leave them out again.
 */
export interface Dialect extends UpstreamDialect {
  id: DialectId;
  /** Checks what the gateway itself relies on and leaves the rest to the provider. */
  parseRequest(body: Json): Result<RequestView>;
  /** Every text the provider would see but tool descriptions; media as data URLs is skipped. */
  requestTexts(body: JsonObject): TextSlot[];
  decodeRequest(body: JsonObject): Result<ChatRequest>;
  encodeResponse(response: ChatResponse): JsonObject;
  responseTexts(body: JsonObject): TextSlot[];
  /** Watches a stream that keeps its dialect. `dropUsage`: usage was asked for by us alone. */
  openTap(options?: { dropUsage?: boolean }): StreamTap;
  openEncoder(meta: EncoderMeta): StreamEncoder;
  /** The dialect's own error body; the code stands where its SDKs show it. */
  encodeError(error: WireError): JsonObject;
  /** Wire text that ends a stream with an error and is well-formed for the dialect's SDKs. */
  encodeStreamError(error: WireError): string;
}

/** One event off the wire: `raw` are its exact characters with the terminator, `data` its payload. */
export interface WireEvent {
  raw: string;
  event?: string;
  data: string;
}

/** Cuts text into events, whatever the chunking. Throws `WireLimitError` past its bound. */
export interface Splitter {
  push(text: string): WireEvent[];
  /** The rest, when a stream ends without its last terminator. */
  end(): WireEvent[];
}

/** A text delta inside one stream event. */
export interface StreamSlot {
  /** It says again what the answer has said (a quote), so it is no token of its own. */
  repeats?: true;
  /** It is a piece of a JSON text (a tool's arguments as they are written), not what one says. */
  json?: true;
  /** Choice, channel and tool index: one scanner each, for the life of the stream. */
  key: string;
  channel: TextChannel;
  text: string;
  replace(text: string): void;
}

export interface TapStep {
  /** Text deltas in this event, usually none or one. */
  slots: StreamSlot[];
  /**
   * Keys whose text ends with this event (a finish reason, a block's stop). After this event's
   * slots, and before its `wire()`, held-back text of these keys is to be written with `delta`.
   */
  closes: string[];
  /** Running totals of the whole answer: the last one seen counts. */
  usage?: Usage;
  finish?: FinishReason;
  servedModel?: string;
  responseId?: string;
  /** The stream has said that it is complete. */
  done?: boolean;
  /** An error inside a stream that began with 200. */
  error?: { code: string; message: string };
  /**
   * For an event that ends something: takes its end back before `wire()`, which then has its text
   * alone, so that `finish` can give the stream another end.
   */
  stay?(): void;
  /**
   * The event's text after `replace` calls: the exact raw when nothing was replaced, "" for an
   * event whose only text became empty.
   */
  wire(): string;
}

export interface StreamTap {
  read(event: WireEvent): TapStep;
  /**
   * A well-formed event that carries text for an open or just closed key; "" when the text went
   * into the event that was read last, behind its own.
   */
  delta(key: string, text: string): string;
  /** Wire text that ends all open blocks and the stream, well-formed, for a cut or a block. */
  finish(reason: "content_filter" | "length", usage: Usage | undefined): string;
  /** Leaves the usage chunk out of `wire()`: the gateway asked for it and the caller did not. */
  dropUsageChunk: boolean;
}

export interface StreamDecoder {
  push(event: WireEvent): StreamPart[];
  /** Closes what is open; a stream that never finished yields an `error` part. */
  end(): StreamPart[];
}

export interface StreamEncoder {
  push(part: StreamPart): string;
  end(): string;
}

export interface ProviderErrorView {
  code: string;
  message: string;
  retryable: boolean;
  retryAfterMs?: number;
}

/** An address that speaks a dialect. */
export interface Provider {
  id: string;
  title: string;
  dialect: UpstreamId;
  /** Where it is called unless policy says otherwise; "" where `baseUrlForm` is set. */
  defaultBaseUrl: string;
  /** How a base URL is written where each customer has one: policy must name it. */
  baseUrlForm?: string;
  /** The name of the secret that holds the credential, for example OPENAI_API_KEY. */
  secretName: string;
  /** Asked without a credential too where none is set: it lives on a machine of one's own. */
  keyOptional?: boolean;
  /** The header that its credential stands in, for callers who bring their own. */
  credentialHeader: string;
  /** How streams come off the wire, where it is not the dialect's own framing. */
  framing?: Framing;
  /** How its credential becomes part of a call, where a header alone does not do. */
  signing?: Signing;
  /** What it can be asked; `request` throws a RangeError for anything else. */
  operations: readonly Operation[];
  /** The URL and headers of one call. Caller headers pass by allow-list only. */
  request(to: ProviderTarget): { url: string; headers: Record<string, string> };
  /** The last change to the body of a conversation, where its host wants it otherwise. */
  body?: (body: JsonObject) => JsonObject;
  decodeError(status: number, body: string, headers: Headers): ProviderErrorView;
  /** What a conversation's first answer leads to, where it is not the answer itself. */
  follow?: (answer: JsonObject, to: { baseUrl: string; stream: boolean }) => Followed;
  /** Turns addresses in an answer that is passed on into the gateway's own, in place. */
  relink?: (answer: JsonObject, to: Relink) => void;
  /** What of a call that is passed on would have its answer sent to somewhere past the gateway. */
  sendsPast?: (body: JsonObject) => Unsupported | undefined;
}

/** Where the addresses of an answer lead, and are to lead. */
export interface Relink {
  baseUrl: string;
  /** The gateway's address of what `baseUrl` is, with a slash behind it. */
  base: string;
  /** A key for one address alone, whose reader sends none. */
  keyFor(url: string): string;
}

/**
 * What an answer is: the last, somewhere else, or a failure in the provider's words. `cancel` is where
 * a POST ends what nobody waits for any more.
 */
export type Followed = { done: true } | { url: string; cancel?: string } | { error: string };

/** Framings of streams: text, or binary messages that are turned into server-sent events. */
export type Framing = "sse" | "ndjson" | "aws-eventstream";

/** Credentials that take a clock and keys: the edge signs the call that `request` described. */
export type Signing = "aws-sigv4" | "google-service-account";

/** What is asked of a provider; a conversation unless said otherwise. */
export type Operation =
  | "chat"
  | "embeddings"
  | "count-tokens"
  | "models"
  | "responses"
  | "cohere-chat"
  | "cohere-embed";

export interface ProviderTarget {
  operation?: Operation;
  baseUrl: string;
  model: string;
  stream: boolean;
  credential: string | undefined;
  callerHeaders: Headers;
  /** A call that is passed on as it came. */
  native?: boolean;
  /** How long what it starts may run, where that is what it is priced by. */
  secondsMax?: number;
}
