/**
 * OpenAI responses, as callers speak it (Codex, Vercel's AI SDK): its requests and streams pass
 * through untranslated to a provider of the same dialect, or cross to any other. It is not a
 * dialect to cross into: whoever serves it serves chat completions too. Format: the types of the
 * `openai` package and platform.openai.com/docs/api-reference/responses.
 */
import { crossing, refuse } from "../crossing.ts";
import { encodeError } from "../openai-chat/errors.ts";
import type { Dialect } from "../types.ts";
import { decodeRequest } from "./decode-request.ts";
import { openEncoder } from "./encoder.ts";
import { encodeStreamError } from "./errors.ts";
import { encodeResponse, responseMeta } from "./response.ts";
import { openTap } from "./tap.ts";
import { parseRequest, prepare, requestTexts, responseTexts } from "./view.ts";

const ONE_WAY = "a request is not translated into the responses dialect; use chat completions";

export const openaiResponses: Dialect = {
  id: "openai-responses",
  contentType: "sse",
  parseRequest,
  requestTexts,
  prepare,
  decodeRequest,
  encodeRequest: () => crossing(() => refuse("dialect", ONE_WAY)),
  decodeResponse: () => crossing(() => refuse("dialect", ONE_WAY)),
  encodeResponse,
  responseTexts,
  responseMeta,
  openTap,
  openDecoder: () => ({
    push: () => [],
    end: () => [{ type: "error", code: "unsupported_dialect", message: ONE_WAY }],
  }),
  openEncoder,
  encodeError,
  encodeStreamError,
};
