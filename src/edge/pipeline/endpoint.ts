/**
 * What is asked of a provider, whatever the words: a conversation, embeddings, a count, or a call
 * that the gateway does not look into. An endpoint tells the pipeline how to read the body, what of
 * it is text, what is sent on, and how the answer reads; its kind decides bounds and price.
 */
import type { ChatResponse } from "#providers/chat.ts";
import type {
  Dialect,
  Json,
  JsonObject,
  Operation,
  Provider,
  RequestView,
  Result,
  TextSlot,
  UpstreamDialect,
  UpstreamId,
} from "#providers/types.ts";
import type { Usage } from "#events/money.ts";

/**
 * `chat` and `embeddings` are priced by tokens, `count` is free, `opaque` is priced by request: the
 * gateway does not know what it uses.
 */
export type EndpointKind = "chat" | "embeddings" | "count" | "opaque";

/** What one provider is sent. */
export interface Outgoing {
  operation: Operation;
  /** The dialect that the answer comes in. */
  dialect: UpstreamDialect;
  body: JsonObject;
  /** A call at a path of the provider's own, with whatever body the caller sent. */
  native?: NativeCall;
}

/** A call that is passed on as it came. */
export interface NativeCall {
  method: string;
  /** Below the provider's base address, with its query. */
  path: string;
  /** Absent for methods without one. */
  body?: BodyInit;
  /** Absent where the runtime writes it (forms). */
  contentType?: string;
}

/** What the books take from an answer. */
export interface AnswerMeta {
  usage?: Usage;
  finish?: string;
  servedModel?: string;
}

/** Turns a stream's wire text into another framing, in whole events. */
export interface Reframe {
  push(text: string): string;
  end(): string;
}

export interface Endpoint {
  kind: EndpointKind;
  /** What the books call it: `chat.completion`, `embedding.create`, ... */
  action: string;
  /** Whose words refusals are in; for `chat`, the caller's dialect. */
  dialect: Dialect;
  view(body: JsonObject): Result<RequestView>;
  texts(body: JsonObject): TextSlot[];
  /** Whether the texts can be read at all (token numbers cannot). */
  unreadable?(body: JsonObject): boolean;
  /** Whether a provider can be asked this. */
  asks(provider: Provider): boolean;
  outgoing(
    body: JsonObject,
    provider: Provider,
    to: { model: string; maxOutputTokens: number; stream: boolean },
  ): Result<Outgoing>;
  meta(body: Json, from: UpstreamDialect): AnswerMeta;
  /** The answer in the caller's words; `undefined` when it is already. */
  convert(
    body: Json,
    from: UpstreamDialect,
    asked: { body: JsonObject; createdAtMs: number; requestId: string },
  ): Result<JsonObject> | undefined;
  answerTexts(body: JsonObject): TextSlot[];
  /** The last change to a whole answer, after its scan. */
  reshape?(body: JsonObject): JsonObject;
  /** The last change to a stream, and the type it then has. */
  reframe?(): Reframe & { contentType: string };
  /** The answer without a provider, where the gateway can give it. */
  answer?(body: JsonObject): JsonObject;
}

/** The operations that are dialects of their own at a provider which speaks another first. */
const NATIVE_OPERATIONS: Partial<Record<Dialect["id"], Operation>> = {
  "openai-responses": "responses",
  "cohere-chat": "cohere-chat",
};

type UpstreamOf = (id: UpstreamId) => UpstreamDialect;

/** A conversation in `dialect`. */
export function chatEndpoint(
  dialect: Dialect,
  upstreamOf: UpstreamOf,
  more: Pick<Partial<Endpoint>, "action" | "asks" | "reshape" | "reframe"> = {},
): Endpoint {
  return {
    kind: "chat",
    action: "chat.completion",
    dialect,
    view: (body) => dialect.parseRequest(body),
    texts: (body) => dialect.requestTexts(body),
    asks: () => true,
    outgoing(body, provider, to) {
      const native = NATIVE_OPERATIONS[dialect.id];
      if (native !== undefined && provider.operations.includes(native)) {
        return {
          ok: true,
          value: { operation: native, dialect, body: dialect.prepare(body, to) },
        };
      }
      const target = upstreamOf(provider.dialect);
      if (target.id === dialect.id) {
        return {
          ok: true,
          value: { operation: "chat", dialect, body: dialect.prepare(body, to) },
        };
      }
      const decoded = dialect.decodeRequest(body);
      if (!decoded.ok) return decoded;
      const encoded = target.encodeRequest({ ...decoded.value, ...to });
      if (!encoded.ok) return encoded;
      const prepared = target.prepare(encoded.value, to);
      return { ok: true, value: { operation: "chat", dialect: target, body: prepared } };
    },
    meta: (body, from) => from.responseMeta(body),
    convert(body, from, { createdAtMs, requestId }) {
      if (from.id === dialect.id) return undefined;
      const decoded = from.decodeResponse(body);
      if (!decoded.ok) return decoded;
      const answer: ChatResponse = { ...decoded.value, createdAtMs, requestId };
      return { ok: true, value: dialect.encodeResponse(answer) };
    },
    answerTexts: (body) => dialect.responseTexts(body),
    ...more,
  };
}
