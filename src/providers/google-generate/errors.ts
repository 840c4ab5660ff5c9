/** Google's error envelope (google.rpc.Status): the code stands in an ErrorInfo's reason. */
import type { JsonObject, WireError } from "../types.ts";
import { sseText } from "../wire.ts";

const STATUS_WORDS: Readonly<Record<number, string>> = {
  400: "INVALID_ARGUMENT",
  401: "UNAUTHENTICATED",
  402: "FAILED_PRECONDITION",
  403: "PERMISSION_DENIED",
  404: "NOT_FOUND",
  409: "ABORTED",
  413: "INVALID_ARGUMENT",
  429: "RESOURCE_EXHAUSTED",
  500: "INTERNAL",
  502: "UNAVAILABLE",
  503: "UNAVAILABLE",
  504: "DEADLINE_EXCEEDED",
};

export function encodeError(error: WireError): JsonObject {
  const info = {
    "@type": "type.googleapis.com/google.rpc.ErrorInfo",
    reason: error.code,
    metadata: { requestId: error.requestId, type: error.type },
  };
  const status = STATUS_WORDS[error.status] ?? "UNKNOWN";
  return { error: { code: error.status, message: error.message, status, details: [info] } };
}

export function encodeStreamError(error: WireError): string {
  return sseText(JSON.stringify(encodeError(error)));
}
