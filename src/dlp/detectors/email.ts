/** E-mail addresses (the practical part of RFC 5321): anchored at the `@`. */
import { ALNUM, ALPHA, LOCAL, is } from "../kit/chars.ts";
import { contextWords, hasContext } from "../kit/context.ts";
import type { Candidate, Detector } from "../kit/detector.ts";
import type { Source } from "../kit/source.ts";

const AT = 64;
const DOT = 46;
const HYPHEN = 45;
const LABEL_MAX = 63;
const DOMAIN_MAX = 190;
const BLANK = 32;
/** Longest domain with its dots written out, up to the last label, and how many labels it may have. */
const SPELLED_MAX = 100;
const LABELS_MAX = 6;
const SPELLED = ["[at]", "(at)", "{at}", " [at]", " (at)", " {at}"];

/** Without brackets, "jane at host dot com" is believed only where the text speaks of e-mail ... */
const PLAIN = " at ";
const DOT_WORD = " dot ";
const WORDS = contextWords([
  "email",
  "e-mail",
  "mail",
  "emails",
  "mailbox",
  "gmail",
  "inbox",
  "correo",
  "courriel",
  "mailadresse",
]);
/** ... and ends in one of these, ... */
const ENDS = new Set(
  "com org net edu gov io dev ai app info biz eu uk de fr es it nl pl pt ch at be se no dk fi ie in jp au ca us nz br mx".split(
    " ",
  ),
);
/** ... and is no site that somebody is found at: "mail us at host dot com". */
const NO_NAMES = new Set(
  "us me you it them him her here there now today available found out is are and or look directly anytime online address team support".split(
    " ",
  ),
);

/** Where the local part begins: at most 64 characters back, on a letter, digit or underscore. */
function localStart(source: Source, at: number): number {
  let start = at;
  while (at - start < 64 && is(source.code(start - 1), ALNUM | LOCAL)) start -= 1;
  while (start < at && !is(source.code(start), ALNUM) && source.code(start) !== 95) start += 1;
  return start;
}

/** The end of the domain that begins at `from`, after its last label of letters; -1 when none. */
function domainEnd(source: Source, from: number): number {
  let end = -1;
  let label = from;
  while (label - from < DOMAIN_MAX) {
    let index = label;
    let letters = true;
    while (index - label <= LABEL_MAX) {
      const code = source.code(index);
      if (!is(code, ALNUM) && code !== HYPHEN) break;
      if (!is(code, ALPHA)) letters = false;
      index += 1;
    }
    if (index === label || index - label > LABEL_MAX || source.code(label) === HYPHEN) break;
    if (label > from && letters && index - label >= 2 && index - label <= 24) end = index;
    else if (label > from && source.text.startsWith("xn--", label)) end = index;
    if (source.code(index) !== DOT) break;
    label = index + 1;
  }
  return end;
}

/** The bracket that closes one that opens, by code. */
const CLOSING = new Map([
  [40, 41],
  [91, 93],
  [123, 125],
]);

/** Past a word in brackets, or in blanks where those do as well, and one blank around it; else -1. */
function pastWord(source: Source, at: number, word: string, plain: boolean): number {
  const blank = source.code(at) === BLANK;
  const from = blank ? at + 1 : at;
  const closing = CLOSING.get(source.code(from));
  if (closing === undefined)
    return plain && blank && source.has(from, `${word} `) ? from + word.length + 1 : -1;
  const end = from + 1 + word.length;
  source.code(end);
  if (source.text.slice(from + 1, end).toLowerCase() !== word || source.code(end) !== closing)
    return -1;
  return source.code(end + 1) === BLANK ? end + 2 : end + 1;
}

/** The end of a domain whose dots may be written out, after a last label of letters; -1 when none. */
function spelledEnd(source: Source, from: number): number {
  let label = from;
  let end = -1;
  for (let labels = 1; label - from < SPELLED_MAX && labels <= LABELS_MAX; labels += 1) {
    const stop = source.run(label, ALNUM, label + LABEL_MAX, "-");
    const letters = source.run(label, ALPHA, stop) === stop;
    if (stop === label || !source.closes(stop)) break;
    if (labels > 1 && letters && stop - label >= 2 && stop - label <= 24) end = stop;
    const plain = source.code(stop) === DOT && is(source.code(stop + 1), ALNUM);
    const next = plain ? stop + 1 : pastWord(source, stop, "dot", true);
    if (next < 0) break;
    label = next;
  }
  return end;
}

/** "name [at] host [dot] org": for people to read, and for machines not to. */
function spelled(source: Source, at: number): Candidate | undefined {
  const start = localStart(source, at);
  if (start === at || !is(source.code(at - 1), ALNUM)) return undefined;
  const host = pastWord(source, at, "at", false);
  const end = host < 0 ? -1 : spelledEnd(source, host);
  return end < 0 ? undefined : { start, end, confidence: 0.75, why: ["shape"] };
}

/** "jane at host dot com", without brackets. The second half is looked at first: hardly any text has it. */
function plainly(source: Source, at: number): Candidate | undefined {
  const host = at + PLAIN.length;
  const label = source.run(host, ALNUM, host + LABEL_MAX, "-.");
  if (label === host || !source.has(label, DOT_WORD)) return undefined;
  const end = spelledEnd(source, host);
  if (end < 0) return undefined;
  const start = localStart(source, at);
  if (start === at || !is(source.code(at - 1), ALNUM)) return undefined;
  const ending = source.text.slice(source.text.lastIndexOf(" ", end - 1) + 1, end).toLowerCase();
  if (!ENDS.has(ending.slice(ending.lastIndexOf(".") + 1))) return undefined;
  if (NO_NAMES.has(source.text.slice(start, at).toLowerCase())) return undefined;
  if (!hasContext(source, start, WORDS)) return undefined;
  return { start, end, confidence: 0.65, why: ["shape", "context"] };
}

export const email: Detector = {
  id: "email",
  title: "E-mail address",
  version: 3,
  groups: ["contact", "pii"],
  evidence: "shape, context",
  prefilter: [
    { kind: "anywhere", literals: ["@"], previous: ALNUM | LOCAL },
    { kind: "anywhere", literals: SPELLED, previous: ALNUM, ignoreCase: true },
    { kind: "anywhere", literals: [PLAIN], previous: ALNUM },
  ],
  maxLength: 254,
  validate(source, at) {
    if (source.code(at) !== AT)
      return source.has(at, PLAIN) ? plainly(source, at) : spelled(source, at);
    const start = localStart(source, at);
    if (start === at || source.code(at - 1) === DOT) return undefined;
    const end = domainEnd(source, at + 1);
    if (end < 0) return undefined;
    // `git@host:path` is how version control spells an address of a machine.
    if (at - start === 3 && source.has(start, "git")) return undefined;
    return { start, end, confidence: 0.9, why: ["shape"] };
  },
};
