/**
 * The way in for admins: `GET /admin/socket`, upgraded to the WebSocket of their organisation's
 * PolicyActor. Who comes in is asked of that actor itself, so a revoked key opens nothing.
 *
 * The actor gets a request made here, header by header: nothing that a caller wrote (connection
 * ids, props, identities) reaches it.
 */
import type { Env } from "#actors/kit/env.ts";
import { policyName } from "#actors/kit/names.ts";
import { KEY_HEADER, MEMBER_HEADER, UNTIL_HEADER } from "#actors/policy/seat.ts";
import { hashSecret, parseKey } from "#policy/api-key.ts";
import { endOf, type Principal } from "#policy/snapshot.ts";
import { withinScope } from "../auth/scope.ts";
import { refuse } from "./reply.ts";

/** The protocol's name in `sec-websocket-protocol`. */
export const ADMIN_PROTOCOL = "tallygate.v1";
/** Browsers cannot set headers on a WebSocket: they offer the key as a second protocol. */
const KEY_PROTOCOL_PREFIX = "key.";

/** Finds out who a request without a key is, by a session cookie or the like. */
export type Authenticate = (request: Request) => Promise<Principal | null>;

/**
 * Serves `GET /admin/socket`. A key among the protocols is looked up here; everything else is
 * `authenticate`'s to judge, without which only a key in `authorization` is taken.
 */
export async function handleAdminSocket(
  request: Request,
  env: Env,
  authenticate?: Authenticate,
): Promise<Response> {
  const key = protocolKeyOf(request.headers) ?? (authenticate ? undefined : bearerOf(request));
  const principal =
    key === undefined ? await authenticate?.(request) : await principalOfKey(key, env);
  if (principal == null) {
    return refuse(
      401,
      "unauthenticated",
      "Send an admin's or auditor's API key that is still valid.",
    );
  }
  return openAdminSocket(request, env, principal);
}

/** Opens the socket for a principal who has been authenticated. */
export async function openAdminSocket(
  request: Request,
  env: Env,
  principal: Principal,
): Promise<Response> {
  withinScope(request, principal, "audit");
  const fault = faultOf(request, principal);
  if (fault !== undefined) return fault;
  const headers = new Headers({
    upgrade: "websocket",
    [MEMBER_HEADER]: encodeURIComponent(principal.member.id),
  });
  if (principal.keyId !== undefined) headers.set(KEY_HEADER, principal.keyId);
  const until = endOf(principal);
  if (until !== Infinity) headers.set(UNTIL_HEADER, String(until));
  const url = `https://actor.invalid/admin/socket?_pk=${crypto.randomUUID()}`;
  const stub = env.POLICY.getByName(policyName(env.TALLYGATE_SECRET, principal.organisation));
  const response = await stub.fetch(new Request(url, { headers }));
  const { webSocket } = response;
  if (webSocket === null)
    return refuse(503, "actor_unavailable", "The socket could not be opened.");
  const offered = protocolsOf(request.headers).includes(ADMIN_PROTOCOL);
  return new Response(null, {
    status: 101,
    webSocket,
    // A browser drops a connection whose offer of protocols is not answered.
    headers: offered ? { "sec-websocket-protocol": ADMIN_PROTOCOL } : {},
  });
}

/** Who it is comes before how they ask: so a plain GET tells a command line what is wrong. */
function faultOf(request: Request, principal: Principal): Response | undefined {
  if (request.method !== "GET") return refuse(405, "method_not_allowed", "Use GET.");
  if (principal.member.role === "member") {
    return refuse(403, "forbidden", "Only admins and auditors may come in here.");
  }
  if (request.headers.get("upgrade")?.toLowerCase() !== "websocket") {
    return refuse(426, "invalid_request", "This address speaks WebSocket only.");
  }
  const origin = request.headers.get("origin");
  // A browser sends a session along wherever the page came from; only its Origin tells.
  const allowed = origin === null ? !request.headers.has("cookie") : sameHost(origin, request.url);
  if (allowed) return undefined;
  return refuse(403, "forbidden", "Sockets open from the gateway's own pages only.");
}

function sameHost(origin: string, url: string): boolean {
  return URL.canParse(origin) && new URL(origin).host === new URL(url).host;
}

function bearerOf(request: Request): string | undefined {
  const [scheme = "", key] = (request.headers.get("authorization") ?? "").split(" ");
  return scheme.toLowerCase() === "bearer" ? key : undefined;
}

function protocolKeyOf(headers: Headers): string | undefined {
  return protocolsOf(headers)
    .find((protocol) => protocol.startsWith(KEY_PROTOCOL_PREFIX))
    ?.slice(KEY_PROTOCOL_PREFIX.length);
}

function protocolsOf(headers: Headers): string[] {
  return (headers.get("sec-websocket-protocol") ?? "").split(",").map((text) => text.trim());
}

async function principalOfKey(text: string, env: Env): Promise<Principal | null> {
  const key = parseKey(text);
  if (key === undefined) return null;
  const stub = env.POLICY.getByName(policyName(env.TALLYGATE_SECRET, key.organisation));
  return await stub.lookUpKey(key.keyId, hashSecret(key.secret), Date.now());
}
