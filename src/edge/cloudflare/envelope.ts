/** The envelope of Cloudflare's v4 API, in which management calls are answered and refused. */
import type { GatewayCode, GatewayError } from "../errors.ts";
import { retryHeaders } from "../headers.ts";

interface Note {
  code: number;
  message: string;
}

/** Their codes: who may not come in, what is wrong with a call, what is not there. */
const CODES: Partial<Record<GatewayCode, number>> = {
  unauthenticated: 10_000,
  key_revoked: 10_000,
  forbidden: 10_000,
  invalid_json: 7_001,
  invalid_request: 7_001,
  body_too_large: 7_001,
  not_found: 7_002,
  payload_gone: 7_002,
};
const OTHER_CODE = 7_000;

/** `result` in their envelope; `more.messages` are notes for people. */
export function envelope(
  result: unknown,
  more: { result_info?: object; messages?: readonly Note[] } = {},
): Response {
  const { messages = [], ...rest } = more;
  return Response.json({ success: true, errors: [], messages, result, ...rest });
}

/** A refusal in their envelope; our own code stands beside theirs. */
export function refusalEnvelope(error: GatewayError, requestId: string, at: number): Response {
  const message = `${error.message} (request ${requestId})`;
  const errors = [{ code: CODES[error.code] ?? OTHER_CODE, message, type: error.code }];
  return Response.json(
    { success: false, errors, messages: [], result: null },
    { status: error.status, headers: { "cache-control": "no-store", ...retryHeaders(error, at) } },
  );
}
