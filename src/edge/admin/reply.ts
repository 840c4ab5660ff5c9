/** Refusals of the admin entries: JSON with a code of the one list, a sentence and an id. */
import type { GatewayCode } from "../errors.ts";
import { idHeaders } from "../headers.ts";
import { newRequestId } from "../request-id.ts";

/** `{"error": {code, message, requestId, ...}}` with a status. */
export function refuse(
  status: number,
  code: GatewayCode,
  message: string,
  more: object = {},
): Response {
  const requestId = newRequestId(Date.now());
  return Response.json(
    { error: { code, message, requestId, ...more } },
    { status, headers: { "cache-control": "no-store", ...idHeaders(requestId) } },
  );
}
