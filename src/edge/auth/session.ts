/**
 * Sessions for the console: a signed cookie that names organisation and member, for twelve hours.
 *
 * The cookie says who somebody is, not what they may do: role, membership and the key that the session
 * was started with are asked of the PolicyActor at each use, so the cookie of a removed member, or of
 * a revoked key, is worth nothing.
 */
import * as z from "zod";
import type { Principal } from "#policy/snapshot.ts";
import { SESSION_COOKIE } from "./credentials.ts";
import { openValue, sealValue } from "./signed.ts";

export const sessionMs = 12 * 60 * 60 * 1000;

const Session = z.strictObject({
  organisation: z.string(),
  member: z.string(),
  /** The key that it was started with: it ends with it. */
  keyId: z.string().optional(),
  expiresAt: z.int(),
});
export type Session = z.infer<typeof Session>;

/** The cookie's value for a session. */
export function sealSession(secret: string, session: Session): string {
  return sealValue(secret, "session", session);
}

/** The session of a cookie; `undefined` when it was forged, altered or is over. */
export function openSession(secret: string, cookie: string, at: number): Session | undefined {
  const session = openValue(secret, "session", cookie, Session);
  return session !== undefined && session.expiresAt > at ? session : undefined;
}

/** The `set-cookie` header that keeps a session, or ends it. `Secure` off plain-HTTP localhost. */
export function sessionCookie(value: string, url: URL): string {
  const secure = url.protocol === "https:" ? "; Secure" : "";
  const age = value === "" ? 0 : sessionMs / 1000;
  return `${SESSION_COOKIE}=${value}; Path=/; HttpOnly; SameSite=Strict; Max-Age=${age}${secure}`;
}

/** The session that somebody's signing in begins, and the header that keeps it in their browser. */
export function startedSession(
  secret: string,
  { organisation, member, keyId }: Principal,
  url: URL,
  at: number,
): { expiresAt: number; cookie: string } {
  const expiresAt = at + sessionMs;
  const session: Session = { organisation, member: member.id, expiresAt };
  if (keyId !== undefined) session.keyId = keyId;
  return { expiresAt, cookie: sessionCookie(sealSession(secret, session), url) };
}
