/**
 * Access tokens for Google's service accounts: a JWT signed with the account's key is traded for a
 * token, which this isolate keeps until shortly before its end.
 */
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

/** What Google takes for a token: a JSON Web Token of the account's (RFC 7523), signed with RS256. */
async function assertionOf(key: GoogleKey, at: number): Promise<string> {
  const now = Math.floor(at / 1_000);
  const header = { alg: "RS256", typ: "JWT", ...(key.privateKeyId && { kid: key.privateKeyId }) };
  const claims = {
    scope: SCOPE,
    iss: key.clientEmail,
    aud: key.tokenUri,
    iat: now,
    exp: now + assertionSeconds,
  };
  const text = `${jsonInBase64Url(header)}.${jsonInBase64Url(claims)}`;
  try {
    const signer = await importKey(key.privateKey);
    const signature = await crypto.subtle.sign(RS256, signer, Buffer.from(text));
    return `${text}.${Buffer.from(signature).toString("base64url")}`;
  } catch {
    throw new GatewayError(
      "provider_not_configured",
      "The secret with Google's service account holds no private key that can be read (PKCS #8, as in its JSON file). Tell your operator.",
    );
  }
}

const RS256 = { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" };
/** RFC 7518, section 3.3: a shorter key may not sign. */
const modulusBitsMin = 2_048;
const PEM_START = "-----BEGIN PRIVATE KEY-----";

const jsonInBase64Url = (value: object): string =>
  Buffer.from(JSON.stringify(value)).toString("base64url");

/** A key for signatures out of PKCS #8 in PEM (RFC 7468); throws for anything else. */
async function importKey(pem: string): Promise<CryptoKey> {
  if (!pem.startsWith(PEM_START)) throw new Error("no private key in PEM");
  const base64 = pem.replaceAll(/-----(?:BEGIN|END) PRIVATE KEY-----|\s/g, "");
  const bytes = Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
  const key = await crypto.subtle.importKey("pkcs8", bytes, RS256, false, ["sign"]);
  const { algorithm } = key;
  const modulusBits = "modulusLength" in algorithm ? algorithm.modulusLength : 0;
  if (modulusBits < modulusBitsMin) throw new Error("the key is too short");
  return key;
}
