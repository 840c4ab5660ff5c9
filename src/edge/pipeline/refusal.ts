/** A refusal as the response that a caller gets, in the form that their client reads. */
import type { Dialect } from "#providers/types.ts";
import type { GatewayError } from "../errors.ts";
import { logFailure } from "../log.ts";
import type { Target } from "../surface/addresses.ts";
import { cloudflareRefusal } from "../surface/cloudflare.ts";
import { Refused } from "./admit.ts";
import { refusalHeaders } from "./answer-headers.ts";

/** A refusal in Cloudflare's envelope, on its addresses, for what it has a code of. */
export function cloudflareResponse(
  target: Target,
  error: GatewayError,
  requestId: string,
  at: number,
  answered: boolean,
): Response | undefined {
  if (target.cloudflare === undefined) return undefined;
  const message = `${error.message} (request ${requestId})`;
  const refusal = cloudflareRefusal(error, message, answered);
  if (refusal === undefined) return undefined;
  const limits = error instanceof Refused ? error.limits : [];
  return Response.json(refusal.body, {
    status: refusal.status,
    headers: refusalHeaders(error, requestId, at, limits),
  });
}

/** A refusal in the caller's dialect. */
export function refusalResponse(
  dialect: Dialect,
  error: GatewayError,
  requestId: string,
  at: number,
  limits = error instanceof Refused ? error.limits : [],
): Response {
  const { status, code, type } = error;
  if (code === "internal") logFailure(requestId, error);
  const message = `${error.message} (request ${requestId})`;
  return Response.json(dialect.encodeError({ status, code, type, message, requestId }), {
    status,
    headers: refusalHeaders(error, requestId, at, limits),
  });
}
