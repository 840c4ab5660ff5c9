/** `name = value` in the spellings of code, configuration, JSON, XML, logs and prose. */
import { ALNUM, DASH, DIGIT, LOWER, NONE, UPPER, is } from "./chars.ts";
import {
  MAY_TELL_PASSWORD,
  TELLS_NOTHING,
  endsIdeographic,
  glance,
  isNameCode,
  nameAt,
  nameEnd,
  nameFloor,
  nameStart,
  spelledOut,
} from "./names.ts";
import { operatorAt } from "./operators.ts";
import type { Source } from "./source.ts";

const VALUE_MAX = 512;
/** Before this a second operator makes the whole no value. */
const OPERATOR_FREE = 6;
/** Shorter values are nobody's secret, ... */
const VALUE_MIN = 8;
/** ... and so are, but for passwords, those that are shorter than this or have no digit ... */
const KEY_MIN = 10;
/** ... save the one kind that is told by its length. */
const AWS_SECRET = 40;
/** Longest id and longest name in a placeholder of the vault. */
const TOKEN_DETECTOR_CHARS = 72;
const TOKEN_NAME_CHARS = 10;
/** Operators that an unquoted value may hold as signs: padding, a URL, a qualified name. */
const SIGNS_MAX = 4;
export interface Assignment {
  /** In snake case; hyphens and dots as written. */
  name: string;
  start: number;
  end: number;
  quoted: boolean;
  /** The value reached its bound. */
  cut: boolean;
  /** What the value is made of, once somebody asked: see `mixOf`. */
  mix: Mixture | undefined;
}

/** The value of an assignment as text. */
export function valueOf({ text }: Source, { start, end }: Assignment): string {
  return text.slice(start, end);
}

/** What the value of an assignment is made of. */
export function mixOf({ codes }: Source, found: Assignment): Mixture {
  found.mix ??= mixture(codes, found.start, found.end);
  return found.mix;
}

/** What a character does before and in a value, by code. */
const KINDS = new Uint8Array(256);
/** Blanks, controls, backslashes and all outside printable ASCII end any value. */
const ENDS = 1;
const IS_DIGIT = 2;
/** Quotes, brackets and punctuation that end an unquoted value. */
const STOPS = 3;
/** Equals signs and colons. */
const ASSIGNS = 4;
KINDS.fill(ENDS, 0, 33);
KINDS.fill(ENDS, 127);
KINDS[92] = ENDS;
KINDS.fill(IS_DIGIT, 48, 58);
for (const stop of "\"'`,;<>)]}|") KINDS[stop.charCodeAt(0)] = STOPS;
KINDS[58] = KINDS[61] = ASSIGNS;

/** 1 for what may stand between an operator and its value: blank, tab and `=:>(`. */
const LEADS = new Uint8Array(256);
for (const lead of " \t=:>(") LEADS[lead.charCodeAt(0)] = 1;

const LEADS_MAX = 8;

/** What ends any value, and what ends an unquoted one, as bits by code. */
const BARS_ANY = 1;
const BARS_UNQUOTED = 2;
const BARS = KINDS.map((kind) => (kind === ENDS ? BARS_ANY : kind === STOPS ? BARS_UNQUOTED : 0));

/** The value that was walked last: its opening quote, or 0, and whether it has a digit. */
const walked = { quote: 0, hasDigit: false };

/** Past operators, blanks and one opening quote at `at`. */
function valueStart(source: Source, at: number): number {
  let index = at;
  while (index - at < LEADS_MAX && LEADS[source.code(index)] === 1) index += 1;
  if (source.code(index) === 92) index += 1;
  const code = source.code(index);
  const quoted = code === 34 || code === 39 || code === 96;
  walked.quote = quoted ? code : 0;
  return quoted ? index + 1 : index;
}

/**
 * Whether a value of some length may follow an operator that ends at `from`: a glance without a call,
 * since most operators of prose and tables have none. True where the text ends before it can be told.
 */
export function mayHoldValue({ codes, length }: Source, from: number): boolean {
  if (from + LEADS_MAX + 2 + VALUE_MIN > length) return true;
  let start = from;
  while (start - from < LEADS_MAX && LEADS[codes[start] ?? 0] === 1) start += 1;
  if (codes[start] === 92) start += 1;
  const code = codes[start];
  const quoted = code === 34 || code === 39 || code === 96;
  if (quoted) start += 1;
  // All of them are looked at, since where the first one stands cannot be foretold.
  let bars = 0;
  for (let i = start; i < start + VALUE_MIN; i += 1) bars |= BARS[codes[i] ?? 0] ?? 0;
  return (bars & (quoted ? BARS_ANY : BARS_ANY | BARS_UNQUOTED)) === 0;
}

/**
 * The end of a value: its closing quote, or what ends an unquoted one. The second operator inside
 * an unquoted value ends it as well, and so does a row of bare signs: assignments are no value.
 */
function valueEnd(source: Source, start: number): number {
  const { codes, length } = source;
  const { quote } = walked;
  const stop = Math.min(start + VALUE_MAX, length);
  let end = start;
  let operators = 0;
  let signs = 0;
  walked.hasDigit = false;
  for (; end < stop; end += 1) {
    const code = codes[end] ?? NONE;
    const kind = KINDS[code] ?? ENDS;
    if (kind === 0) continue;
    if (kind === IS_DIGIT) walked.hasDigit = true;
    else if (kind === ENDS || code === quote) return end;
    else if (quote === 0) {
      if (kind === STOPS) return end;
      signs += 1;
      if (signs > SIGNS_MAX) return end;
      if (is(source.code(end + 1), ALNUM)) {
        operators += 1;
        if (operators > 1 || end - start < OPERATOR_FREE) return end;
      }
    }
  }
  // What ends with the text may go on.
  if (end === length && end - start < VALUE_MAX) source.code(end);
  return end;
}

