/** Bank identifier codes (ISO 9362), believed only after the words BIC or SWIFT. */
import { ALPHA, LOWER, NONE, UPPER, is } from "../kit/chars.ts";
import type { Candidate, Detector } from "../kit/detector.ts";
import { isLink } from "../kit/link.ts";
import type { Source } from "../kit/source.ts";

/** ISO 3166 codes, which stand in the fifth and sixth place: a first letter, then every second. */
const COUNTRIES = new Set(
  (
    "ADEFGILMORTUWZ BABDEFGHIJMNORSTWYZ CADFGHILMNORUVWYZ DEJKMOZ ECEGRST FIJOR " +
    "GABDEGHILMNQRTWY HKNRTU IDELMNQRST JEMOP KEGHMNRWYZ LABCIKRSTUVY MACDEGKLMNORTUVWXYZ " +
    "NACEGILOPZ OM PAEFGHKLSTY QA ROSUW SABCDEGIKLMNORTVYZ TCDGHJLMNORTWZ UAGSYZ VACEGNU WS " +
    "XK YE ZAMW"
  )
    .split(" ")
    .flatMap(([first = "", ...seconds]) => seconds.map((second) => first + second)),
);

/** How far after the word a code may stand: a header row above it, a field's name around it. */
const WINDOW_CHARS = 64;
const CODE = /(?<![A-Za-z0-9])[A-Z]{6}[A-Z0-9]{2}(?:[A-Z0-9]{3})?(?![A-Za-z0-9_])/g;

/** A code in small letters, which prose might spell by chance: only as the value of a field. */
const SMALL_CODE =
  /^(\/(?:bic|swift))?([ _-]?code)?["']? ?[:=] ?["']?([a-z]{6}[a-z0-9]{2}(?:[a-z0-9]{3})?)(?![A-Za-z0-9_-])/;

/** Longest stretch between the word and the sign that assigns a code to it: "/swift code\"" and a blank. */
const SIGN_CHARS = 14;
const COLON = 58;
const EQUALS = 61;
const LETTERS = 6;

/** Whether six small letters stand behind the first colon or equals sign: a glance without a pattern. */
function maySmall({ codes, length }: Source, from: number): boolean {
  let at = from;
  const stop = Math.min(length, from + SIGN_CHARS);
  while (at < stop && codes[at] !== COLON && codes[at] !== EQUALS) at += 1;
  if (at === stop) return false;
  at += 1;
  while (at < length && at - stop < 4 && !is(codes[at] ?? NONE, ALPHA)) at += 1;
  for (let i = at; i < at + LETTERS; i += 1)
    if (i >= length || !is(codes[i] ?? NONE, LOWER)) return false;
  return true;
}

/** Whether six capitals stand in a row between two indexes: every code begins so. */
function hasCapitals({ codes }: Source, from: number, to: number): boolean {
  let past = from + LETTERS;
  while (past <= to) {
    let start = past;
    while (start > past - LETTERS && is(codes[start - 1] ?? NONE, UPPER)) start -= 1;
    if (start === past - LETTERS) return true;
    past = start + LETTERS;
  }
  return false;
}

function smallCodeIn(text: string, from: number, bare: boolean): Candidate | undefined {
  const [whole = "", other, field, code = ""] = SMALL_CODE.exec(text) ?? [];
  if (!COUNTRIES.has(code.slice(4, 6).toUpperCase())) return undefined;
  // "swift: delivery" is a label of its own.
  if (!bare && other === undefined && field === undefined && !/[0-9]/.test(code)) return undefined;
  const end = from + whole.length;
  return { start: end - code.length, end, confidence: 0.7, why: ["shape", "context"] };
}

/** The code nearest after the word; a word of capitals far from it is none, unless a digit is in it. */
function codeIn(source: Source, from: number, bare: boolean): Candidate | undefined {
  // Asking for the last character that may count notes an unfinished text.
  source.code(from + WINDOW_CHARS);
  const small = maySmall(source, from);
  const capitals = hasCapitals(source, from, Math.min(source.length, from + WINDOW_CHARS));
  if (!small && !capitals) return undefined;
  const text = source.text.slice(from, from + WINDOW_CHARS);
  for (const found of text.matchAll(CODE)) {
    const [code] = found;
    if (!COUNTRIES.has(code.slice(4, 6)) || found.index + code.length === WINDOW_CHARS) continue;
    const near = isLink(text.slice(0, found.index).replace(/^[ ]?[/|,] ?(?:bic|swift)/i, ""));
    const apart = /["'|,;:>\t\n=] ?$/.test(text.slice(0, found.index));
    if (!near && !(apart && (/[0-9]/.test(code) || code.length === 11))) continue;
    const start = from + found.index;
    return { start, end: start + code.length, confidence: 0.85, why: ["shape", "context"] };
  }
  return smallCodeIn(text, from, bare);
}

export const bic: Detector = {
  id: "bic",
  title: "Bank identifier code (BIC, SWIFT)",
  version: 3,
  groups: ["financial"],
  evidence: "shape, context",
  prefilter: { kind: "literals", literals: ["bic", "swift"], ignoreCase: true },
  maxLength: 11,
  validate(source, at) {
    const word = source.has(at, "B") || source.has(at, "b") ? 3 : 5;
    if (!source.opens(at)) return undefined;
    const name = source.text.slice(at, at + word).toLowerCase();
    if (name !== "bic" && name !== "swift") {
      source.code(at + word);
      return undefined;
    }
    return codeIn(source, at + word, word === 3);
  },
};
