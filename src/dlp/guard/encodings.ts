/**
 * Finds and decodes encoded runs inside a text: base64, hex, and escapes (percent, `\x41`, `\u0041`,
 * HTML character references). Only runs that decode to readable text are returned. Linear: every
 * pattern is a run of one character class, and the decoded length is bounded.
 */
import { unitsOf } from "./buffers.ts";
import { encodedRunCharsMax } from "./limits.ts";

/** A run that decoded to readable text. */
export interface DecodedRun {
  readonly kind: "base64" | "hex";
  readonly text: string;
}

const base64CharsMin = 20;
const hexCharsMin = 24;
const hexRun = /(?:[0-9A-Fa-f]{2}[ :]?){12,}/g;
const runsMax = 32;

/** The readable texts encoded in `text`, in order, at most 32 of each kind. */
export function decodeRuns(text: string, units = unitsOf(text)): DecodedRun[] {
  const out: DecodedRun[] = [];
  const base64: string[] = [];
  eachRun(text, units, BASE64, base64CharsMin, (run) => {
    base64.push(run);
    return base64.length < runsMax;
  });
  collect(out, base64, "base64", base64Bytes);
  const hex: string[] = [];
  eachRun(text, units, SPACED_HEX, hexCharsMin, (run) => {
    hex.push(...(run.match(hexRun) ?? []));
    return hex.length < runsMax;
  });
  collect(out, hex.slice(0, runsMax), "hex", hexBytes);
  return out;
}

function collect(
  out: DecodedRun[],
  runs: readonly string[],
  kind: DecodedRun["kind"],
  toBytes: (run: string) => Uint8Array,
): void {
  for (const run of runs) {
    const decoded = readable(toBytes(run.slice(0, encodedRunCharsMax)));
    if (decoded !== null) out.push({ kind, text: decoded });
  }
}

const BASE64 = 1;
const SPACED_HEX = 2;
/** What runs are made of: base64 in both alphabets, hex with signs between. */
const kinds = new Uint8Array(128);
for (let code = 0; code < 128; code++) {
  const char = String.fromCharCode(code);
  kinds[code] = (/[\w+/-]/.test(char) ? BASE64 : 0) | (/[\dA-Fa-f :]/.test(char) ? SPACED_HEX : 0);
}

const isOf = (kind: number, unit: number): boolean => unit < 128 && (kinds[unit]! & kind) !== 0;

/**
 * Visits each run of `least` units and more that are all of a kind, until a visit says no. One of them
 * stands at a multiple of `least`, so that hardly any others are looked at in a text of words.
 */
function eachRun(
  text: string,
  units: Uint16Array,
  kind: number,
  least: number,
  visit: (run: string) => boolean,
): void {
  const { length } = text;
  for (let at = least - 1; at < length; at += least) {
    if (!isOf(kind, units[at]!)) continue;
    let from = at;
    while (from > 0 && isOf(kind, units[from - 1]!)) from--;
    let to = at + 1;
    while (to < length && isOf(kind, units[to]!)) to++;
    if (to - from >= least && !visit(text.slice(from, to))) return;
    // The next to look at is the first that may end a run after this one.
    at = to;
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
