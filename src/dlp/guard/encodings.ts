/**
 * Finds and decodes encoded runs inside a text: base64, hex, and escapes (percent, `\x41`, `\u0041`,
 * HTML character references). Only runs that decode to readable text are returned. Linear: every
 * pattern is a run of one character class, and the decoded length is bounded.
 */
import { encodedRunCharsMax } from "./limits.ts";

/** A run that decoded to readable text. */
export interface DecodedRun {
  readonly kind: "base64" | "hex";
  readonly text: string;
}

const base64Run = /[A-Za-z0-9+/_-]{20,}={0,2}/g;
const hexRun = /(?:[0-9A-Fa-f]{2}[ :]?){12,}/g;
const runsMax = 32;

/** The readable texts encoded in `text`, in order, at most 32 of each kind. */
export function decodeRuns(text: string): DecodedRun[] {
  const out: DecodedRun[] = [];
  collect(out, text, base64Run, "base64", base64Bytes);
  collect(out, text, hexRun, "hex", hexBytes);
  return out;
}

function collect(
  out: DecodedRun[],
  text: string,
  pattern: RegExp,
  kind: DecodedRun["kind"],
  toBytes: (run: string) => Uint8Array,
): void {
  let tried = 0;
  for (const match of text.matchAll(pattern)) {
    if (++tried > runsMax) return;
    const decoded = readable(toBytes(match[0].slice(0, encodedRunCharsMax)));
    if (decoded !== null) out.push({ kind, text: decoded });
  }
}

const sextets = new Int8Array(128).fill(-1);
const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
for (let at = 0; at < alphabet.length; at++) sextets[alphabet.charCodeAt(at)] = at;
sextets[0x2d] = 62;
sextets[0x5f] = 63;

function base64Bytes(run: string): Uint8Array {
  const bytes = new Uint8Array(Math.floor((run.length * 3) / 4));
  let length = 0;
  let bits = 0;
  let held = 0;
  for (let at = 0; at < run.length; at++) {
    const value = sextets[run.charCodeAt(at)]!;
    if (value < 0) break;
    bits = ((bits << 6) | value) & 0xffff;
    held += 6;
    if (held >= 8) {
      held -= 8;
      bytes[length++] = (bits >> held) & 0xff;
    }
  }
  return bytes.subarray(0, length);
}

function hexBytes(run: string): Uint8Array {
  const digits = run.replace(/[ :]/g, "");
  const bytes = new Uint8Array(digits.length >> 1);
  for (let at = 0; at < bytes.length; at++)
    bytes[at] = Number.parseInt(digits.slice(at * 2, at * 2 + 2), 16);
  return bytes;
}

const utf8 = new TextDecoder("utf-8");

/** The bytes as text when they read like text: nearly no control or broken characters, some spaces. */
function readable(bytes: Uint8Array): string | null {
  if (bytes.length < 10) return null;
  let odd = 0;
  for (const byte of bytes)
    if (byte < 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) odd++;
  if (odd * 20 > bytes.length) return null;
  const text = utf8.decode(bytes);
  let broken = 0;
  for (let at = 0; at < text.length; at++) if (text.charCodeAt(at) === 0xfffd) broken++;
  return broken * 20 > text.length ? null : text;
}

const escapeMark =
  /%[0-9A-Fa-f]{2}|\\x[0-9A-Fa-f]{2}|\\u[0-9A-Fa-f]{4}|&#(?:\d{1,6}|x[0-9A-Fa-f]{1,5});/g;
const escapesMin = 4;

/** The text with its escapes decoded, or null where it has fewer than four. */
export function unescapeText(text: string): string | null {
  if (!text.includes("%") && !text.includes("\\") && !text.includes("&#")) return null;
  let found = 0;
  const out = text.replace(escapeMark, (mark) => {
    found++;
    return String.fromCharCode(escapedCode(mark));
  });
  return found >= escapesMin ? out : null;
}

function escapedCode(mark: string): number {
  if (mark.startsWith("%")) return Number.parseInt(mark.slice(1), 16);
  if (mark.startsWith("\\")) return Number.parseInt(mark.slice(2), 16);
  const body = mark.slice(2, -1);
  const code = body.startsWith("x")
    ? Number.parseInt(body.slice(1), 16)
    : Number.parseInt(body, 10);
  return code > 0xffff ? 0x20 : code;
}
