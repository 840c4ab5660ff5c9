/**
 * Where callers put their key: every place that a real SDK or client uses.
 *
 * `cf-aig-authorization` and `x-tallygate-key` win, because a caller that sends one keeps
 * `Authorization` for the provider's own key.
 */

import { boundCallerOf, type BoundCaller } from "./binding.ts";
import { parseKey, type ApiKey } from "#policy/api-key.ts";
import { plainHeaders, type PlainHeaders } from "../plain-headers.ts";

/** How a caller says who they are. */
export type Credential =
  | { kind: "api-key"; key: ApiKey; raw: string }
  /** `ambient`: put there by whoever stands before the gateway, not by the page that asks. */
  | { kind: "token"; token: string; ambient?: true }
  | { kind: "session"; cookie: string }
  | { kind: "binding"; caller: BoundCaller };

export const SESSION_COOKIE = "tallygate_session";

/** Where Cloudflare Access puts its token for who has signed in with it. */
const ACCESS_HEADER = "cf-access-jwt-assertion";

const TOKEN_SHAPE = /^[\w-]{2,4096}\.[\w-]{2,8192}\.[\w-]{2,4096}$/;

function bearer(value: string | undefined): string | undefined {
  if (value === undefined) return undefined;
  return /^bearer(?: |$)/i.test(value) ? value.slice(7).trim() : value.trim();
}

/** The places that providers' keys have too. */
export const PROVIDER_KEY_HEADERS = ["authorization", "x-api-key", "x-goog-api-key", "api-key"];

/** Where a caller's key stands beside a provider's own, which has its own place. */
const OWN_PLACES = ["cf-aig-authorization", "x-tallygate-key"];
/** The places of a key, ours first. */
const PLACES = [...OWN_PLACES, ...PROVIDER_KEY_HEADERS];

/**
 * The provider's key that a caller brought in `header`, beside a key of ours in a place of ours;
 * `undefined` where the caller is known by the same header, or where what stands there is ours.
 */
export function readProviderKey(request: Request, header: string): string | undefined {
  const headers = plainHeaders(request);
  const isKnown = boundCallerOf(request) !== undefined || keyIn(headers, OWN_PLACES) !== undefined;
  if (!isKnown) return undefined;
  const value = bearer(headers[header.toLowerCase()]);
  return value && parseCredential(value) === undefined ? value : undefined;
}

/** The first of `places` that holds something like one of ours. */
function keyIn(headers: PlainHeaders, places: readonly string[]): Credential | undefined {
  for (const name of places) {
    const value = bearer(headers[name]);
    const credential = value ? parseCredential(value) : undefined;
    if (credential !== undefined) return credential;
  }
  return undefined;
}

/** What a caller without a credential brought in its place: a key of ours with a piece missing, another's, or nothing. */
export function whatWasBrought(request: Request): "broken" | "foreign" | "nothing" {
  const headers = plainHeaders(request);
  const brought = PLACES.map((name) => bearer(headers[name])).filter((value) => value);
  if (brought.some((value) => value?.startsWith("tg_"))) return "broken";
  return brought.length > 0 ? "foreign" : "nothing";
}

/** The first thing that looks like one of ours; `undefined` when the caller brought nothing. */
export function readCredential(
  request: Request,
  headers = plainHeaders(request),
): Credential | undefined {
  const inPlace = keyIn(headers, PLACES);
  if (inPlace !== undefined) return inPlace;
  const query = request.url.includes("key=") ? new URL(request.url).searchParams.get("key") : null;
  const fromQuery = query === null ? undefined : parseCredential(query);
  if (fromQuery !== undefined) return fromQuery;
  const cookie = readCookie(headers["cookie"] ?? null, SESSION_COOKIE);
  if (cookie !== undefined) return { kind: "session", cookie };
  const token = headers[ACCESS_HEADER];
  return token !== undefined && TOKEN_SHAPE.test(token)
    ? { kind: "token", token, ambient: true }
    : undefined;
}

/** Reads one value as an API key or a token; `undefined` when it is neither (a provider's key). */
export function parseCredential(value: string): Credential | undefined {
  const key = parseKey(value);
  if (key !== undefined) return { kind: "api-key", key, raw: value };
  return TOKEN_SHAPE.test(value) ? { kind: "token", token: value } : undefined;
}

/** One cookie's value. */
export function readCookie(header: string | null, name: string): string | undefined {
  for (const part of header?.split(";") ?? []) {
    const [key, ...rest] = part.trim().split("=");
    if (key === name) return rest.join("=");
  }
  return undefined;
}
