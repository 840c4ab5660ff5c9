/** Dates written out in the way of prose, right after a label: "birthday: the third of march 1970". */
import { DIGIT, is } from "./chars.ts";
import { plausibleDay } from "./dates.ts";

/** How each month begins, in ten languages; what follows in the word is not looked at. */
export const MONTHS = [
  ["jan", "ene", "gen", "sty"],
  ["feb", "fév", "fev", "lut"],
  ["mar", "mär", "mrz"],
  ["apr", "avr", "abr", "kwi"],
  ["may", "mai", "mag", "maj"],
  ["jun", "juin", "giu", "cze"],
  ["jul", "juil", "lug", "lip"],
  ["aug", "aoû", "ago", "sie"],
  ["sep", "set", "wrz"],
  ["oct", "okt", "ott", "out", "paź"],
  ["nov", "lis"],
  ["dec", "dez", "déc", "dic", "gru"],
];

/** The month that a word begins as, from 1; 0 for none. */
export function monthOf(word: string): number {
  const small = word.toLowerCase();
  return MONTHS.findIndex((names) => names.some((name) => small.startsWith(name))) + 1;
}

const ONES = ["first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth"];
const ORDINALS = new Map(
  [
    ...ONES,
    ..."tenth eleventh twelfth thirteenth fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth twentieth".split(
      " ",
    ),
    ...ONES.map((one) => `twenty-${one}`),
    "thirtieth",
    "thirty-first",
  ].map((word, index) => [word, index + 1]),
);

/** Longest stretch after a label that is looked at. */
export const WRITTEN_CHARS = 64;

/** Words and signs that link a label to its date. */
const LINKED =
  "^((?:[ :=\"'.,*|-]|date|day|was|is|on|of|the|est|ist|es|le|el|il|lo|am|em|di|de|del){0,12})(?<![\\p{L}\\p{N}])";
const DAY = "(?:(\\d{1,2})(?:st|nd|rd|th|er|\\.|º|ª)?|([a-z]{5,7}(?:-[a-z]{5,7})?))";
const MONTH = "(\\p{L}{3,12})";
const YEAR = "(?:19|20)\\d\\d(?![\\p{L}\\p{N}_])";
const dayFirstPattern = (): RegExp =>
  new RegExp(
    `${LINKED}${DAY}[ -](?:day of |of |de |di |do )?${MONTH}\\.?,?[ -](?:de |del |of )?${YEAR}`,
    "iu",
  );
const monthFirstPattern = (): RegExp =>
  new RegExp(`${LINKED}${MONTH}\\.? (?:the )?${DAY},? (?:of )?${YEAR}`, "iu");
/** Made when the first label with a year behind it is looked at: every start would read them. */
let patterns: { dayFirst: RegExp; monthFirst: RegExp } | undefined;

function dayOf(digits: string | undefined, word: string | undefined): number {
  return digits === undefined ? (ORDINALS.get((word ?? "").toLowerCase()) ?? 0) : Number(digits);
}

const ZERO = 48;
const NINE = 57;

/** Whether 1900 to 2099 stand at an index. */
function isYear(codes: Uint8Array, at: number): boolean {
  const first = codes[at] ?? 0;
  const second = codes[at + 1] ?? 0;
  if (!(first === ZERO + 1 ? second === NINE : first === ZERO + 2 && second === ZERO)) return false;
  return is(codes[at + 2] ?? 0, DIGIT) && is(codes[at + 3] ?? 0, DIGIT);
}

/** Where years stand in a text: hostile ones have a label at every few characters, and no year. */
export class Years {
  /** No year begins from here ... */
  #from = 0;
  /** ... until here. */
  #upTo = 0;

  /** Whether a year stands between two indexes. */
  within(codes: Uint8Array, from: number, to: number): boolean {
    const known = from >= this.#from && from <= this.#upTo;
    let at = known ? this.#upTo : from;
    while (at + 4 <= to && !isYear(codes, at)) at += 1;
    if (!known) this.#from = from;
    if (at > this.#upTo || !known) this.#upTo = at;
    return at + 4 <= to;
  }
}

/** Where a date stands in the text after a label, if a year does, and nothing but words that link them stands between. */
export function writtenAfter(text: string): { start: number; end: number } | undefined {
  patterns ??= { dayFirst: dayFirstPattern(), monthFirst: monthFirstPattern() };
  const dayFirst = patterns.dayFirst.exec(text);
  const found = dayFirst ?? patterns.monthFirst.exec(text);
  if (found === null) return undefined;
  const [whole, link = "", one, two, three] = found;
  const month = monthOf((dayFirst === null ? one : three) ?? "");
  const day = dayFirst === null ? dayOf(two, three) : dayOf(one, two);
  return plausibleDay(month, day) ? { start: link.length, end: whole.length } : undefined;
}
