/** Credentials of requests: what an Authorization header holds, and the pair that `curl -u` makes one of. */
import { ALNUM, ALPHA, SPACE, is } from "../kit/chars.ts";
import type { Candidate, Detector } from "../kit/detector.ts";
import { mixture } from "../kit/mixture.ts";
import { entropy, isPlaceholder } from "../kit/placeholder.ts";
import type { Source } from "../kit/source.ts";

const BLANK = 32;
const HYPHEN = 45;
const COLON = 58;
const EQUALS = 61;
const HEADER = "authorization";
/** Signs between the header's name and its value: quotes, a colon or equals sign, a comma, blanks. */
const LINK = /^["']?\]? ?[:=,] ?["'`]?$/;
const LINK_CHARS = 7;
const SCHEME_MAX = 16;
const VALUE_MAX = 512;
const VALUE_EXTRA = "-._~+/=";
const PAIR_MAX = 128;
const PASSWORD_MIN = 6;
/** Options that take "user:password". */
const OPTIONS = ["-u ", "--user ", "--user="] as const;
const STOCK = /^(?:pass(?:word|wd)?|pwd|secret|token|x-oauth-basic|x-token-auth)$/i;

/** A token of some length with digits and letters, that nobody wrote for a document. */
function credential(source: Source, start: number): Candidate | undefined {
  const end = source.run(start, ALNUM, start + VALUE_MAX, VALUE_EXTRA);
  const { codes } = source;
  const value = source.text.slice(start, end);
  if (value.length < 12 || !/\d/.test(value) || !/[A-Za-z]/.test(value)) return undefined;
  if (isPlaceholder(source, start, Math.min(end, start + 96)) || entropy(codes, start, end) < 3)
    return undefined;
  const found = { start, end, confidence: 0.75, why: ["name", "entropy"] };
  return value.length === VALUE_MAX ? { ...found, runsOn: `|${VALUE_EXTRA}` } : found;
}

/** "Bearer ..." and "Basic ...", wherever they stand. */
function afterScheme(source: Source, at: number): Candidate | undefined {
  const length = /^[bB]e/.test(source.text.slice(at, at + 2)) ? 7 : 6;
  source.code(at + length - 1);
  const scheme = source.text.slice(at, at + length).toLowerCase();
  return scheme === "bearer " || scheme === "basic " ? credential(source, at + length) : undefined;
}

/** "Authorization: token ...", "authorization": "ApiKey ...", or the credentials alone. */
function afterHeader(source: Source, at: number): Candidate | undefined {
  const from = at + HEADER.length;
  source.code(from - 1);
  if (source.text.slice(at, from).toLowerCase() !== HEADER) return undefined;
  let start = from;
  while (
    start - from < LINK_CHARS &&
    !is(source.code(start), ALPHA) &&
    !is(source.code(start), ALNUM)
  )
    start += 1;
  if (!LINK.test(source.text.slice(from, start))) return undefined;
  const end = source.run(start, ALPHA, start + SCHEME_MAX + 1, "-");
  const scheme = source.code(end) === BLANK || source.code(end) === EQUALS ? end - start : 0;
  // Those two are found where they stand.
  if (/^(?:bearer|basic)$/i.test(source.text.slice(start, start + scheme))) return undefined;
  if (scheme === 0 || scheme > SCHEME_MAX) return credential(source, start);
  return credential(source, pastKey(source, end + 1));
}

/** Past the "token=" of a scheme whose credentials are fields: the first of them counts. */
function pastKey(source: Source, at: number): number {
  const end = source.run(at, ALPHA, at + SCHEME_MAX + 1, "_");
  if (end === at || source.code(end) !== EQUALS) return at;
  const quoted = source.code(end + 1) === 34;
  const start = quoted ? end + 2 : end + 1;
  return is(source.code(start), ALNUM) ? start : at;
}

/** The end of a user's name or password: before a blank, a quote or what ends a command. */
function partEnd(source: Source, from: number): number {
  let end = from;
  while (end - from < PAIR_MAX) {
    const code = source.code(end);
    if (code <= BLANK || code > 126 || "\"'`<>|;&()\\".includes(String.fromCharCode(code))) break;
    if (code === COLON) break;
    end += 1;
  }
  return end;
}

/** "curl -u name:password": the pair is what the header would hold. */
function afterOption(source: Source, at: number): Candidate | undefined {
  const option = OPTIONS.find((written) => source.has(at, written));
  if (option === undefined || !is(source.code(at - 1), SPACE)) return undefined;
  const quoted = /["']/.test(source.text[at + option.length] ?? "");
  const start = at + option.length + (quoted ? 1 : 0);
  const user = partEnd(source, start);
  if (user === start || source.code(user) !== COLON) return undefined;
  const end = partEnd(source, user + 1);
  if (end - user - 1 < PASSWORD_MIN || source.code(end) === COLON) return undefined;
  const { codes } = source;
  const { digits, upper, lower, other } = mixture(codes, user + 1, end);
  const kinds = Math.sign(digits) + Math.sign(upper) + Math.sign(lower) + Math.sign(other);
  // "-u 1000:1000" and "-u app:staff" are a user and a group.
  if (kinds < 2 || (digits === 0 && kinds < 3)) return undefined;
  const password = source.text.slice(user + 1, end);
  if (STOCK.test(password) || password.startsWith("$") || isPlaceholder(source, user + 1, end))
    return undefined;
  return { start, end, confidence: kinds > 2 ? 0.75 : 0.6, why: ["name", "shape"] };
}

export const authorizationHeader: Detector = {
  id: "authorization-header",
  title: "Credentials of requests: Authorization header, curl -u",
  version: 2,
  groups: ["api-secrets"],
  evidence: "name, entropy",
  prefilter: [
    { kind: "literals", literals: ["bearer ", "basic ", HEADER], ignoreCase: true },
    { kind: "literals", literals: OPTIONS },
  ],
  maxLength: VALUE_MAX,
  validate(source, at) {
    if (!source.opens(at)) return undefined;
    const first = source.code(at);
    if (first === HYPHEN) return afterOption(source, at);
    return first === 65 || first === 97 ? afterHeader(source, at) : afterScheme(source, at);
  },
};
