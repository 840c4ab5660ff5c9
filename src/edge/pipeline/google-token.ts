/**
 * Access tokens for Google's service accounts: a JWT signed with the account's key is traded for a
 * token, which this isolate keeps until shortly before its end.
 */
import { importPKCS8, SignJWT } from "jose";
import * as z from "zod";
import { sha256Hex } from "#events/sha256.ts";
import { tryParseJson } from "#events/parse-json.ts";
import type { GoogleKey } from "#providers/google-key.ts";
import { readText } from "../body.ts";
import { GatewayError } from "../errors.ts";
import { errorBytesMax } from "../limits.ts";

const SCOPE = "https://www.googleapis.com/auth/cloud-platform";
/** Google takes assertions of an hour at most; ours are used at once. */
const assertionSeconds = 300;
/** A token is not used for a call that may outlive it. */
const spareMs = 60_000;
/** Accounts whose tokens are remembered; an organisation has a few. */
const tokensMax = 100;

const Token = z.object({
  access_token: z.string().min(1).max(8_192),
  expires_in: z.number().positive().max(86_400).default(3_600),
});

const tokens = new Map<string, { token: string; until: number }>();

/** A token for `key`; throws a typed refusal when there is none to be had. */
export async function googleToken(
  key: GoogleKey,
  at: number,
  signal: AbortSignal | undefined,
): Promise<string> {
  // By hash, so that a dump of an isolate's memory names no key here.
  const id = sha256Hex(JSON.stringify([key.clientEmail, key.privateKey, key.tokenUri]));
  const kept = tokens.get(id);
  if (kept !== undefined && kept.until > at) return kept.token;
  const { access_token: token, expires_in: seconds } = await fetchToken(key, at, signal);
  const [oldest] = tokens.keys();
  if (tokens.size >= tokensMax && oldest !== undefined) tokens.delete(oldest);
  tokens.set(id, { token, until: at + seconds * 1_000 - spareMs });
  return token;
}

async function fetchToken(key: GoogleKey, at: number, signal: AbortSignal | undefined) {
  const assertion = await assertionOf(key, at);
  const body = new URLSearchParams({
    grant_type: "urn:ietf:params:oauth:grant-type:jwt-bearer",
    assertion,
  });
  const response = await fetch(key.tokenUri, {
    method: "POST",
    body,
    redirect: "manual",
    ...(signal !== undefined && { signal }),
  });
  const text = (await readText(response, errorBytesMax)) ?? "";
  const token = response.ok ? Token.safeParse(tryParseJson(text)).data : undefined;
  if (token !== undefined) return token;
  // 4xx: the key is wrong, revoked or not allowed; asking again with it changes nothing.
  const retryable = response.status >= 500 || response.status === 429;
  throw new GatewayError(
    "provider_error",
    `Google gave no token for the gateway's service account (status ${response.status}). Tell your operator.`,
    { retryable },
  );
}

async function assertionOf(key: GoogleKey, at: number): Promise<string> {
  const now = Math.floor(at / 1_000);
  const header = { alg: "RS256", typ: "JWT", ...(key.privateKeyId && { kid: key.privateKeyId }) };
  try {
    return await new SignJWT({ scope: SCOPE })
      .setProtectedHeader(header)
      .setIssuer(key.clientEmail)
      .setAudience(key.tokenUri)
      .setIssuedAt(now)
      .setExpirationTime(now + assertionSeconds)
      .sign(await importPKCS8(key.privateKey, "RS256"));
  } catch {
    throw new GatewayError(
      "provider_not_configured",
      "The secret with Google's service account holds no private key that can be read (PKCS #8, as in its JSON file). Tell your operator.",
    );
  }
}
