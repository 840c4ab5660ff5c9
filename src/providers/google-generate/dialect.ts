/**
 * Gemini's generateContent. Format: ai.google.dev/api/generate-content and the types of the
 * `@google/genai` package.
 */
import type { Dialect } from "../types.ts";
import { decodeRequest } from "./decode-request.ts";
import { encodeRequest } from "./encode-request.ts";
import { encodeError, encodeStreamError } from "./errors.ts";
import { decodeResponse, encodeResponse, responseMeta } from "./response.ts";
import { openDecoder, openEncoder } from "./stream.ts";
import { openTap } from "./tap.ts";
import { parseRequest, prepare, requestTexts, responseTexts } from "./view.ts";

export const googleGenerate: Dialect = {
  id: "google-generate",
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
  openDecoder,
  openEncoder,
  encodeError,
  encodeStreamError,
};
