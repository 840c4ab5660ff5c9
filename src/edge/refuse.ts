/** A refusal of an address: in the dialect that its callers speak, or as plain JSON. */
import { dialectOf } from "#providers/registry.ts";
import type { Dialect } from "#providers/types.ts";
import type { GatewayError } from "./errors.ts";
import { idHeaders, retryHeaders } from "./headers.ts";
import { logFailure } from "./log.ts";
import { refusalResponse } from "./pipeline/refusal.ts";
import { targetOf } from "./surface/addresses.ts";
import { nearbyAddress } from "./surface/nearby.ts";
import { dialectOfTarget } from "./surface/read-body.ts";

/** Refuses with the error's status and code. What is internal is logged, and told as no more than that. */
export function refuse(request: Request, error: GatewayError, requestId: string): Response {
  const now = Date.now();
  const dialect = dialectAt(request);
  if (dialect !== undefined) return refusalResponse(dialect, error, requestId, now);
  const { status, code, message, problems } = error;
  if (code === "internal") logFailure(requestId, error);
  return Response.json(
    { error: { code, message, requestId, ...(problems === undefined ? {} : { problems }) } },
    { status, headers: { ...idHeaders(requestId), ...retryHeaders(error, now) } },
  );
}

function dialectAt({ url, headers }: Request): Dialect | undefined {
  const { pathname, search } = new URL(url);
  const target =
    targetOf("POST", pathname.slice(1), search) ??
    targetOf("POST", nearbyAddress(pathname)?.slice(1) ?? "", "");
  if (target?.endpoint !== undefined) return dialectOfTarget(target);
  if (pathname.startsWith("/v1beta/")) return dialectOf("google-generate");
  if (pathname.startsWith("/api/")) return dialectOf("ollama-chat");
  if (!pathname.startsWith("/v1/")) return undefined;
  return dialectOf(headers.has("anthropic-version") ? "anthropic-messages" : "openai-chat");
}
