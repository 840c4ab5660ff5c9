/** Values assigned to a name that says secret, whatever the service. */
import { readAssignment, valueOf, type Assignment } from "../kit/assignment.ts";
import { ALPHA, DIGIT, LOWER, is } from "../kit/chars.ts";
import type { Detector } from "../kit/detector.ts";
import { lateAutomaton } from "../kit/automaton.ts";
import { areJoinedWords } from "../kit/joined-words.ts";
import { FOREIGN_PASSWORDS, tellByWords } from "../kit/names.ts";
import { SIGNS } from "../kit/mixture.ts";
import { entropy, isPlaceholder } from "../kit/placeholder.ts";
import type { Source } from "../kit/source.ts";
import type { Spelled } from "../kit/spelled.ts";

/** What names of passwords begin with, ... */
const PASSWORD_PARTS = ["pass", "pwd"];
/** ... and what they end with. */
const PASSWORD_ENDS = ["pass", "password", "passwd", "passphrase", "pwd"];
/** Words of other languages, which stand at the end of a name. */
const FOREIGN = new Set(FOREIGN_PASSWORDS);

/** Every beginning with every end. */
function joined(beginnings: readonly string[], ends: readonly string[]): string[] {
  return beginnings.flatMap((beginning) => ends.map((end) => beginning + end));
}

const list = (words: string): string[] => words.split(" ");
const KEYS = list("key _key -key .key");
const SECRET_PARTS = [
  ...list("secret token credential auth$ _key$ -key$ .key$"),
  ...list("clave_api chave_api cle_api chiave_api klucz_api apischlussel -schlussel _schlussel"),
  ...joined(list("api access private signing encryption auth account license client"), KEYS),
];
tellByWords([...SECRET_PARTS, "key", ...FOREIGN_PASSWORDS]);
const SUFFIXES = list("count$ s$ type$ izer$ id$ url$ uri$ name$");
const TABLES =
  "primary foreign cache sort partition object s3 row idempotency translation hot issue project registry dict";
/** Names that hold digests, counts, identifiers and the like. */
const AGAINST_PARTS = [
  ...list(
    "checksum digest integrity etag md5 hash commit public pubkey publishable trace resolved",
  ),
  ...list("tokens$ tokenizer maxtokens max_tokens spanid span_id csrffield csrf_field"),
  ...list("class$ next$ _url$ _path$ _file$ _name$"),
  ...joined(["sha"], list("0 1 2 3 4 5 6 7 8 9")),
  ...joined(["token", "token_"], SUFFIXES),
  ...joined(["key", "key_"], list("name$ id$ code$ type$")),
  ...joined(list(TABLES), ["key", "_key"]),
];
const FOREIGN_ENDS = FOREIGN_PASSWORDS.filter((word) => /^[a-z]+$/.test(word));
const knownNames = lateAutomaton(
  PASSWORD_PARTS,
  SECRET_PARTS,
  AGAINST_PARTS,
  FOREIGN_ENDS.map((word) => `${word}$`),
  PASSWORD_ENDS.map((word) => `${word}$`),
);
const HAS_PASSWORD = 1;
const HAS_SECRET = 2;
const HAS_AGAINST = 4;
const ENDS_FOREIGN = 8;
const ENDS_PASSWORD = 16;
/** What may stand before the end of a name, besides small letters. */
const JOINTS = "_.-";

/** Whether a word stands in a name from an index on, at its beginning or as the rest of a word. */
function endsIn(name: Spelled, word: string): boolean {
  const at = name.length - word.length;
  if (!name.has(word, at)) return false;
  const before = name.codes[at - 1] ?? 0;
  return at === 0 || is(before, LOWER) || JOINTS.includes(String.fromCharCode(before));
}

/** Whether a name in snake case, of which it is known what it has, is one of a password. */
function namesPassword(name: Spelled, has: number): boolean {
  if ((has & HAS_PASSWORD) !== 0 && (name.has("pass", 0) || name.has("pwd", 0))) return true;
  if ((has & ENDS_PASSWORD) !== 0)
    for (const word of PASSWORD_ENDS) if (endsIn(name, word)) return true;
  // Those of letters outside ASCII are not among the literals.
  if ((has & ENDS_FOREIGN) === 0 && (name.codes[name.length - 1] ?? 0) < 128) return false;
  const text = name.slice();
  const cut = Math.max(...Array.from(JOINTS, (joint) => text.lastIndexOf(joint)));
  return FOREIGN.has(text.slice(cut + 1));
}

/** Whether a letter stands between two digits somewhere in a value. */
function letterBetweenDigits(value: string): boolean {
  const first = value.search(/\d/);
  if (first < 0) return false;
  let letter = false;
  for (let i = first + 1; i < value.length; i += 1) {
    const code = value.charCodeAt(i);
    if (letter && is(code, DIGIT)) return true;
    if (is(code, ALPHA)) letter = true;
  }
  return false;
}

