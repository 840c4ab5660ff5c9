/**
 * How a described call leaves: over the network, to a Worker that this one is bound to, or to Workers
 * AI. What comes back is a response, whichever it was.
 */
import type { Env } from "#actors/kit/env.ts";
import { isOwnBinding } from "#policy/bindings.ts";
import { asString } from "#providers/json.ts";
import { parseBody } from "../body.ts";
import { GatewayError } from "../errors.ts";
import type { Sent } from "./sign.ts";

/** Sends one call; rejects when it cannot be delivered, or is aborted. */
export type Send = (sent: Sent, signal: AbortSignal) => Promise<Response>;

/** The part of the `AI` binding that is used. Source: cloudflare/workerd, internal/ai-api.ts. */
interface Ai {
  run(
    model: string,
    inputs: object,
    options: { returnRawResponse: true; signal: AbortSignal },
  ): Promise<Response>;
}

/** What a link says of where it leads. */
interface Way {
  kind: string;
  binding?: string | undefined;
}

/** How a link's calls are sent; `undefined` where its binding is not there, or is no provider's. */
export function transportOf(env: Env, { kind, binding }: Way): Send | undefined {
  if (binding === undefined) {
    return ({ url, init }, signal) => fetch(url, { ...init, signal, redirect: "manual" });
  }
  const bound = boundTo(env, binding);
  return bound === undefined ? undefined : (BOUND[kind]?.(bound) ?? overFetch(bound));
}

/** Kinds whose binding is more than another Worker. */
const BOUND: Readonly<Partial<Record<string, (bound: Fetcher) => Send>>> = {
  "workers-ai": (bound) => overRun(bound as unknown as Ai),
};

function boundTo(env: Env, name: string): Fetcher | undefined {
  if (isOwnBinding(name)) return undefined;
  const value = (env as unknown as Record<string, unknown>)[name];
  const isBinding = typeof value === "object" && value !== null;
  // Workers AI and a bound Worker have both; stores and actors have neither.
  return isBinding && ("fetch" in value || "run" in value) ? (value as Fetcher) : undefined;
}

/** Another Worker: it is sent the request that the network would be. */
function overFetch(bound: Fetcher): Send {
  return ({ url, init }, signal) => bound.fetch(url, { ...init, signal, redirect: "manual" });
}

/** Workers AI: the body is the inputs, its model the first argument. */
function overRun(ai: Ai): Send {
  return async ({ url, init }, signal) => {
    if (!url.endsWith("/run") || typeof init.body !== "string") {
      throw new GatewayError(
        "unsupported_feature",
        "Workers AI takes conversations and embeddings over its binding. Call it by its address for anything else.",
      );
    }
    const { model, ...inputs } = parseBody(init.body);
    return ai.run(asString(model) ?? "", inputs, { returnRawResponse: true, signal });
  };
}
