/** Base64 of modest length: decoded and looked into, so that a value does not hide in it. */
import { ALNUM, B64, DASH, is } from "./kit/chars.ts";
import { BASE64_RUN_CHARS_MAX, BASE64_RUN_CHARS_MIN } from "./limits.ts";

const CLASS = ALNUM | B64 | DASH;
const EQUALS = 61;
/** Decoded text is text: at most one character in so many may be outside printable ASCII. */
const PRINTABLE_SHARE = 0.97;

/** Where the run of base64 characters that ends right before `at` begins; -1 when it is too long. */
export function runStart(text: string, at: number): number {
  let start = at;
  while (
    start > 0 &&
    at - start <= BASE64_RUN_CHARS_MAX + 2 &&
    is(text.charCodeAt(start - 1), CLASS)
  ) {
    start -= 1;
  }
  return at - start > BASE64_RUN_CHARS_MAX ? -1 : start;
}

/**
 * Calls back for every run of modest length that begins at or after `from`. Probes every
 * sixteenth character only: a run that long cannot hide between two probes.
 */
export function eachRun(
  text: string,
  from: number,
  seen: (start: number, end: number) => void,
): void {
  let probe = from + BASE64_RUN_CHARS_MIN - 1;
  let last = from;
  while (probe < text.length) {
    if (!is(text.charCodeAt(probe), CLASS)) {
      probe += BASE64_RUN_CHARS_MIN;
      continue;
    }
    let start = probe;
    while (start > last && is(text.charCodeAt(start - 1), CLASS)) start -= 1;
    let end = probe + 1;
    while (end < text.length && is(text.charCodeAt(end), CLASS)) end += 1;
    const whole = start > from || from === 0 || !is(text.charCodeAt(start - 1), CLASS);
    const length = end - start;
    if (whole && length >= BASE64_RUN_CHARS_MIN && length <= BASE64_RUN_CHARS_MAX) {
      let stop = end;
      while (stop < end + 2 && text.charCodeAt(stop) === EQUALS) stop += 1;
      seen(start, stop);
    }
    last = end;
    probe = end + BASE64_RUN_CHARS_MIN;
  }
}

/** The decoded text of a run, or undefined when it is not base64 of readable text. */
export function decodeRun(run: string): string | undefined {
  const bare = run.replaceAll("=", "").replaceAll("-", "+").replaceAll("_", "/");
  if (bare.length % 4 === 1) return undefined;
  let decoded: string;
  try {
    if (!readable(atob(bare.slice(0, 16)))) return undefined;
    decoded = atob(bare);
  } catch {
    return undefined;
  }
  return readable(decoded) ? decoded : undefined;
}

function readable(text: string): boolean {
  let plain = 0;
  for (let i = 0; i < text.length; i += 1) {
    const code = text.charCodeAt(i);
    if ((code >= 32 && code < 127) || code === 10 || code === 13 || code === 9) plain += 1;
  }
  return text.length > 0 && plain >= text.length * PRINTABLE_SHARE;
}
