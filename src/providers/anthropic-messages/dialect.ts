/**
 * Anthropic messages. Format: the types of the `@anthropic-ai/sdk` package and
 * platform.claude.com/docs/en/api/messages.
 */
import type { Dialect } from "../types.ts";
import { decodeRequest } from "./decode-request.ts";
import { openDecoder } from "./decoder.ts";
import { encodeRequest } from "./encode-request.ts";
import { openEncoder } from "./encoder.ts";
import { encodeError, encodeStreamError } from "./errors.ts";
import { decodeResponse, encodeResponse, responseMeta } from "./response.ts";
import { openTap } from "./tap.ts";
import { requestTexts, responseTexts } from "./texts.ts";
import { parseRequest, prepare } from "./view.ts";

export const anthropicMessages: Dialect = {
  id: "anthropic-messages",
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
