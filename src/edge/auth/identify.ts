/**
 * Who calls. Two strengths: `identify` for model calls, from an isolate's memory where it can
 * (a revoked key is still refused, by the fence in its UserActor); `identifyNow` for everything that
 * reads or changes the books, which asks the PolicyActor each time.
 */
import { timingSafeEqual } from "node:crypto";
import type { Env } from "#actors/kit/env.ts";
import { policyName } from "#actors/kit/names.ts";
import { keyEntryName, type KeyEntry } from "#actors/policy/key-mirror.ts";
import type { KeyAccess } from "#events/policy-events.ts";
import { tryParseJson } from "#events/parse-json.ts";
import { sha256Hex } from "#events/sha256.ts";
import { hashSecret, type ApiKey } from "#policy/api-key.ts";
import type { Principal } from "#policy/snapshot.ts";
import { GatewayError } from "../errors.ts";
import { principalCacheMs, principalsCachedMax } from "../limits.ts";
import type { PlainHeaders } from "../plain-headers.ts";
import { boundCallerOf } from "./binding.ts";
import { readCredential, type Credential, whatWasBrought } from "./credentials.ts";
import { isFromOwnPage, isSafe } from "./origin.ts";
import { withinScope } from "./scope.ts";
import { openSession, type Session } from "./session.ts";
import { isTicket, openTicket } from "./ticket.ts";
import { readIssuers, verifyToken } from "./tokens.ts";

interface Known {
  principal: Principal | null;
  until: number;
}

const known = new Map<string, Known>();

/** The caller of a model call, whose plan judges the scope of their key; throws `unauthenticated`. */
export async function identify(
  request: Request,
  env: Env,
  at: number,
  headers?: PlainHeaders,
): Promise<Principal> {
  const credential = requireCredential(request, headers);
  // It counts at one address only, so it is not remembered.
  if (credential.kind === "token" && isTicket(credential.token)) {
    return accept(await lookUp(request, credential, env, at, true));
  }
  const id = cacheKey(credential);
  const cached = known.get(id);
  if (cached !== undefined && cached.until > at) return accept(cached.principal);
  const principal = await lookUp(request, credential, env, at, true);
  if (known.size >= principalsCachedMax) {
    const oldest = known.keys().next().value;
    if (oldest !== undefined) known.delete(oldest);
  }
  known.set(id, { principal, until: at + principalCacheMs });
  return accept(principal);
}

/**
 * The caller as the PolicyActor knows them at this moment, whose key is for `access`; throws
 * `unauthenticated` or `key_scope`.
 */
export async function identifyNow(
  request: Request,
  env: Env,
  at: number,
  access: KeyAccess,
): Promise<Principal> {
  const principal = accept(await lookUp(request, requireCredential(request), env, at, false));
  return withinScope(request, principal, access);
}

const HOW =
  "Send one as `Authorization: Bearer tg_...` (or x-api-key, x-goog-api-key, api-key, x-tallygate-key, cf-aig-authorization).";

const NO_KEY = {
  nothing: `No Tallygate key was found. ${HOW}`,
  foreign: `The key that was sent is not a Tallygate key: those start with tg_. ${HOW} A provider's own key goes beside it, in the provider's header.`,
  broken:
    "The Tallygate key that was sent is not whole: a key reads tg_organisation_id_secret. Copy it again, or ask an admin of your organisation for a new one.",
} as const;

function requireCredential(request: Request, headers?: PlainHeaders): Credential {
  const caller = boundCallerOf(request);
  if (caller !== undefined) return { kind: "binding", caller };
  const credential = readCredential(request, headers);
  if (credential === undefined) {
    throw new GatewayError("unauthenticated", NO_KEY[whatWasBrought(request)]);
  }
  // A browser sends its cookies wherever the page came from: what changes something must be ours.
  const isAmbient =
    credential.kind === "session" || (credential.kind === "token" && credential.ambient === true);
  if (isAmbient && !isSafe(request.method) && !isFromOwnPage(request)) {
    throw new GatewayError("forbidden", "A session acts from the gateway's own pages only.");
  }
  return credential;
}

function accept(principal: Principal | null): Principal {
  if (principal !== null) return principal;
  throw new GatewayError(
    "unauthenticated",
    "This key, or the key that this session was started with, is unknown, expired or revoked. Ask an admin of your organisation for a new one.",
  );
}

/** Credentials are remembered by hash, so that a dump of an isolate's memory names no key. */
function cacheKey(credential: Credential): string {
  if (credential.kind === "binding") {
    return `${credential.caller.organisation}/${credential.caller.member}`;
  }
  const text =
    credential.kind === "api-key"
      ? credential.raw
      : credential.kind === "token"
        ? credential.token
        : credential.cookie;
  return sha256Hex(text);
}

async function lookUp(
  request: Request,
  credential: Credential,
  env: Env,
  at: number,
  replicaWillDo: boolean,
): Promise<Principal | null> {
  if (credential.kind === "api-key") return lookUpKey(credential.key, env, at, replicaWillDo);
  const named =
    credential.kind === "binding"
      ? credential.caller
      : credential.kind === "token"
        ? isTicket(credential.token)
          ? openTicket(env.TALLYGATE_SECRET, credential.token, request, at)
          : await verifyToken(readIssuers(env.TALLYGATE_JWT_ISSUERS), credential.token, at)
        : openSession(env.TALLYGATE_SECRET, credential.cookie, at);
  if (named === undefined) return null;
  const { expiresAt, keyId } = named as Partial<Session>;
  const found = await policyOf(env, named.organisation).lookUpMember(named.member, keyId);
  const isSession = credential.kind === "session" && expiresAt !== undefined;
  return found !== null && isSession ? { ...found, sessionEndsAt: expiresAt } : found;
}

async function lookUpKey(
  key: ApiKey,
  env: Env,
  at: number,
  replicaWillDo: boolean,
): Promise<Principal | null> {
  const secretHash = hashSecret(key.secret);
  if (replicaWillDo) {
    const stored = await env.KEYS.get(keyEntryName(key.organisation, key.keyId)).catch(() => null);
    const entry = stored === null ? undefined : (tryParseJson(stored) as KeyEntry | undefined);
    if (entry !== undefined && (entry.principal.keyExpiresAt ?? Infinity) > at) {
      if (sameHash(entry.secretHash, secretHash)) return entry.principal;
    }
  }
  return policyOf(env, key.organisation).lookUpKey(key.keyId, secretHash, at);
}

function sameHash(a: string, b: string): boolean {
  const left = Buffer.from(a, "hex");
  const right = Buffer.from(b, "hex");
  return left.length === right.length && timingSafeEqual(left, right);
}

function policyOf(env: Env, organisation: string) {
  return env.POLICY.getByName(policyName(env.TALLYGATE_SECRET, organisation));
}
