/** E-mail addresses (the practical part of RFC 5321): anchored at the `@`. */
import { ALNUM, ALPHA, LOCAL, is } from "../kit/chars.ts";
import type { Detector } from "../kit/detector.ts";
import type { Source } from "../kit/source.ts";

const AT = 64;
const DOT = 46;
const HYPHEN = 45;
const LABEL_MAX = 63;
const DOMAIN_MAX = 190;

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

export const email: Detector = {
  id: "email",
  title: "E-mail address",
  version: 1,
  groups: ["contact", "pii"],
  evidence: "shape",
  prefilter: { kind: "anywhere", literals: ["@"], previous: ALNUM | LOCAL },
  maxLength: 254,
  validate(source, at) {
    if (source.code(at) !== AT) return undefined;
    const start = localStart(source, at);
    if (start === at || source.code(at - 1) === DOT) return undefined;
    const end = domainEnd(source, at + 1);
    if (end < 0) return undefined;
    // `git@host:path` is how version control spells an address of a machine.
    if (at - start === 3 && source.has(start, "git")) return undefined;
    return { start, end, confidence: 0.9, why: ["shape"] };
  },
};
