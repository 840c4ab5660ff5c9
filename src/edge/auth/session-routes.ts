/** Signing in and out of the console: a key or a one-time link is traded for a cookie. */
import * as z from "zod";
import type { Env } from "#actors/kit/env.ts";
import { tryParseJson } from "#events/parse-json.ts";
import type { Principal } from "#policy/snapshot.ts";
import { recordAccess } from "../access.ts";
import { readRequestText } from "../body.ts";
import { GatewayError } from "../errors.ts";
import { logFailure } from "../log.ts";
import { readCredential } from "./credentials.ts";
import { identifyNow } from "./identify.ts";
import { spendLink } from "./link.ts";
import { isFromOwnPage } from "./origin.ts";
import { sessionCookie, startedSession } from "./session.ts";

const bodyBytesMax = 8_192;
const LinkBody = z.strictObject({ link: z.string().max(bodyBytesMax) });

/**
 * `POST /session` with any credential, or with `{"link": token}`: answers with the cookie and who it
 * is. Signing in is recorded in the member's own stream.
 */
export async function startSession(request: Request, env: Env): Promise<Response> {
  const now = Date.now();
  const body = LinkBody.safeParse(tryParseJson(await readRequestText(request, bodyBytesMax)));
  let principal: Principal;
  if (body.success) {
    // Otherwise another site could sign a browser in as somebody else.
    if (request.headers.has("origin") && !isFromOwnPage(request)) {
      throw new GatewayError("forbidden", "Links are opened on the gateway's own pages only.");
    }
    principal = await spendLink(body.data.link, env, now);
  } else {
    principal = await identifyNow(request, env, now, "audit");
  }
  await recordAccess(request, env, principal, "session.start", body.success ? "link" : "key");
  const { expiresAt, cookie } = startedSession(
    env.TALLYGATE_SECRET,
    principal,
    new URL(request.url),
    now,
  );
  return show({ ...principal, sessionEndsAt: expiresAt }, { "set-cookie": cookie });
}

/** `GET /session`: who a session or key belongs to, and what they are. */
export async function showSession(request: Request, env: Env): Promise<Response> {
  return show(await identifyNow(request, env, Date.now(), "audit"));
}

/**
 * `DELETE /session`: the cookie is taken back, whatever else happens: nobody stays signed in because
 * their books cannot be reached. Signing out of a session that still counts is recorded.
 */
export async function endSession(request: Request, env: Env, requestId: string): Promise<Response> {
  if (readCredential(request)?.kind === "session") {
    try {
      const principal = await identifyNow(request, env, Date.now(), "audit");
      await recordAccess(request, env, principal, "session.end", "console");
    } catch (error) {
      // One that is over, revoked or another page's has nobody to record.
      if (!(error instanceof GatewayError) || error.status >= 500) logFailure(requestId, error);
    }
  }
  return new Response(null, {
    status: 204,
    headers: { "set-cookie": sessionCookie("", new URL(request.url)) },
  });
}

function show(
  { organisation, member, sessionEndsAt }: Principal,
  headers: Record<string, string> = {},
): Response {
  const { id, role, name, team } = member;
  const end = sessionEndsAt === undefined ? {} : { expiresAt: sessionEndsAt };
  return Response.json(
    { organisation, member: id, role, ...optional({ name, team }), ...end },
    { headers: { "cache-control": "no-store", ...headers } },
  );
}

function optional(fields: Record<string, string | undefined>): Record<string, string> {
  const given = Object.entries(fields).filter(([, value]) => value !== undefined);
  return Object.fromEntries(given) as Record<string, string>;
}
