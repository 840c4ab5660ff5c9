/**
 * Cohere's `/v2/chat`, watched on its way to Cohere and nowhere else: what only Cohere can say
 * (documents, citations, tool plans) is passed on as it is, and other models are asked in other words.
 * Format: docs.cohere.com/v2/reference/chat and the types of the package `cohere-ai` 8.1.0.
 */
import type { Dialect, Result, StreamDecoder } from "../types.ts";
import { encodeError, encodeStreamError, responseMeta } from "./response.ts";
import { openTap } from "./tap.ts";
import { parseRequest, prepare, requestTexts, responseTexts } from "./view.ts";

/** Nothing crosses: whoever has no `cohere-chat` is not asked in the first place. */
const stays = (): Result<never> => ({
  ok: false,
  error: { field: "body", message: "Cohere's own words are for Cohere alone" },
});

/** Reads no parts but the error that a stream begins with, after which another can be asked. */
function openDecoder(): StreamDecoder {
  const tap = openTap();
  return {
    push(event) {
      const { error } = tap.read(event);
      return error === undefined ? [] : [{ type: "error", ...error }];
    },
    end: () => [],
  };
}

export const cohereChat: Dialect = {
  id: "cohere-chat",
  contentType: "sse",
  parseRequest,
  requestTexts,
  prepare,
  decodeRequest: stays,
  encodeRequest: stays,
  decodeResponse: stays,
  encodeResponse: () => ({}),
  responseTexts,
  responseMeta,
  openTap,
  openDecoder,
  openEncoder: () => ({ push: () => "", end: () => "" }),
  encodeError,
  encodeStreamError,
};
