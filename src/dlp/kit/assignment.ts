/** `name = value` in the spellings of code, configuration, JSON, XML, logs and prose. */
import { ALNUM, DASH, DIGIT, LOWER, NONE, is } from "./chars.ts";
import { COUNTS, ENDS, STOPS, TRAITS, fillMixture, mixInto, type Mixture } from "./mixture.ts";
import {
  MAY_TELL_PASSWORD,
  TELLS_NOTHING,
  endsIdeographic,
  glance,
  isNameCode,
  nameEnd,
  nameFloor,
  nameStart,
  spellName,
} from "./names.ts";
import { operatorAt } from "./operators.ts";
import type { Source } from "./source.ts";
import { Spelled } from "./spelled.ts";

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

/** What was read last of a text: another one is read into the same object. */
export interface Assignment {
  /** In snake case; hyphens and dots as written. */
  readonly name: Spelled;
  start: number;
  end: number;
  quoted: boolean;
  /** The value reached its bound. */
  cut: boolean;
  /** What the value is made of. */
  readonly mix: Mixture;
}

/** The value of an assignment as text. */
export function valueOf({ text }: Source, { start, end }: Assignment): string {
  return text.slice(start, end);
}

/** 1 for what may stand between an operator and its value: blank, tab and `=:>(`. */
const LEADS = new Uint8Array(256);
for (const lead of " \t=:>(") LEADS[lead.charCodeAt(0)] = 1;

const LEADS_MAX = 8;

/** The value that was walked last: its opening quote, or 0, and what it was read into. */
const walked = { quote: 0, into: undefined as Assignment | undefined };

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
  let traits = 0;
  for (let i = start; i < start + VALUE_MIN; i += 1) traits |= TRAITS[codes[i] ?? 0] ?? 0;
  return (traits & (quoted ? ENDS : ENDS | STOPS)) === 0;
}

/** Stretches of a value are kept by the last bits of where they begin: four numbers of each. */
const KEPT_MASK = 31;
const KEPT_FIELDS = 4;
/** Those of the text that was read last: one for all, as short texts would have one each. */
const kept = new Int32Array((KEPT_MASK + 1) * KEPT_FIELDS);

/**
 * Counts the stretch from an index on that nothing ends and no operator parts, as far as `stop`, and
 * answers where its numbers are: one more than where it begins, its end, its counts and its traits.
 * Hostile texts begin a value in every stretch of a value before, so what was walked is kept.
 */
function findStretch(codes: Uint8Array, from: number, stop: number): number {
  const place = (from & KEPT_MASK) * KEPT_FIELDS;
  if (kept[place] === from + 1 && (kept[place + 1] ?? 0) < stop) return place;
  let end = from;
  let counts = 0;
  let traits = 0;
  for (; end < stop; end += 1) {
    const code = codes[end] ?? NONE;
    const trait = TRAITS[code] ?? ENDS;
    if (trait >= ENDS) break;
    counts += COUNTS[code] ?? 0;
    traits |= trait;
  }
  kept[place] = end < stop ? from + 1 : 0;
  kept[place + 1] = end;
  kept[place + 2] = counts;
  kept[place + 3] = traits;
  return place;
}

/**
 * The end of a value: its closing quote, or what ends an unquoted one. The second operator inside
 * an unquoted value ends it as well, and so does a row of bare signs: assignments are no value. What
 * it is made of is counted on the way.
 */
function valueEnd(source: Source, start: number, into: Assignment): number {
  const { codes, length } = source;
  // Every text has an assignment of its own that is read into.
  if (walked.into !== into) kept.fill(0);
  walked.into = into;
  const { quote } = walked;
  const stop = Math.min(start + VALUE_MAX, length);
  let end = start;
  let operators = 0;
  let signs = 0;
  let counts = 0;
  let traits = 0;
  for (; end < stop; end += 1) {
    const place = findStretch(codes, end, stop);
    end = kept[place + 1] ?? stop;
    counts += kept[place + 2] ?? 0;
    traits |= kept[place + 3] ?? 0;
    if (end === stop) break;
    const code = codes[end] ?? NONE;
    const trait = TRAITS[code] ?? ENDS;
    if (trait >= STOPS ? code === quote : true) break;
    if (quote === 0) {
      if ((trait & STOPS) !== 0) break;
      signs += 1;
      if (signs > SIGNS_MAX) break;
      if (is(source.code(end + 1), ALNUM)) {
        operators += 1;
        if (operators > 1 || end - start < OPERATOR_FREE) break;
      }
    }
    counts += COUNTS[code] ?? 0;
    traits |= trait;
  }
  // What ends with the text may go on.
  if (end === length && end - start < VALUE_MAX) source.code(end);
  fillMixture(into.mix, end - start, counts, traits);
  return end;
}

/**
 * The assignment whose operator (see `operators.ts`) begins at `at`, if its name and value read and
 * some detector may believe them: what no value of such a length or such letters can be is left out.
 * Several detectors ask at the same place, so the last answer is kept.
 */
export function readAssignment(source: Source, at: number): Readonly<Assignment> | undefined {
  const { memo } = source;
  if (memo.at !== at) {
    const before = source.touched;
    source.touched = false;
    memo.at = at;
    memo.value ??= newAssignment();
    memo.reads = read(source, at, memo.value);
    memo.touched = source.touched;
    source.touched = before;
  }
  if (memo.touched) source.touched = true;
  return memo.reads ? memo.value : undefined;
}

function newAssignment(): Assignment {
  const mix = { digits: 0, upper: 0, lower: 0, other: 0, signs: 0 };
  return { name: new Spelled(), start: -1, end: -1, quoted: false, cut: false, mix };
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

/** Reads the assignment at an index; answers whether there is one. */
function read(source: Source, at: number, found: Assignment): boolean {
  const operator = operatorAt(source, at);
  if (operator === undefined) return false;
  const { named, quoted, prose } = operator;
  const nameTo = named < 0 ? nameEnd(source, at) : operator.namedEnd;
  const ideographic = named < 0 && endsIdeographic(source, nameTo);
  if (named < 0 && !ideographic)
    if (!isNameCode(source.code(nameTo - 1)) || !isNameCode(source.code(nameTo - 2))) return false;
  const from = named < 0 ? nameStart(source, nameTo, nameFloor(at)) : named;
  const clue = ideographic ? MAY_TELL_PASSWORD : glance(source, from, nameTo);
  if (clue === TELLS_NOTHING) return false;
  const { name, mix } = found;
  const start = valueStart(source, operator.end);
  const { quote } = walked;
  if (quoted && quote === 0) return false;
  const end = valueEnd(source, start, found);
  const last = source.code(end - 1);
  const full = quote === 0 && prose && (last === 46 || last === 63 || last === 33) ? end - 1 : end;
  const length = full - start;
  if (length < VALUE_MIN) return false;
  if (clue !== MAY_TELL_PASSWORD && length !== AWS_SECRET && (mix.digits === 0 || length < KEY_MIN))
    return false;
  if (named < 0 && source.code(at) === 58) {
    if (isToken(source, at - 6) || isToken(source, from - OPENS_TOKEN.length)) return false;
  }
  if (ideographic) name.set("password");
  else if (named < 0) spellName(source, from, nameTo, nameFloor(at), name);
  else name.spell(source.text, source.codes, named, nameTo);
  if (name.length < 2) return false;
  found.start = start;
  found.end = full;
  found.quoted = quote !== 0;
  found.cut = end - start === VALUE_MAX;
  if (full !== end) mixInto(mix, source.codes, start, full);
  return true;
}
