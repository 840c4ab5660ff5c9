/** `name = value` in the spellings of code, configuration, JSON, XML, logs and prose. */
import { ALNUM, DIGIT, LOWER, UPPER, classOf, is } from "./chars.ts";
import { isNameCode, nameBefore, nameEnd, spelledOut } from "./names.ts";
import { operatorAt } from "./operators.ts";
import type { Source } from "./source.ts";

const VALUE_MAX = 512;
const VALUE_MIN = 6;
/** Operators that an unquoted value may hold as signs: padding, a URL, a qualified name. */
const SIGNS_MAX = 8;
const STOPS = new Uint8Array(128);
for (const stop of "\"'`,;<>)]}|") STOPS[stop.charCodeAt(0)] = 1;

export interface Assignment {
  /** In snake case; hyphens and dots as written. */
  name: string;
  value: string;
  start: number;
  end: number;
  quoted: boolean;
  /** The value reached its bound. */
  cut: boolean;
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
 * an unquoted value ends it as well, and so does a row of bare signs: assignments are no value.
 */
function valueEnd(source: Source, start: number, quote: number): number {
  let end = start;
  let operators = 0;
  let signs = 0;
  while (end - start < VALUE_MAX) {
    const code = source.code(end);
    if (code <= 32 || code > 126 || code === quote || code === 92) break;
    if (quote === 0) {
      if (isStop(code)) break;
      if (code === 61 || code === 58) {
        signs += 1;
        if (signs > SIGNS_MAX) break;
        if (is(source.code(end + 1), ALNUM)) {
          operators += 1;
          if (operators > 1 || end - start < VALUE_MIN) break;
        }
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
 * The assignment whose operator (see `operators.ts`) begins at `at`, if its name and value read.
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
  const operator = operatorAt(source, at);
  if (operator === undefined) return undefined;
  const { prose } = operator;
  if (operator.named < 0) {
    const named = nameEnd(source, at);
    if (!isNameCode(source.code(named - 1)) || !isNameCode(source.code(named - 2)))
      return undefined;
  }
  // The value first: most operators of prose and code have none long enough.
  const { start, quote } = valueStart(source, operator.end);
  if (operator.quoted && quote === 0) return undefined;
  const end = valueEnd(source, start, quote);
  if (end - start < VALUE_MIN) return undefined;
  const name =
    operator.named < 0
      ? nameBefore(source, at)
      : spelledOut(source.text.slice(operator.named, operator.namedEnd));
  if (name.length < 2) return undefined;
  const last = source.code(end - 1);
  const full = quote === 0 && prose && (last === 46 || last === 63 || last === 33) ? end - 1 : end;
  return {
    name,
    value: source.text.slice(start, full),
    start,
    end: full,
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
