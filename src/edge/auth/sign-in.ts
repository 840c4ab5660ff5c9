/**
 * Signing in to the console with the organisation's identity provider: OpenID Connect's authorization
 * code flow with PKCE (OpenID Connect Core 1.0, section 3.1; RFC 7636). It ends in a session like any
 * other. What a browser must bring back lies in a cookie of its own, so that nobody can finish in one
 * browser what was begun in another.
 */
import { createHash, randomBytes } from "node:crypto";
import * as z from "zod";
import type { Env } from "#actors/kit/env.ts";
import { policyName } from "#actors/kit/names.ts";
import { namedSecret } from "#actors/kit/secrets.ts";
import { tryParseJson } from "#events/parse-json.ts";
import type { Principal } from "#policy/snapshot.ts";
import { recordAccess } from "../access.ts";
import { readText } from "../body.ts";
import { GatewayError } from "../errors.ts";
import { signInAnswerBytesMax, signInMs, signInTimeoutMs } from "../limits.ts";
import { readCookie } from "./credentials.ts";
import { startedSession } from "./session.ts";
import { openValue, sealValue } from "./signed.ts";
import { readIssuers, verifyIdToken, type SignInIssuer } from "./tokens.ts";

/** Where the ways to sign in are listed, and below which each begins and ends. */
export const PROVIDERS_PATH = "/session/providers";
const CONSOLE = "/console/";
const COOKIE = "tallygate_sign_in";

/** What the browser keeps between leaving for the provider and coming back. */
const Begun = z.strictObject({
  id: z.string(),
  state: z.string(),
  nonce: z.string(),
  verifier: z.string(),
  expiresAt: z.int(),
});

/** What a provider sends a browser back with; either a code or the reason why there is none. */
const Returned = z.object({
  state: z.string().max(200),
  code: z.string().min(1).max(4_096).optional(),
});

/** What is read of OpenID Connect Discovery 1.0, section 3. */
const Discovered = z.object({
  issuer: z.string(),
  authorization_endpoint: z.url(),
  token_endpoint: z.url(),
});

const Granted = z.object({ id_token: z.string().min(1) });

/** Why somebody came back without a session; the console has a sentence for each. */
type Problem = "declined" | "stale" | "unavailable" | "stranger";

/** `GET /session/providers`: the ways to sign in beside a key, for the door. */
export function listProviders(env: Env): Response {
  const providers = waysIn(env).map(({ signIn: { id, name } }) => ({ id, name }));
  return Response.json({ providers }, { headers: { "cache-control": "no-store" } });
}

/** `GET /session/providers/{id}`: sends the browser to the provider. */
export async function beginSignIn(request: Request, env: Env, id: string): Promise<Response> {
  const issuer = wayIn(env, id);
  const discovered = await discover(issuer).catch(() => undefined);
  if (discovered === undefined) return back("unavailable");
  const [state, nonce, verifier] = [random(), random(), random()];
  const begun = { id, state, nonce, verifier, expiresAt: Date.now() + signInMs };
  const url = new URL(discovered.authorization_endpoint);
  const asked = {
    response_type: "code",
    client_id: issuer.signIn.clientId,
    redirect_uri: returnTo(request, id),
    scope: issuer.signIn.scope,
    state,
    nonce,
    code_challenge: createHash("sha256").update(verifier).digest("base64url"),
    code_challenge_method: "S256",
  };
  for (const [name, value] of Object.entries(asked)) url.searchParams.set(name, value);
  const cookie = cookieOf(request, sealValue(env.TALLYGATE_SECRET, "sign-in", begun), signInMs);
  return leave(url.href, [cookie]);
}

/** `GET /session/providers/{id}/callback`: the browser is back; a session, or the door with a reason. */
export async function finishSignIn(request: Request, env: Env, id: string): Promise<Response> {
  const issuer = wayIn(env, id);
  const now = Date.now();
  const end = (problem: Problem): Response => back(problem, cookieOf(request, "", 0));
  const kept = readCookie(request.headers.get("cookie"), COOKIE) ?? "";
  const begun = openValue(env.TALLYGATE_SECRET, "sign-in", kept, Begun);
  const params = Object.fromEntries(new URL(request.url).searchParams);
  const returned = Returned.safeParse(params).data;
  if (begun === undefined || begun.expiresAt <= now || begun.id !== id) return end("stale");
  if (returned === undefined || returned.state !== begun.state) return end("stale");
  if (returned.code === undefined) return end("declined");
  const token = await redeem(env, issuer, returned.code, begun.verifier, returnTo(request, id));
  if (token === undefined) return end("unavailable");
  const named = await verifyIdToken(issuer, token, begun.nonce, now);
  if (named === undefined) return end("stranger");
  const policy = env.POLICY.getByName(policyName(env.TALLYGATE_SECRET, named.organisation));
  const principal: Principal | null = await policy.lookUpMember(named.member);
  if (principal === null) return end("stranger");
  await recordAccess(request, env, principal, "session.start", id);
  const { cookie } = startedSession(env.TALLYGATE_SECRET, principal, new URL(request.url), now);
  return leave(CONSOLE, [cookie, cookieOf(request, "", 0)]);
}

