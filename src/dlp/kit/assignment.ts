/** `name = value` in the spellings of code, configuration, JSON, XML, logs and prose. */
import { ALNUM, DASH, DIGIT, LOWER, SPACE, UPPER, classOf, is } from "./chars.ts";
import type { Source } from "./source.ts";

const NAME_MAX = 56;
const VALUE_MAX = 512;
const VALUE_MIN = 6;
const STOPS = new Uint8Array(128);
for (const stop of "\"'`,;<>)]}|") STOPS[stop.charCodeAt(0)] = 1;

export interface Assignment {
  /** Lower-cased; underscores, hyphens and dots as written. */
  name: string;
  value: string;
  start: number;
  end: number;
  quoted: boolean;
  /** The value reached its bound. */
  cut: boolean;
}

function isNameCode(code: number): boolean {
  return is(code, ALNUM | DASH) || code === 46;
}

/** A quote of any kind, or the backslash before one. */
function isQuote(code: number): boolean {
  return code === 34 || code === 39 || code === 96 || code === 92;
}

/** Where a name would end before `at`, past blanks and quotes. */
function nameEnd(source: Source, at: number): number {
  const floor = Math.max(0, at - NAME_MAX - 8);
  let end = at;
  while (end > floor && (is(source.code(end - 1), SPACE) || isQuote(source.code(end - 1))))
    end -= 1;
  return end;
}

/** The name that ends before `at`, past blanks and quotes; for `value=`, that of the same tag. */
function nameBefore(source: Source, at: number): string {
  const floor = Math.max(0, at - NAME_MAX - 8);
  const end = nameEnd(source, at);
  let start = end;
  while (start > floor && isNameCode(source.code(start - 1))) start -= 1;
  const name = source.text.slice(start, end).toLowerCase();
  if (name !== "value" && name !== "val") return name;
  const tag = /(?:key|name|id)=["']([\w.-]{2,48})["']\s{1,3}$/i.exec(
    source.text.slice(Math.max(0, start - 60), start),
  );
  return tag?.[1]?.toLowerCase() ?? name;
}

/** Past operators, blanks and one opening quote at `at`. */
function valueStart(source: Source, at: number): { start: number; quote: number } {
  let index = at;
  while (index - at < 8) {
    const code = source.code(index);
    if (code !== 32 && code !== 61 && code !== 58 && code !== 62 && code !== 9 && code !== 40)
      break;
    index += 1;
  }
  if (source.code(index) === 92) index += 1;
  const code = source.code(index);
  if (code === 34 || code === 39 || code === 96) return { start: index + 1, quote: code };
  return { start: index, quote: 0 };
}

/**
 * The end of a value: its closing quote, or what ends an unquoted one. The second operator inside
 * an unquoted value ends it as well: a row of assignments is no value.
 */
function valueEnd(source: Source, start: number, quote: number): number {
  let end = start;
  let operators = 0;
  while (end - start < VALUE_MAX) {
    const code = source.code(end);
    if (code <= 32 || code > 126 || code === quote || code === 92) break;
    if (quote === 0) {
      if (isStop(code)) break;
      if ((code === 61 || code === 58) && is(source.code(end + 1), ALNUM)) {
        operators += 1;
        if (operators > 1 || end - start < VALUE_MIN) break;
      }
    }
    end += 1;
  }
  return end;
}

/** Quotes, brackets and punctuation that end an unquoted value. */
function isStop(code: number): boolean {
  return STOPS[code] === 1;
}

/**
 * The assignment whose operator ("=", ":", " is ") begins at `at`, if its name and value read.
 * Several detectors ask at the same place, so the last answer is kept.
 */
export function readAssignment(source: Source, at: number): Assignment | undefined {
  const { memo } = source;
  if (memo.at !== at) {
    const before = source.touched;
    source.touched = false;
    memo.at = at;
    memo.value = read(source, at);
    memo.touched = source.touched;
    source.touched = before;
  }
  if (memo.touched) source.touched = true;
  return memo.value as Assignment | undefined;
}

function read(source: Source, at: number): Assignment | undefined {
  const first = source.code(at + 1);
  if (first === 10 || first === 13 || first === 47) return undefined;
  const prose = source.code(at) === 32;
  if (prose && !source.has(at, " is ")) return undefined;
  const named = nameEnd(source, at);
  if (!isNameCode(source.code(named - 1)) || !isNameCode(source.code(named - 2))) return undefined;
  // The value first: most operators of prose and code have none long enough.
  const { start, quote } = valueStart(source, prose ? at + 4 : at);
  const end = valueEnd(source, start, quote);
  if (end - start < VALUE_MIN) return undefined;
  const name = nameBefore(source, at);
  if (name.length < 2) return undefined;
  if (quote === 0) {
    const last = source.code(end - 1);
    if (prose && (last === 46 || last === 63 || last === 33)) {
      return {
        name,
        value: source.text.slice(start, end - 1),
        start,
        end: end - 1,
        quoted: false,
        cut: false,
      };
    }
  }
  return {
    name,
    value: source.text.slice(start, end),
    start,
    end,
    quoted: quote !== 0,
    cut: end - start === VALUE_MAX,
  };
}

/** Which of digits, capitals and small letters a value has, as counts. */
export function mixture(value: string): {
  digits: number;
  upper: number;
  lower: number;
  other: number;
} {
  const counts = { digits: 0, upper: 0, lower: 0, other: 0 };
  for (let i = 0; i < value.length; i += 1) {
    const bits = classOf(value.charCodeAt(i));
    if ((bits & DIGIT) !== 0) counts.digits += 1;
    else if ((bits & UPPER) !== 0) counts.upper += 1;
    else if ((bits & LOWER) !== 0) counts.lower += 1;
    else counts.other += 1;
  }
  return counts;
}
