/**
 * Counting tokens: passed on to a provider that counts in the caller's dialect, else estimated here
 * by length. Nothing is billed for either.
 */
import { estimateTokens } from "#providers/anthropic-messages/count-tokens.ts";
import { asArray, asObject } from "#providers/json.ts";
import type { Dialect, DialectId, JsonObject } from "#providers/types.ts";
import type { Endpoint } from "../pipeline/endpoint.ts";

/** English prose and code run to about this many bytes a token in all current vocabularies. */
const BYTES_PER_TOKEN = 3.5;

/** The field that carries the figure, and the field the caller need not give. */
interface CountWords {
  answer(body: JsonObject, dialect: Dialect): JsonObject;
  /** The conversation inside a count's body. */
  inner(body: JsonObject): JsonObject;
}

const WORDS: Partial<Record<DialectId, CountWords>> = {
  "anthropic-messages": {
    answer: (body) => estimateTokens(body),
    inner: (body) => ({ max_tokens: 1, ...body }),
  },
  "google-generate": {
    answer: (body, dialect) => ({ totalTokens: estimate(body, dialect) }),
    inner: (body) => {
      const request = asObject(body["generateContentRequest"]) ?? {};
      const { generateContentRequest: _request, ...rest } = body;
      return { ...request, ...rest };
    },
  },
};

function estimate(body: JsonObject, dialect: Dialect): number {
  let bytes = 0;
  for (const slot of dialect.requestTexts(body)) bytes += Buffer.byteLength(slot.text);
  const messages = asArray(body["contents"])?.length ?? 1;
  return Math.ceil(bytes / BYTES_PER_TOKEN) + messages;
}

/** A count in `dialect`, which must be one that has a word for it. */
export function countEndpoint(dialect: Dialect): Endpoint {
  const words = WORDS[dialect.id];
  if (words === undefined) throw new RangeError(`${dialect.id} has no way to count`);
  return {
    kind: "count",
    action: "tokens.count",
    dialect,
    view(body) {
      const view = dialect.parseRequest(words.inner(body));
      if (view.ok) view.value = { ...view.value, stream: false, maxOutputTokens: 0 };
      return view;
    },
    texts(body) {
      const nested = asObject(body["generateContentRequest"]);
      return [body, ...(nested === undefined ? [] : [nested])].flatMap((one) =>
        dialect.requestTexts(one),
      );
    },
    asks: (provider) =>
      provider.dialect === dialect.id && provider.operations.includes("count-tokens"),
    outgoing: (body, _provider, { model }) => ({
      ok: true,
      value: { operation: "count-tokens", dialect, body: { ...body, model } },
    }),
    // What was counted is not what was used: a count is free.
    meta: () => ({ usage: { inputTokens: 0, outputTokens: 0 } }),
    convert: () => undefined,
    answerTexts: () => [],
    answer: (body) => words.answer(words.inner(body), dialect),
  };
}