const URL = /^[A-Za-z][A-Za-z0-9+]{1,20}:\/\//;
const SCHEME = /^(?:https?|file|ftp|data|arn|urn):/;
const MEMBERS = /^[A-Za-z_$][\w$]*(?:\.[A-Za-z_$][\w$]*)+(?:\(|\[|$)/;
const WORDS_OF_ONE_CASE = /^(?:[a-z]+(?:[_-][a-z]+)*|[A-Z]+(?:_[A-Z]+)*)$/;
const WORDS_OF_HUMPS = /^(?:[a-z]+(?:[A-Z][a-z]+)*|(?:[A-Z][a-z]+)+)$/;
const PATH = /^[./~]?[\w.-]*\/[\w./-]*$/;
const CLOSES = /[)\]}]/;
const CALL = /^[\w.]+[([]/;
/** Signs that no path has. */
const NOT_IN_PATHS = SIGNS.colon | SIGNS.open | SIGNS.equals;

/**
 * Code and prose after a colon or equals sign: calls, paths, names, numbers. A pattern is tried only
 * where the value has its signs.
 */
function readsAsCode(source: Source, found: Readonly<Assignment>): boolean {
  const { signs, digits } = found.mix;
  if (signs === 0 && digits > 0) return false;
  const { start, end } = found;
  const has = (bit: number): boolean => (signs & bit) !== 0;
  const first = source.code(start);
  if (has(SIGNS.join) && areJoinedWords(source.codes, start, end)) return true;
  if (has(SIGNS.colon) && is(first, ALPHA)) {
    const value = valueOf(source, found);
    if ((has(SIGNS.slash) && URL.test(value)) || SCHEME.test(value)) return true;
  }
  if (has(SIGNS.dot) && MEMBERS.test(valueOf(source, found))) return true;
  if (digits === 0) {
    const value = valueOf(source, found);
    if (WORDS_OF_ONE_CASE.test(value) || WORDS_OF_HUMPS.test(value)) return true;
  }
  if (has(SIGNS.slash) && (signs & NOT_IN_PATHS) === 0) {
    const value = valueOf(source, found);
    if (PATH.test(value) && !letterBetweenDigits(value)) return true;
  }
  // What closes a bracket ends a value without quotes.
  if (!found.quoted || !has(SIGNS.open)) return false;
  const value = valueOf(source, found);
  return CLOSES.test(value) && CALL.test(value);
}

const WHY = ["name", "entropy"];

function judgePassword(source: Source, found: Readonly<Assignment>): number {
  const { start, end, quoted } = found;
  const length = end - start;
  if (length < 8 || length > 128) return 0;
  const { digits, upper, lower, other } = found.mix;
  const kinds = Math.sign(digits) + Math.sign(upper) + Math.sign(lower) + Math.sign(other);
  if (kinds >= 3) return 0.8;
  if (kinds === 2 && (digits > 0 || other > 0) && (quoted || digits > 0)) return 0.65;
  return quoted && length >= 12 && entropy(source.codes, start, end) >= 3.2 ? 0.5 : 0.3;
}

function judgeSecret(source: Source, found: Readonly<Assignment>): number {
  const { start, end } = found;
  const length = end - start;
  if (length < 10) return 0;
  const { digits, upper, lower, other } = found.mix;
  if (digits === 0 || upper + lower === 0 || other > length / 4) return 0;
  const bits = entropy(source.codes, start, end);
  // A bare "key" is mostly the key of a table: only a random value of some length is a secret.
  if (found.name.is("key") && (bits < 3.5 || length < 20)) return 0;
  if (length >= 16 && bits >= 3) return 0.8;
  return bits >= 3 ? 0.6 : 0.2;
}

export const genericSecret: Detector = {
  id: "generic-secret",
  title: "Assigned secret or password",
  version: 4,
  groups: ["api-secrets"],
  evidence: "name, entropy",
  prefilter: { kind: "assignment" },
  maxLength: 512,
  validate(source, at) {
    const found = readAssignment(source, at);
    if (found === undefined) return undefined;
    const { name, start, end, cut } = found;
    const has = knownNames().within(name.codes, name.length);
    if ((has & HAS_AGAINST) !== 0) return undefined;
    const password = namesPassword(name, has);
    if (!password && (has & HAS_SECRET) === 0 && !name.is("key")) return undefined;
    const confidence = password ? judgePassword(source, found) : judgeSecret(source, found);
    if (confidence === 0) return undefined;
    if (isPlaceholder(source, start, Math.min(end, start + 96))) return undefined;
    if (readsAsCode(source, found)) return undefined;
    const candidate = { start, end, confidence, why: WHY };
    return cut ? { ...candidate, runsOn: "|-._~+/=" } : candidate;
  },
};
