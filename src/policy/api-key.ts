/**
 * API keys as callers write them: `tg_{organisation}_{keyId}_{secret}`. The organisation and the key
 * id find the record without a lookup table; only a hash of the secret is ever kept.
 */
import { createHash } from "node:crypto";

/** Base32 without letters that are mistaken for others; 5 bits a character. */
const ALPHABET = "abcdefghijkmnpqrstuvwxyz23456789";
const KEY_ID_CHARS = 12;
const SECRET_CHARS = 40;

/** Random bytes that `makeKey` takes. */
export const KEY_BYTES = KEY_ID_CHARS + SECRET_CHARS;

/** The names organisations may have: they stand in keys. */
export const organisationPattern = /^[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?$/;

/** A key taken apart. */
export interface ApiKey {
  organisation: string;
  keyId: string;
  secret: string;
}

/** Makes a key of 60 bits of id and 200 bits of secret from `KEY_BYTES` random bytes. */
export function makeKey(organisation: string, random: Uint8Array): ApiKey {
  if (random.length < KEY_BYTES) throw new RangeError(`a key takes ${KEY_BYTES} random bytes`);
  const text = Array.from(random.subarray(0, KEY_BYTES), (byte) => ALPHABET[byte & 31]).join("");
  return { organisation, keyId: text.slice(0, KEY_ID_CHARS), secret: text.slice(KEY_ID_CHARS) };
}

/** The text that a caller sends. */
export function formatKey({ organisation, keyId, secret }: ApiKey): string {
  return `tg_${organisation}_${keyId}_${secret}`;
}

/** Takes a key apart; undefined for anything that is not one of ours. */
export function parseKey(text: string): ApiKey | undefined {
  // Longer than any key: not worth looking at.
  if (text.length > 128) return undefined;
  const [prefix, organisation = "", keyId = "", secret = "", ...rest] = text.split("_");
  if (prefix !== "tg" || rest.length > 0 || !organisationPattern.test(organisation)) {
    return undefined;
  }
  if (keyId.length !== KEY_ID_CHARS || !WORD.test(keyId)) return undefined;
  if (secret.length !== SECRET_CHARS || !WORD.test(secret)) return undefined;
  return { organisation, keyId, secret };
}

/** Texts of the alphabet alone. */
const WORD = /^[a-km-np-z2-9]*$/;

/** What is kept of a secret: SHA-256, hex. 200 random bits need no slow hash. */
export function hashSecret(secret: string): string {
  return createHash("sha256").update(secret).digest("hex");
}
