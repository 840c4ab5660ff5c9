/** The name that a value is assigned to, read backwards from the operator. */
import { ALNUM, ALPHA, DASH, LETTER_LIKE, NONE, OTHER, SPACE, is } from "./chars.ts";
import type { Source } from "./source.ts";
import type { Spelled } from "./spelled.ts";

const NAME_MAX = 56;
/** More verbs in a row before a value are no sentence: a text of nothing else would be gone back through. */
const VERBS_MAX = 4;
const BLANK = 32;
/** How far the field that holds the name may stand before the field that holds its value. */
const FIELD_CHARS = 96;

/** Letters of any script, digits, hyphens, underscores and dots. */
export function isNameCode(code: number): boolean {
  return is(code, ALNUM | DASH) || code === 46 || code === LETTER_LIKE;
}

/** 1 for the codes of names. */
const NAME_CODES = Uint8Array.from({ length: 256 }, (_, code) => (isNameCode(code) ? 1 : 0));

/** A quote of any kind, or the backslash before one. */
function isQuote(code: number): boolean {
  return code === 34 || code === 39 || code === 96 || code === 92;
}

/** Where a name would end before `at`, past blanks, quotes, emphasis and the bracket of an index. */
export function nameEnd(source: Source, at: number): number {
  const floor = nameFloor(at);
  const { codes } = source;
  let end = at;
  while (end > floor) {
    const code = codes[end - 1] ?? NONE;
    if (is(code, ALNUM)) break;
    const index = code === 93 && isQuote(source.code(end - 2));
    if (!is(code, SPACE) && !isQuote(code) && code !== 42 && !index) break;
    end -= 1;
  }
  return end;
}

