/** Ollama's /api/chat. Format: docs.ollama.com/api/chat and the types of the `ollama` package. */
import type { Dialect } from "../types.ts";
import { decodeRequest } from "./decode-request.ts";
import { encodeRequest } from "./encode-request.ts";
import {
  decodeResponse,
  encodeError,
  encodeResponse,
  encodeStreamError,
  responseMeta,
} from "./response.ts";
import { openDecoder, openEncoder } from "./stream.ts";
import { openTap } from "./tap.ts";
import { parseRequest, prepare, requestTexts, responseTexts } from "./view.ts";

export const ollamaChat: Dialect = {
  id: "ollama-chat",
  contentType: "ndjson",
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