/**
 * The assignment whose operator (see `operators.ts`) begins at `at`, if its name and value read and
 * some detector may believe them: what no value of such a length or such letters can be is left out.
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

const OPENS_TOKEN = "[TOKEN:";

/** Whether a placeholder of the vault stands at an index: what it hides is hidden already. */
function isToken(source: Source, open: number): boolean {
  if (open < 0 || !source.has(open, OPENS_TOKEN)) return false;
  const detector = open + OPENS_TOKEN.length;
  const colon = source.run(detector, LOWER | DIGIT | DASH, detector + TOKEN_DETECTOR_CHARS + 1);
  if (colon === detector || source.code(colon) !== 58) return false;
  const end = source.run(colon + 1, LOWER | DIGIT, colon + 1 + TOKEN_NAME_CHARS + 1);
  return end > colon + 1 && end - colon - 1 <= TOKEN_NAME_CHARS && source.code(end) === 93;
}

function read(source: Source, at: number): Assignment | undefined {
  const operator = operatorAt(source, at);
  if (operator === undefined) return undefined;
  const { named, quoted, prose } = operator;
  const nameTo = named < 0 ? nameEnd(source, at) : operator.namedEnd;
  const ideographic = named < 0 && endsIdeographic(source, nameTo);
  if (named < 0 && !ideographic)
    if (!isNameCode(source.code(nameTo - 1)) || !isNameCode(source.code(nameTo - 2)))
      return undefined;
  const from = named < 0 ? nameStart(source, nameTo, nameFloor(at)) : named;
  const clue = ideographic ? MAY_TELL_PASSWORD : glance(source, from, nameTo);
  if (clue === TELLS_NOTHING) return undefined;
  const start = valueStart(source, operator.end);
  const { quote } = walked;
  if (quoted && quote === 0) return undefined;
  const end = valueEnd(source, start);
  const last = source.code(end - 1);
  const full = quote === 0 && prose && (last === 46 || last === 63 || last === 33) ? end - 1 : end;
  const length = full - start;
  if (length < VALUE_MIN) return undefined;
  if (clue !== MAY_TELL_PASSWORD && length !== AWS_SECRET && (!walked.hasDigit || length < KEY_MIN))
    return undefined;
  if (named < 0 && source.code(at) === 58) {
    if (isToken(source, at - 6) || isToken(source, from - OPENS_TOKEN.length)) return undefined;
  }
  const name = ideographic
    ? "password"
    : named < 0
      ? nameAt(source, from, nameTo, nameFloor(at))
      : spelledOut(source.text.slice(named, nameTo));
  if (name.length < 2) return undefined;
  return {
    name,
    start,
    end: full,
    quoted: quote !== 0,
    cut: end - start === VALUE_MAX,
    mix: undefined,
  };
}

/** How many digits, capitals, small letters and other characters a value has. */
export interface Mixture {
  digits: number;
  upper: number;
  lower: number;
  other: number;
  /** Which signs it has, as `SIGNS` has their bits. */
  signs: number;
  /** How often letters and digits change places: random values do it all the time, words do not. */
  turns: number;
}

/** Bits of the signs that values are told by; `ODD` stands for all that has no bit of its own. */
export const SIGNS = {
  join: 1,
  dot: 2,
  colon: 4,
  slash: 8,
  open: 16,
  equals: 32,
  odd: 64,
} as const;

/** Kinds by code, above them the bits of signs: others, then digits, capitals and small letters. */
const KIND_BITS = 2;
const TRAITS = Uint16Array.from({ length: 256 }, (_, code) =>
  is(code, DIGIT) ? 1 : is(code, UPPER) ? 2 : is(code, LOWER) ? 3 : SIGNS.odd << KIND_BITS,
);
for (const [signs, bit] of [
  ["_-", SIGNS.join],
  [".", SIGNS.dot],
  [":", SIGNS.colon],
  ["/", SIGNS.slash],
  ["([{", SIGNS.open],
  ["=+|", SIGNS.equals],
] as const)
  for (const sign of signs) TRAITS[sign.charCodeAt(0)] = bit << KIND_BITS;

const mixed = new Int32Array(4);

/** The mixture of the folded codes from an index up to another. */
export function mixture(codes: Uint8Array, from: number, to: number): Mixture {
  mixed.fill(0);
  let bits = 0;
  let turns = 0;
  let last = 0;
  for (let i = from; i < to; i += 1) {
    const traits = TRAITS[codes[i] ?? 0] ?? 0;
    bits |= traits;
    const kind = traits & 3;
    mixed[kind] = (mixed[kind] ?? 0) + 1;
    if (kind === 0) continue;
    const side = kind === 1 ? 1 : 2;
    if (last !== 0 && side !== last) turns += 1;
    last = side;
  }
  const [other = 0, digits = 0, upper = 0, lower = 0] = mixed;
  return { digits, upper, lower, other, signs: bits >> KIND_BITS, turns };
}
