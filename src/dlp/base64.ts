/** Base64 of modest length: decoded and looked into, so that a value does not hide in it. */
import { ALNUM, B64, DASH, is } from "./kit/chars.ts";
import type { Places } from "./places.ts";
import { BASE64_RUN_CHARS_MAX, BASE64_RUN_CHARS_MIN } from "./limits.ts";

/** What base64 and base64url are made of. */
export const BASE64_CLASS = ALNUM | B64 | DASH;
const CLASS = BASE64_CLASS;
const EQUALS = 61;
/** Decoded text is text: at most one character in so many may be outside printable ASCII. */
const PRINTABLE_SHARE = 0.97;

/** Where the run of base64 characters that ends right before `at` begins; -1 when it is too long. */
export function runStart(codes: Uint8Array, at: number): number {
  const floor = Math.max(0, at - BASE64_RUN_CHARS_MAX - 3);
  let start = at;
  while (start > floor && is(codes[start - 1] ?? 0, CLASS)) start -= 1;
  return at - start > BASE64_RUN_CHARS_MAX ? -1 : start;
}

/** A run of base64 characters, with the signs of padding after it. */
export interface Run {
  start: number;
  end: number;
}

/**
 * The runs of modest length that begin at or after `from`, given places inside of them, ascending,
 * which may be inside of shorter and longer runs as well.
 */
export function runsAround(
  codes: Uint8Array,
  length: number,
  from: number,
  { blocks, blockCount }: Pick<Places, "blocks" | "blockCount">,
): readonly Run[] {
  const runs: Run[] = [];
  let walked = from;
  for (let k = 0; k < blockCount; k += 1) {
    const inside = blocks[k] ?? 0;
    if (inside < walked) continue;
    let start = inside;
    while (start > from && is(codes[start - 1] ?? 0, CLASS)) start -= 1;
    let end = inside + 1;
    while (end < length && is(codes[end] ?? 0, CLASS)) end += 1;
    walked = end;
    // A run that began before `from` is not one of these.
    if (start === from && from > 0 && is(codes[from - 1] ?? 0, CLASS)) continue;
    if (end - start < BASE64_RUN_CHARS_MIN || end - start > BASE64_RUN_CHARS_MAX) continue;
    while (end < Math.min(walked + 2, length) && codes[end] === EQUALS) end += 1;
    runs.push({ start, end });
  }
  return runs;
}

/** The six bits of every base64 and base64url character. */
const SIXES = new Uint8Array(256);
"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".split("").forEach((sign, i) => {
  SIXES[sign.charCodeAt(0)] = i;
});
SIXES[45] = 62;
SIXES[95] = 63;

function six(codes: Uint8Array, at: number): number {
  return SIXES[codes[at] ?? 0] ?? 0;
}

/** Whether the first twelve bytes that a run spells are text: names and paths end here, unread. */
export function looksReadable(codes: Uint8Array, start: number): boolean {
  for (let i = start; i < start + BASE64_RUN_CHARS_MIN; i += 4) {
    const bytes =
      (six(codes, i) << 18) |
      (six(codes, i + 1) << 12) |
      (six(codes, i + 2) << 6) |
      six(codes, i + 3);
    if (!isPlain(bytes >> 16) || !isPlain((bytes >> 8) & 255) || !isPlain(bytes & 255))
      return false;
  }
  return true;
}

/** Printable ASCII, a tab or a line end. */
function isPlain(code: number): boolean {
  return (code >= 32 && code < 127) || code === 10 || code === 13 || code === 9;
}

/** The decoded text of a run, or undefined when it is not base64 of readable text. */
export function decodeRun(run: string): string | undefined {
  const bare = run.replaceAll("=", "").replaceAll("-", "+").replaceAll("_", "/");
  if (bare.length % 4 === 1) return undefined;
  let decoded: string;
  try {
    decoded = atob(bare);
  } catch {
    return undefined;
  }
  return readable(decoded) ? decoded : undefined;
}

function readable(text: string): boolean {
  let plain = 0;
  for (let i = 0; i < text.length; i += 1) {
    if (isPlain(text.charCodeAt(i))) plain += 1;
  }
  return text.length > 0 && plain >= text.length * PRINTABLE_SHARE;
}
