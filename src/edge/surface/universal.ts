/**
 * Cloudflare's universal endpoint: a list of attempts, each with provider, path, headers and body.
 * Each attempt is a call of its own in the books; the first that answers is the answer.
 */
import * as z from "zod";
import type { Env } from "#actors/kit/env.ts";
import { tryParseJson } from "#events/parse-json.ts";
import { PROVIDER_KEY_HEADERS, readCredential } from "../auth/credentials.ts";
import { readRequestText } from "../body.ts";
import { GatewayError } from "../errors.ts";
import { bodyBytesMax } from "../limits.ts";
import { providerTarget, type Target } from "./addresses.ts";

const Scalar = z.union([z.string(), z.number(), z.boolean()]);
const Entry = z.looseObject({
  provider: z.string().min(1).max(100),
  endpoint: z.string().max(2_000),
  headers: z.record(z.string(), Scalar.nullish()).default({}),
  query: z.unknown(),
  config: z.record(z.string(), Scalar.nullish()).default({}),
});
type Entry = z.infer<typeof Entry>;
const Entries = z.array(Entry).min(1).max(20);

/** `config` of an attempt says what these headers say. */
const CONFIG_HEADERS: Readonly<Record<string, string>> = {
  requestTimeout: "cf-aig-request-timeout",
  maxAttempts: "cf-aig-max-attempts",
  retryDelay: "cf-aig-retry-delay",
  backoff: "cf-aig-backoff",
  cacheTtl: "cf-aig-cache-ttl",
  skipCache: "cf-aig-skip-cache",
  cacheKey: "cf-aig-cache-key",
};

/** Statuses after which no other attempt is made: the caller is not known, whoever is asked. */
const FINAL = new Set([401]);

/** The pipeline: one call, answered. */
export type Serve = (
  request: Request,
  env: Env,
  ctx: ExecutionContext,
  target: Target,
) => Promise<Response>;

/** Makes the attempts of a body in order; throws for a body that is no list of them. */
export async function serveUniversal(
  request: Request,
  env: Env,
  ctx: ExecutionContext,
  target: Target,
  serve: Serve,
): Promise<Response> {
  const parsed = tryParseJson(await readRequestText(request, bodyBytesMax));
  return serveAttempts(parsed, request, env, ctx, target, serve);
}

/** Makes the attempts of `parsed`, one or a list, in order; `request` says whose they are. */
export async function serveAttempts(
  parsed: unknown,
  request: Request,
  env: Env,
  ctx: ExecutionContext,
  target: Target,
  serve: Serve,
): Promise<Response> {
  const entries = Entries.safeParse(Array.isArray(parsed) ? parsed : [parsed]);
  if (!entries.success) {
    throw new GatewayError(
      "invalid_request",
      "The body must be a list of attempts: provider, endpoint, headers and query.",
    );
  }
  let answer: Response | undefined;
  for (const [step, entry] of entries.data.entries()) {
    await answer?.body?.cancel();
    const { at, search } = pathOf(entry);
    const to = providerTarget("POST", entry.provider, at, search);
    if (to === undefined) {
      throw new GatewayError("invalid_request", `Attempt ${step} names no endpoint.`);
    }
    const cloudflare = target.cloudflare ?? {};
    answer = await serve(attemptOf(request, entry), env, ctx, { ...to, cloudflare });
    answer.headers.set("cf-aig-step", String(step));
    if (answer.ok || FINAL.has(answer.status) || request.signal.aborted) break;
  }
  return answer ?? Response.error();
}

function pathOf({ endpoint }: Entry): { at: string; search: string } {
  const path = endpoint.replace(/^\/+/, "");
  const query = path.indexOf("?");
  return query === -1
    ? { at: path, search: "" }
    : { at: path.slice(0, query), search: path.slice(query) };
}

/** One attempt as a request of its own: its headers over the caller's, who stays the same. */
function attemptOf(request: Request, entry: Entry): Request {
  const headers = new Headers(request.headers);
  for (const name of ["content-length", "content-encoding", "transfer-encoding"]) {
    headers.delete(name);
  }
  const caller = request.headers.get("cf-aig-authorization") ?? callerOf(request);
  // A provider's key at the whole list is of nobody in it: each attempt brings its own.
  if (caller !== undefined) for (const name of PROVIDER_KEY_HEADERS) headers.delete(name);
  for (const [name, value] of Object.entries(entry.headers)) setSafely(headers, name, value);
  for (const [name, value] of Object.entries(entry.config)) {
    const header = Object.hasOwn(CONFIG_HEADERS, name) ? CONFIG_HEADERS[name] : undefined;
    if (header !== undefined) setSafely(headers, header, value);
  }
  if (caller !== undefined) headers.set("cf-aig-authorization", caller);
  headers.set("content-type", "application/json");
  const body = JSON.stringify(entry.query ?? {});
  return new Request(request.url, { method: "POST", headers, body, signal: request.signal });
}

/** The caller's own key, kept where no attempt's headers can push it out. */
function callerOf(request: Request): string | undefined {
  const credential = readCredential(request);
  if (credential?.kind === "api-key") return `Bearer ${credential.raw}`;
  return credential?.kind === "token" ? `Bearer ${credential.token}` : undefined;
}

function setSafely(
  headers: Headers,
  name: string,
  value: string | number | boolean | null | undefined,
): void {
  if (value === null || value === undefined) return;
  try {
    headers.set(name, String(value));
  } catch {
    throw new GatewayError("invalid_request", "An attempt's header cannot be sent.");
  }
}
