/** The headers of what a call is answered with, beside those of limits. */
import { dlpHeader } from "../cloudflare/dlp-header.ts";
import type { GatewayError } from "../errors.ts";
import { idHeaders, limitHeaders, retryHeaders } from "../headers.ts";
import type { Refused } from "./admit.ts";
import type { Call, Plan } from "./plan.ts";
import type { Settlement } from "./settlement.ts";

/** Who answers. */
export function servedHeaders({ provider, model }: { provider: string; model: string }) {
  return {
    "x-tallygate-provider": provider,
    "x-tallygate-model": model,
    "cf-aig-provider": provider,
    "cf-aig-model": model,
  };
}

/** What Cloudflare's clients look for in an answer, beside the log's id. */
export function cloudflareHeaders({ asked }: Call, { request }: Plan): Record<string, string> {
  const headers: Record<string, string> = {};
  if (asked.options.eventId !== undefined) headers["cf-aig-event-id"] = asked.options.eventId;
  return Object.assign(headers, dlpHeader(request.findings, "FLAG"));
}

/** What goes with a refusal: its id, what is left, when to try again, what rules found. */
export function refusalHeaders(
  error: GatewayError,
  requestId: string,
  at: number,
  limits: Refused["limits"],
): Record<string, string> {
  return {
    ...idHeaders(requestId),
    ...limitHeaders(limits, at),
    ...retryHeaders(error, at),
    ...dlpHeader(error.findings, "BLOCK"),
  };
}

/** What rules found in the prompt, and in as much of the answer as was read. */
export function findingsOf({ request }: Plan, { findings }: Settlement): GatewayError["findings"] {
  return [...request.findings, ...findings];
}
