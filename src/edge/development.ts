/**
 * What is right on a developer's machine and a hole anywhere else: a Worker that was given it answers
 * on this machine's own addresses only.
 */
import type { Env } from "#actors/kit/env.ts";
import { GatewayError } from "./errors.ts";
import { refuse } from "./refuse.ts";
import { newRequestId } from "./request-id.ts";

/** `npm start`'s upstream key, and leave to call private addresses. */
const DEVELOPMENT_ONLY = ["TALLYGATE_ALLOW_PRIVATE", "DEV_UPSTREAM_KEY"] as const;

/** The names of such values that the Worker was given. */
export function developmentValues(env: Env): string[] {
  const values = env as unknown as Readonly<Record<string, unknown>>;
  return DEVELOPMENT_ONLY.filter((name) => values[name] !== undefined && values[name] !== "");
}

/** The refusal of a request to a Worker that is set up for development, but for this machine's own. */
export function refuseDevelopment(request: Request, env: Env): Response | undefined {
  const [name] = developmentValues(env);
  if (name === undefined || isOwn(request.url)) return undefined;
  const message = `This gateway has the development value ${name} and serves this machine only. Delete it: \`npx wrangler secret delete ${name}\`.`;
  const error = new GatewayError("development_values", message);
  return refuse(request, error, newRequestId(Date.now()));
}

let lastOrigin = "";
let isLastOwn = false;

/** Whether an address is one of this machine; the last origin is remembered, as it is nearly always that. */
function isOwn(url: string): boolean {
  const origin = url.slice(0, url.indexOf("/", url.indexOf("//") + 2));
  if (origin !== lastOrigin) {
    isLastOwn = isLoopback(new URL(url).hostname);
    lastOrigin = origin;
  }
  return isLastOwn;
}

function isLoopback(hostname: string): boolean {
  return /^(localhost|.+\.localhost|127(\.\d{1,3}){3}|\[::1\])$/.test(hostname);
}
