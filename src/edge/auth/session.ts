/**
 * Sessions for the console: a signed cookie that names organisation and member, for twelve hours.
 *
 * The cookie says who somebody is, not what they may do: role and membership are asked of the
 * PolicyActor at each use, so a removed member's cookie is worth nothing.
 */
import { createHmac, timingSafeEqual } from "node:crypto";
import * as z from "zod";
import { tryParseJson } from "#events/parse-json.ts";
import { SESSION_COOKIE } from "./credentials.ts";

export const sessionMs = 12 * 60 * 60 * 1000;

const Session = z.strictObject({
  organisation: z.string(),
  member: z.string(),
  expiresAt: z.int(),
});
export type Session = z.infer<typeof Session>;

function sign(secret: string, payload: string): Buffer {
  return createHmac("sha256", secret).update(`session.v1.${payload}`).digest();
}

/** The cookie's value for a session. */
export function sealSession(secret: string, session: Session): string {
  const payload = Buffer.from(JSON.stringify(session)).toString("base64url");
  return `v1.${payload}.${sign(secret, payload).toString("base64url")}`;
}

/** The session of a cookie; `undefined` when it was forged, altered or is over. */
export function openSession(secret: string, cookie: string, at: number): Session | undefined {
  const [version, payload, signature] = cookie.split(".");
  if (version !== "v1" || payload === undefined || signature === undefined) return undefined;
  const given = Buffer.from(signature, "base64url");
  const expected = sign(secret, payload);
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) return undefined;
  const text = Buffer.from(payload, "base64url").toString();
  const session = Session.safeParse(tryParseJson(text));
  return session.success && session.data.expiresAt > at ? session.data : undefined;
}

/** The `set-cookie` header that keeps a session, or ends it. `Secure` off plain-HTTP localhost. */
export function sessionCookie(value: string, url: URL): string {
  const secure = url.protocol === "https:" ? "; Secure" : "";
  const age = value === "" ? 0 : sessionMs / 1000;
  return `${SESSION_COOKIE}=${value}; Path=/; HttpOnly; SameSite=Strict; Max-Age=${age}${secure}`;
}
