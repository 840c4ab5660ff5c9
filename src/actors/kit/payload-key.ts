/**
 * A subject's key for kept payloads, and where their objects are. The key is made and kept by the
 * subject's own actor, wrapped under one that only the deployment's secret gives; so neither a copy of
 * an actor's storage nor one of the bucket can be read alone, and destroying the one key destroys all
 * that it encrypted.
 */
import { createCipheriv, createDecipheriv, createHash, hkdfSync } from "node:crypto";

const IV_BYTES = 12;
const TAG_BYTES = 16;
const KEY_BYTES = 32;
const DAY_MS = 86_400_000;

/** A subject's key as it is stored and sent. */
export interface WrappedKey {
  id: string;
  /** AES-256-GCM under the deployment's wrapping key, base64: nonce, ciphertext, tag. */
  wrapped: string;
}

/** A subject's key, opened. */
export interface OpenKey {
  id: string;
  key: Uint8Array;
}

const wrappingKeys = new Map<string, Uint8Array>();

function wrappingKey(secret: string): Uint8Array {
  let key = wrappingKeys.get(secret);
  if (key === undefined) {
    key = new Uint8Array(hkdfSync("sha256", secret, "", "tallygate payload keys v1", KEY_BYTES));
    wrappingKeys.set(secret, key);
  }
  return key;
}

/** Nonce, ciphertext, tag; `about` is bound to it, so that it opens in its own place alone. */
export function encrypt(
  key: Uint8Array,
  nonce: Uint8Array,
  text: Uint8Array,
  about: string,
): Uint8Array {
  const cipher = createCipheriv("aes-256-gcm", key, nonce);
  cipher.setAAD(Buffer.from(about));
  return Buffer.concat([nonce, cipher.update(text), cipher.final(), cipher.getAuthTag()]);
}

/** What `encrypt` hid; `undefined` when the key or the place is another one, or a bit has changed. */
export function decrypt(key: Uint8Array, bytes: Uint8Array, about: string): Uint8Array | undefined {
  if (bytes.length < IV_BYTES + TAG_BYTES) return undefined;
  try {
    const cipher = createDecipheriv("aes-256-gcm", key, bytes.subarray(0, IV_BYTES));
    cipher.setAAD(Buffer.from(about));
    cipher.setAuthTag(bytes.subarray(bytes.length - TAG_BYTES));
    const body = bytes.subarray(IV_BYTES, bytes.length - TAG_BYTES);
    return Buffer.concat([cipher.update(body), cipher.final()]);
  } catch {
    return undefined;
  }
}

const aboutKey = (stream: string, id: string): string => `key\n${stream}\n${id}`;

/** A fresh key of a subject, from 60 random bytes: its id, its nonce, itself. */
export function makeSubjectKey(secret: string, stream: string, random: Uint8Array): WrappedKey {
  const id = Buffer.from(random.subarray(0, 16)).toString("hex");
  const nonce = random.subarray(16, 16 + IV_BYTES);
  const key = random.subarray(16 + IV_BYTES, 16 + IV_BYTES + KEY_BYTES);
  const bytes = encrypt(wrappingKey(secret), nonce, key, aboutKey(stream, id));
  return { id, wrapped: Buffer.from(bytes).toString("base64") };
}

export const SUBJECT_KEY_RANDOM_BYTES = 16 + IV_BYTES + KEY_BYTES;

/** Opens a wrapped key; `undefined` under another deployment's secret. */
export function openSubjectKey(
  secret: string,
  stream: string,
  { id, wrapped }: WrappedKey,
): OpenKey | undefined {
  const bytes = Buffer.from(wrapped, "base64");
  const key = decrypt(wrappingKey(secret), bytes, aboutKey(stream, id));
  return key === undefined ? undefined : { id, key };
}

/** The folder of what a subject's key encrypted; a stream's name is a keyed hash, so it tells nothing. */
export function payloadFolder(stream: string, keyId: string): string {
  return `${stream}/${keyId}/`;
}

/** The day, UTC, after which a payload is deleted; days sort as they pass. */
export function payloadDay(expiresAt: number): string {
  return new Date(expiresAt).toISOString().slice(0, 10);
}

/** When everything of a day may be deleted, milliseconds. */
export function endOfDay(day: string): number {
  return Date.parse(day) + DAY_MS;
}

/** The object of a request's payload. */
export function payloadName(
  stream: string,
  keyId: string,
  expiresAt: number,
  requestId: string,
): string {
  return `${payloadFolder(stream, keyId)}${payloadDay(expiresAt)}/${requestId}`;
}

export function sha256OfBytes(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** What a payload's ciphertext is bound to. */
export function aboutPayload(stream: string, requestId: string): string {
  return `payload\n${stream}\n${requestId}`;
}

export const PAYLOAD_NONCE_BYTES = IV_BYTES;
