/**
 * Addresses of sites: the host of a web address. A site named for itself, with nothing after its host,
 * says more of who wrote than a link into one; and names kept for documentation say nothing.
 */
import { ALNUM, ALPHA, DASH, DIGIT, is } from "../kit/chars.ts";
import { contextWords, hasContext } from "../kit/context.ts";
import type { Detector } from "../kit/detector.ts";
import { isPlaceholder } from "../kit/placeholder.ts";
import type { Source } from "../kit/source.ts";

const DOT = 46;
const SLASH = 47;
const COLON = 58;
const HYPHEN = 45;
const LABEL_MAX = 63;
const HOST_MAX = 253;
const WWW = "www.";
const WORDS = contextWords([
  "domain",
  "domain name",
  "website",
  "web site",
  "homepage",
  "my site",
  "our site",
  "webseite",
  "domaine",
  "dominio",
  "domínio",
  "sito",
  "strona",
]);
/** Hosts that are nobody's: RFC 2606 and RFC 6761. */
const RESERVED = /(?:^|\.)(?:example\.(?:com|net|org)|example|test|invalid|localhost|local)$/i;

/** Where the scheme before "://" at an index begins, when it is the web's; -1 otherwise. */
function schemeStart(source: Source, at: number): number {
  const scheme = /(?:^|[^A-Za-z0-9+.-])(https?)$/i.exec(
    source.text.slice(Math.max(0, at - 6), at),
  )?.[1];
  return scheme === undefined ? -1 : at - scheme.length;
}

/** The end of a host of at least `labelsMin` names, the last of them of letters; -1 when none. */
function hostEnd(source: Source, from: number, labelsMin: number): number {
  let label = from;
  for (let labels = 1; label - from < HOST_MAX; labels += 1) {
    const end = source.run(label, ALNUM | DASH, label + LABEL_MAX + 1);
    if (end === label || end - label > LABEL_MAX || source.code(label) === HYPHEN) return -1;
    if (source.code(end) === DOT && is(source.code(end + 1), ALNUM)) {
      label = end + 1;
      continue;
    }
    const letters = source.run(label, ALPHA, end) === end || source.has(label, "xn--");
    return labels >= labelsMin && letters && end - label >= 2 ? end : -1;
  }
  return -1;
}

/** Past the slash after a host when nothing but a slash follows it, or -1. */
function bareEnd(source: Source, end: number): number {
  const slash = source.code(end) === SLASH;
  const after = slash ? end + 1 : end;
  const next = source.code(after);
  if (is(next, ALNUM | DASH) || "/?#%@:~&=".includes(String.fromCharCode(next))) return -1;
  return slash || next !== DOT || !is(source.code(after + 1), ALNUM) ? after : -1;
}

export const domainName: Detector = {
  id: "domain-name",
  title: "Address of a web site",
  version: 1,
  groups: ["network"],
  evidence: "shape, context",
  prefilter: [
    { kind: "anywhere", literals: ["://"], previous: ALPHA },
    { kind: "literals", literals: [WWW, "WWW."] },
  ],
  maxLength: HOST_MAX + 16,
  validate(source, at) {
    const web = source.has(at, "://");
    if (!web && !source.has(at, WWW) && !source.has(at, "WWW.")) return undefined;
    const before = source.code(at - 1);
    if (!web && (!source.opens(at) || "./@-_".includes(String.fromCharCode(before))))
      return undefined;
    const start = web ? schemeStart(source, at) : at;
    if (start < 0) return undefined;
    const from = web ? at + 3 : at;
    const end = hostEnd(source, from, web ? 2 : 3);
    if (end < 0 || source.code(end) === 64) return undefined;
    if (source.code(end) === COLON && !is(source.code(end + 1), DIGIT)) return undefined;
    if (RESERVED.test(source.text.slice(from, end)) || isPlaceholder(source, from, end))
      return undefined;
    const bare = bareEnd(source, end);
    if (bare < 0) return { start, end, confidence: 0.3, why: ["shape"] };
    if (!hasContext(source, start, WORDS))
      return { start, end: bare, confidence: 0.5, why: ["shape"] };
    return { start, end: bare, confidence: 0.7, why: ["shape", "context"] };
  },
};
