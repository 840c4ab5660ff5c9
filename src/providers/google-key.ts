/**
 * A Google service account's key as Google's console hands it out: JSON with the account's address,
 * its private key and where tokens are to be had (developers.google.com/identity/protocols/oauth2/
 * service-account).
 */
import { asString, parseObject } from "./json.ts";

export interface GoogleKey {
  clientEmail: string;
  /** PKCS #8 in PEM. */
  privateKey: string;
  privateKeyId?: string;
  tokenUri: string;
}

const TOKEN_URI = "https://oauth2.googleapis.com/token";

/** The key in a credential; `undefined` for one of another form, such as an access token. */
export function readGoogleKey(credential: string): GoogleKey | undefined {
  const body = credential.trimStart().startsWith("{") ? parseObject(credential) : undefined;
  const clientEmail = asString(body?.["client_email"]);
  const privateKey = asString(body?.["private_key"]);
  if (clientEmail === undefined || privateKey === undefined) return undefined;
  const tokenUri = asString(body?.["token_uri"]) ?? TOKEN_URI;
  const privateKeyId = asString(body?.["private_key_id"]);
  return { clientEmail, privateKey, tokenUri, ...(privateKeyId !== undefined && { privateKeyId }) };
}
