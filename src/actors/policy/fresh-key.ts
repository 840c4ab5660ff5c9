/** New API keys, and the comparison of their secrets. */
import { timingSafeEqual } from "node:crypto";
import { type ApiKey, KEY_BYTES, makeKey } from "#policy/api-key.ts";

/** A key from the runtime's own randomness. */
export function newKey(organisation: string): ApiKey {
  return makeKey(organisation, crypto.getRandomValues(new Uint8Array(KEY_BYTES)));
}

/** Compares two SHA-256 in hex without telling by its time where they differ. */
export function sameHash(a: string, b: string): boolean {
  const left = new TextEncoder().encode(a);
  const right = new TextEncoder().encode(b);
  return left.length === right.length && timingSafeEqual(left, right);
}
