/**
 * OpenAI chat completions, and everyone who speaks them. Format: the types of the `openai` package
 * and platform.openai.com/docs/api-reference/chat; `reasoning_content` and `reasoning_details` are
 * what other hosts of this dialect added.
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

export const openaiChat: Dialect = {
  id: "openai-chat",
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