function waysIn(env: Env): SignInIssuer[] {
  return readIssuers(env.TALLYGATE_JWT_ISSUERS).filter(
    (issuer): issuer is SignInIssuer => issuer.signIn !== undefined,
  );
}

function wayIn(env: Env, id: string): SignInIssuer {
  const issuer = waysIn(env).find(({ signIn }) => signIn.id === id);
  if (issuer === undefined) throw new GatewayError("not_found", "There is no such way to sign in.");
  return issuer;
}

const discoveries = new Map<string, z.infer<typeof Discovered>>();

/** The provider's addresses; throws when it does not tell them, or is not who it should be. */
async function discover({ issuer }: SignInIssuer): Promise<z.infer<typeof Discovered>> {
  const known = discoveries.get(issuer);
  if (known !== undefined) return known;
  const url = `${issuer.replace(/\/$/, "")}/.well-known/openid-configuration`;
  const found = Discovered.parse(await askJson(url, {}));
  if (found.issuer !== issuer) throw new Error("the provider names another issuer");
  discoveries.set(issuer, found);
  return found;
}

/** The ID token for a code (RFC 6749, section 4.1.3); `undefined` when the provider gives none. */
async function redeem(
  env: Env,
  issuer: SignInIssuer,
  code: string,
  verifier: string,
  redirectUri: string,
): Promise<string | undefined> {
  const { clientId, clientSecret } = issuer.signIn;
  const body = new URLSearchParams({
    grant_type: "authorization_code",
    code,
    redirect_uri: redirectUri,
    client_id: clientId,
    code_verifier: verifier,
  });
  const headers: Record<string, string> = {};
  if (clientSecret !== undefined) {
    // Both are form-encoded before they are joined: RFC 6749, section 2.3.1.
    const pair = [clientId, namedSecret(env, clientSecret) ?? ""].map(encodeURIComponent);
    headers["authorization"] = `Basic ${btoa(pair.join(":"))}`;
  }
  try {
    const { token_endpoint: url } = await discover(issuer);
    return Granted.parse(await askJson(url, { method: "POST", headers, body })).id_token;
  } catch {
    return undefined;
  }
}

/** A provider's JSON answer, in time and within bounds; throws for anything else. */
async function askJson(url: string, init: RequestInit): Promise<unknown> {
  const signal = AbortSignal.timeout(signInTimeoutMs);
  const answer = await fetch(url, { ...init, signal, redirect: "manual" });
  const text = await readText(answer, signInAnswerBytesMax);
  if (!answer.ok || text === undefined) throw new Error(`the provider answered ${answer.status}`);
  return tryParseJson(text);
}

const random = (): string => randomBytes(32).toString("base64url");

function returnTo(request: Request, id: string): string {
  return new URL(`${PROVIDERS_PATH}/${id}/callback`, request.url).href;
}

/** Lax, not Strict: the way back begins on the provider's page. */
function cookieOf(request: Request, value: string, ageMs: number): string {
  const secure = new URL(request.url).protocol === "https:" ? "; Secure" : "";
  return `${COOKIE}=${value}; Path=${PROVIDERS_PATH}; HttpOnly; SameSite=Lax; Max-Age=${ageMs / 1_000}${secure}`;
}

function back(problem: Problem, cookie?: string): Response {
  return leave(`${CONSOLE}?sign-in=${problem}`, cookie === undefined ? [] : [cookie]);
}

function leave(location: string, cookies: readonly string[]): Response {
  const headers = new Headers({ location, "cache-control": "no-store" });
  for (const cookie of cookies) headers.append("set-cookie", cookie);
  return new Response(null, { status: 303, headers });
}
