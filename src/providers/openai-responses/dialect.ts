/**
 * OpenAI responses, as callers speak it (Codex, Vercel's AI SDK) and some providers do (Perplexity).
 * Format: the types of the `openai` package and platform.openai.com/docs/api-reference/responses.
 */
import { encodeError } from "../openai-chat/errors.ts";
import type { Dialect } from "../types.ts";
import { decodeRequest } from "./decode-request.ts";
import { decodeResponse, ResponsesDecoder } from "./decoder.ts";
import { encodeRequest } from "./encode-request.ts";
import { openEncoder } from "./encoder.ts";
import { encodeStreamError } from "./errors.ts";
import { encodeResponse, responseMeta } from "./response.ts";
import { openTap } from "./tap.ts";
import { parseRequest, prepare, requestTexts, responseTexts } from "./view.ts";

export const openaiResponses: Dialect = {
  id: "openai-responses",
  contentType: "sse",
  parseRequest,
  requestTexts,
  prepare,
  decodeRequest,
  encodeRequest,
  decodeResponse,
  encodeResponse,
  responseTexts,
  responseMeta,
  openTap,
  openDecoder: () => new ResponsesDecoder(),
  openEncoder,
  encodeError,
  encodeStreamError,
};
