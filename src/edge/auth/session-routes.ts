/** Signing in and out of the console: a key is traded for a cookie. */
import type { Env } from "#actors/kit/env.ts";
import { identifyNow } from "./identify.ts";
import { sealSession, sessionCookie, sessionMs } from "./session.ts";

/** `POST /session` with any credential: answers with the cookie and who it is. */
export async function startSession(request: Request, env: Env): Promise<Response> {
  const now = Date.now();
  const { organisation, member } = await identifyNow(request, env, now);
  const expiresAt = now + sessionMs;
  const value = sealSession(env.TALLYGATE_SECRET, { organisation, member: member.id, expiresAt });
  return Response.json(
    { organisation, member: member.id, role: member.role, expiresAt },
    { headers: { "set-cookie": sessionCookie(value, new URL(request.url)) } },
  );
}

/** `DELETE /session`: the cookie is taken back. */
export function endSession(request: Request): Response {
  return new Response(null, {
    status: 204,
    headers: { "set-cookie": sessionCookie("", new URL(request.url)) },
  });
}
