/**
 * SHA-256 in one call: a hash object for each of a request's hashes costs twice as much, and for each
 * of an archive's leaves and nodes four times.
 */
import { hash } from "node:crypto";
import { sha256OfShort, shortCharsMax } from "./sha256-blocks.ts";

/** Whether this is a Worker; Node and browsers are better off with what stands for `node:crypto` there. */
const isWorker = typeof navigator === "object" && navigator.userAgent === "Cloudflare-Workers";

/** SHA-256 of the bytes, or of the text's UTF-8 bytes, hex. */
export function sha256Hex(data: string | Uint8Array): string {
  const isShort = isWorker && typeof data === "string" && data.length <= shortCharsMax;
  return isShort ? sha256OfShort(data) : hash("sha256", data, "hex");
}

/** What a character stands for in hex; what is no digit counts as nothing. */
const digits = new Uint8Array(128);
for (let digit = 0; digit < 16; digit += 1) digits[digit.toString(16).charCodeAt(0)] = digit;

/** Writes the 32 bytes of a hash, 64 hex digits, into `target` from `at` on. */
export function writeHash(hex: string, target: Uint8Array, at: number): void {
  for (let index = 0; index < 32; index += 1) {
    const high = digits[hex.charCodeAt(index * 2)] ?? 0;
    const low = digits[hex.charCodeAt(index * 2 + 1)] ?? 0;
    target[at + index] = high * 16 + low;
  }
}

/** SHA-256 of the bytes, written into `target` from `at` on: 32 bytes, and no text of them in between. */
export function sha256Into(data: Uint8Array, target: Uint8Array, at: number): void {
  // A string of bytes is what Node hands over fastest: a buffer of its own costs twice as much.
  const digest = hash("sha256", data, "binary");
  for (let index = 0; index < 32; index += 1) target[at + index] = digest.charCodeAt(index);
}

/** 32 bytes from `at` on as a hash, hex. */
export function readHash(bytes: Uint8Array, at: number): string {
  let hex = "";
  for (let index = at; index < at + 32; index += 1) hex += pairs[bytes[index] ?? 0] ?? "";
  return hex;
}

/** Each byte in hex. */
const pairs = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));
