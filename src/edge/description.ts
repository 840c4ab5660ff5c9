/**
 * The gateway's description of itself, `/openapi.json`: a file beside the console's, so that no
 * isolate carries it. `npm run docs:openapi` writes it, every build and every start puts it there.
 */
import type { Env } from "#actors/kit/env.ts";
import { GatewayError } from "./errors.ts";

/** Where the description is, here and among the files. */
export const DESCRIPTION_PATH = "/openapi.json";

/** `GET /openapi.json`. Throws `not_found` when the gateway was deployed without its files. */
export async function showDescription(env: Env): Promise<Response> {
  const found = await env.ASSETS?.fetch(new URL(DESCRIPTION_PATH, "https://assets"));
  if (found === undefined || !found.ok) {
    throw new GatewayError(
      "not_found",
      "This gateway was deployed without its description: run `npm run deploy`, which brings it.",
    );
  }
  return new Response(found.body, { headers: { "content-type": "application/json" } });
}