/** Fields that only say "what follows is the value". */
const VALUE_FIELDS = ["value", "val", "default", "default_value", "string_value"];
/** Types that stand where a name does, ... */
const TYPES = ["string", "str", "any", "text"];
/** ... and verbs. */
const VERBS = ["is", "was"];
/** The field before it that holds the name: an attribute, a line of YAML, a block of Terraform. */
const NAME_FIELD =
  /(?:\b(?:key|name|id)["']?\s{0,2}[=:]\s{0,2}|\bvariable\s)["']?([\w.-]{2,48})["']?,?\s{0,2}[{>]?(?:\s{1,8}(?:type|sensitive)\s{0,4}=[^\n]{0,12})?[\s"'<]{1,10}$/i;
/** Types between a name and its value: "let name: string = ...". */
const TYPE = /(?:^|[^\w.-])([\w-]{2,48})\??: ?(?:string|str|&str|char|text|any)\s{0,3}$/i;

/** Longest of all these, and 1 for what they begin with. */
const STAND_IN_CHARS = "default_value".length;
const STANDS_IN = new Uint8Array(256);
for (const word of [...VALUE_FIELDS, ...TYPES, ...VERBS]) STANDS_IN[word.charCodeAt(0)] = 1;

/** By code: the bit of a letter, whatever its case; 0 for what is no letter. */
const LETTER_BITS = Int32Array.from({ length: 256 }, (_, code) =>
  is(code, ALPHA) ? 1 << (code & 31) : 0,
);

function lettersOf(word: string): number {
  let letters = 0;
  for (let i = 0; i < word.length; i += 1) letters |= LETTER_BITS[word.charCodeAt(i)] ?? 0;
  return letters;
}

/** Words for passwords in other languages, as they are spelled (see `spelled.ts`); "mot de passe" ends in one. */
export const FOREIGN_PASSWORDS: readonly string[] =
  "passwort passe motdepasse kennwort contrasena contrasenya senha parola haslo heslo wachtwoord losenord passord salasana jelszo adgangskode sifre пароль".split(
    " ",
  );
/** The letters of names that stand for another one, see `nameAt`, or for a password in another language. */
const WHOLE = new Set(
  [...VALUE_FIELDS, ...TYPES, ...VERBS, ...FOREIGN_PASSWORDS]
    .map(lettersOf)
    .filter((letters) => letters !== 0),
);
const PASS = lettersOf("pass");
const PWD = lettersOf("pwd");

/** Where the name that ends at an index begins; what stands before `floor` is not looked at. */
export function nameStart(source: Source, end: number, floor: number): number {
  const { codes } = source;
  let start = end;
  while (start > floor && NAME_CODES[codes[start - 1] ?? NONE] === 1) start -= 1;
  return start;
}

/** Words for passwords in scripts whose characters are no letters to `chars.ts`. */
const IDEOGRAPHIC = ["密码", "密碼", "口令", "パスワード", "비밀번호", "암호"];

/** Whether a word for a password in such a script ends at an index. */
export function endsIdeographic(source: Source, end: number): boolean {
  if (source.code(end - 1) !== OTHER) return false;
  return IDEOGRAPHIC.some((word) => source.text.endsWith(word, end));
}

/** The first place that the name before an operator is sought at. */
export function nameFloor(at: number): number {
  return Math.max(0, at - NAME_MAX - 8);
}

/** What a name may be, as `glance` tells: nothing that any detector believes, ... */
export const TELLS_NOTHING = 0;
/** ... one of a secret, but of no password, ... */
export const MAY_TELL = 1;
/** ... or one of a password as well. */
export const MAY_TELL_PASSWORD = 2;

/** The letters of the words that make detectors believe a name; none of them holds all of another. */
const telling: number[] = [];
/** 1 for the first three letters of names that are believed for their beginning. */
const beginnings = new Uint8Array(1 << 15);

/** Says that names with one of these words in them are believed; other signs than letters do not count. */
export function tellByWords(words: readonly string[]): void {
  for (const word of words) {
    const letters = lettersOf(word);
    if (letters === 0 || telling.some((known) => (letters & known) === known)) continue;
    for (let i = telling.length - 1; i >= 0; i -= 1)
      if (((telling[i] ?? 0) & letters) === letters) telling.splice(i, 1);
    telling.push(letters);
  }
}

/** Says that names are believed that begin with one of these words, of three letters at least. */
export function tellByBeginnings(words: readonly string[]): void {
  for (const word of words)
    beginnings[beginningOf(word.charCodeAt(0), word.charCodeAt(1), word.charCodeAt(2))] = 1;
}

/** Whether a name begins as one of those words may. */
export function maybeBegins({ codes }: Spelled): boolean {
  return beginnings[beginningOf(codes[0] ?? 0, codes[1] ?? 0, codes[2] ?? 0)] === 1;
}

function beginningOf(first: number, second: number, third: number): number {
  return ((first & 31) << 10) | ((second & 31) << 5) | (third & 31);
}

/** What a name as written may be, told by its letters alone: most names are not worth spelling out. */
export function glance({ codes }: Source, start: number, end: number): number {
  let letters = 0;
  let signed = false;
  for (let i = start; i < end; i += 1) {
    const code = codes[i] ?? 0;
    if (code === LETTER_LIKE) signed = true;
    letters |= LETTER_BITS[code] ?? 0;
  }
  if (letters === 0 && !signed) return TELLS_NOTHING;
  // Letters with signs are told apart once the name is spelled out.
  if (signed || (letters & PASS) === PASS || (letters & PWD) === PWD) return MAY_TELL_PASSWORD;
  if (WHOLE.has(letters)) return MAY_TELL_PASSWORD;
  const begins = beginningOf(codes[start] ?? 0, codes[start + 1] ?? 0, codes[start + 2] ?? 0);
  if (beginnings[begins] === 1) return MAY_TELL;
  for (const word of telling) if ((letters & word) === word) return MAY_TELL;
  return TELLS_NOTHING;
}

/**
 * Spells the name that stands from an index up to another, or the one that it stands in for: of the
 * field before `value=`, of the variable before a type, and what "my token is: ..." says before its verb.
 */
export function spellName(
  source: Source,
  start: number,
  end: number,
  floor: number,
  name: Spelled,
): void {
  let [from, to, lowest] = [start, end, floor];
  for (let verbs = 0; ; verbs += 1) {
    name.spell(source.text, source.codes, from, to);
    if (name.length > STAND_IN_CHARS || STANDS_IN[name.codes[0] ?? 0] !== 1) return;
    if (verbs === VERBS_MAX || !isOneOf(name, VERBS)) break;
    if (from <= lowest || source.code(from - 1) !== BLANK) break;
    to = nameEnd(source, from - 1);
    if (endsIdeographic(source, to)) {
      name.set("password");
      return;
    }
    lowest = nameFloor(from - 1);
    from = nameStart(source, to, lowest);
  }
  const before = isOneOf(name, VALUE_FIELDS)
    ? NAME_FIELD.exec(source.text.slice(Math.max(0, from - FIELD_CHARS), from))?.[1]
    : isOneOf(name, TYPES)
      ? TYPE.exec(source.text.slice(lowest, to))?.[1]
      : undefined;
  if (before !== undefined) name.spellText(before);
}

function isOneOf(name: Spelled, words: readonly string[]): boolean {
  for (let i = 0; i < words.length; i += 1) if (name.is(words[i] ?? "")) return true;
  return false;
}
