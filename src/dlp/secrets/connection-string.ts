/** URLs with a password in them: databases, queues, git remotes. The whole URL is the match. */
import { ALNUM, ALPHA, DIGIT, is } from "../kit/chars.ts";
import type { Detector } from "../kit/detector.ts";
import { isPlaceholder } from "../kit/placeholder.ts";
import type { Source } from "../kit/source.ts";

const COLON = 58;
const AT = 64;
const PART_MAX = 128;
/** Passwords that stand in documentation. */
const STOCK =
  /^(?:pass(?:word|wd)?|pwd|secret|user(?:name)?|admin|root|test|guest|postgres|mysql|token)$/i;

/** The end of a user name or password: up to a blank, quote, bracket or one of `stops`. */
function partEnd(source: Source, from: number, stops: string): number {
  let end = from;
  while (end - from < PART_MAX) {
    const code = source.code(end);
    if (code <= 32 || code > 126) break;
    const character = String.fromCharCode(code);
    if (stops.includes(character) || "\"'`<>\\,()".includes(character)) break;
    end += 1;
  }
  return end;
}

/** The last `@` before the path: passwords may hold one of their own. */
function passwordEnd(source: Source, from: number): number {
  const end = partEnd(source, from, "/");
  for (let at = end - 1; at > from; at -= 1) if (source.code(at) === AT) return at;
  return end;
}

export const connectionString: Detector = {
  id: "connection-string",
  title: "URL with credentials",
  version: 1,
  groups: ["api-secrets"],
  evidence: "shape",
  prefilter: { kind: "anywhere", literals: ["://"] },
  maxLength: 600,
  validate(source, at) {
    if (!source.has(at, "://")) return undefined;
    let start = at;
    while (at - start < 24 && (is(source.code(start - 1), ALNUM) || source.code(start - 1) === 43))
      start -= 1;
    while (start < at && !is(source.code(start), ALPHA)) start += 1;
    if (start === at) return undefined;
    const user = partEnd(source, at + 3, ":/@?#");
    if (source.code(user) !== COLON) return undefined;
    const password = passwordEnd(source, user + 1);
    if (source.code(password) !== AT || password - user < 4) return undefined;
    const value = source.text.slice(user + 1, password);
    if (STOCK.test(value) || isPlaceholder(source, user + 1, password)) return undefined;
    if (value === source.text.slice(at + 3, user)) return undefined;
    const host = source.run(password + 1, ALNUM, password + 200, ".-_:,[]");
    if (host === password + 1) return undefined;
    let end = host;
    if (source.code(host) === 47 || source.code(host) === 63) end = partEnd(source, host, "");
    while (end > host && ".;!?".includes(source.text[end - 1] ?? "")) end -= 1;
    const strong = is(source.code(user + 1), DIGIT) || /\d/.test(value) || value.length >= 8;
    return { start, end, confidence: strong ? 0.9 : 0.6, why: ["shape"] };
  },
};
