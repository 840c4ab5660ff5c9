/** Values assigned to a name that says secret, whatever the service. */
import { mixture, readAssignment, type Assignment } from "../kit/assignment.ts";
import { ALPHA, DIGIT, is } from "../kit/chars.ts";
import type { Detector } from "../kit/detector.ts";
import { Literals } from "../kit/literals.ts";
import { FOREIGN_PASSWORDS } from "../kit/names.ts";
import { entropy, isPlaceholder } from "../kit/placeholder.ts";

const PASSWORD =
  /(?:^|[_.-]|[a-z])(?:pass(?:word|wd|phrase)?|pwd)$|^(?:pass(?:word|wd|phrase)?|pwd)/;
/** Every name that `PASSWORD` takes has one of these. */
const PASSWORD_PARTS = new Literals(["pass", "pwd"]);
/** Words of other languages, which stand at the end of a name. */
const FOREIGN = new Set(FOREIGN_PASSWORDS);

/** Every beginning with every end. */
function joined(beginnings: readonly string[], ends: readonly string[]): string[] {
  return beginnings.flatMap((beginning) => ends.map((end) => beginning + end));
}

const list = (words: string): string[] => words.split(" ");
const KEYS = list("key _key -key .key");
const SECRET = new Literals([
  ...list("secret token credential auth$ _key$ -key$ .key$"),
  ...list("clave_api chave_api cle_api chiave_api klucz_api apischlussel -schlussel _schlussel"),
  ...joined(list("api access private signing encryption auth account license client"), KEYS),
]);
const SUFFIXES = list("count$ s$ type$ izer$ id$ url$ uri$ name$");
const TABLES =
  "primary foreign cache sort partition object s3 row idempotency translation hot issue project registry dict";
/** Names that hold digests, counts, identifiers and the like. */
const AGAINST = new Literals([
  ...list(
    "checksum digest integrity etag md5 hash commit public pubkey publishable trace resolved",
  ),
  ...list("tokens$ tokenizer maxtokens max_tokens spanid span_id csrffield csrf_field"),
  ...list("class$ next$ _url$ _path$ _file$ _name$"),
  ...joined(["sha"], list("0 1 2 3 4 5 6 7 8 9")),
  ...joined(["token", "token_"], SUFFIXES),
  ...joined(["key", "key_"], list("name$ id$ code$ type$")),
  ...joined(list(TABLES), ["key", "_key"]),
]);

/** Whether a name in snake case is one of a password. */
function namesPassword(name: string): boolean {
  const cut = Math.max(name.lastIndexOf("_"), name.lastIndexOf("-"), name.lastIndexOf("."));
  if (FOREIGN.has(name.slice(cut + 1))) return true;
  return PASSWORD_PARTS.within(name) && PASSWORD.test(name);
}

/** Words of one case each, with hyphens or underscores between: "db-credentials", "MY_KEY_2". */
const WORD = "(?:[a-z]+(?:[A-Z][a-z]+)*|(?:[A-Z][a-z]+)+|[A-Z]+)[0-9]{0,4}";
const WORDS = new RegExp(`^${WORD}(?:[_-]${WORD})+$`);

/** Signs that tell which readings of a value as code are worth trying, as bits by code. */
const SIGN_BITS = new Uint8Array(128);
const DIGIT_BIT = 1;
const JOIN_BIT = 2;
const DOT_BIT = 4;
const COLON_BIT = 8;
const SLASH_BIT = 16;
const OPEN_BIT = 32;
for (const [signs, bit] of [
  ["0123456789", DIGIT_BIT],
  ["_-", JOIN_BIT],
  [".", DOT_BIT],
  [":", COLON_BIT],
  ["/", SLASH_BIT],
  ["([{", OPEN_BIT],
] as const)
  for (const sign of signs) SIGN_BITS[sign.charCodeAt(0)] = bit;

function signsOf(codes: Uint8Array, from: number, to: number): number {
  let bits = 0;
  for (let i = from; i < to; i += 1) bits |= SIGN_BITS[codes[i] ?? 0] ?? 0;
  return bits;
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

/** Code and prose after a colon or equals sign: calls, paths, names, numbers. */
function readsAsCode(codes: Uint8Array, { value, start, end }: Assignment): boolean {
  const signs = signsOf(codes, start, end);
  const has = (bit: number): boolean => (signs & bit) !== 0;
  if (has(COLON_BIT) && /^[A-Za-z][A-Za-z0-9+]{1,20}:\/\//.test(value)) return true;
  if (has(JOIN_BIT) && WORDS.test(value)) return true;
  if (has(DOT_BIT) && /^[A-Za-z_$][\w$]*(?:\.[A-Za-z_$][\w$]*)+(?:\(|\[|$)/.test(value))
    return true;
  if (!has(DIGIT_BIT)) {
    if (/^[a-z]+(?:[_-][a-z]+)*$/.test(value) || /^[A-Z]+(?:_[A-Z]+)*$/.test(value)) return true;
    if (/^[a-z]+(?:[A-Z][a-z]+)*$/.test(value) || /^[A-Z][a-z]+(?:[A-Z][a-z]+)*$/.test(value))
      return true;
  }
  if (has(COLON_BIT) && /^(?:https?|file|ftp|data|arn|urn):/.test(value)) return true;
  if (has(SLASH_BIT) && /^[./~]?[\w.-]*\/[\w./-]*$/.test(value) && !letterBetweenDigits(value))
    return true;
  return has(OPEN_BIT) && /[)\]}]/.test(value) && /^[\w.]+[([]/.test(value);
}

function judgePassword(codes: Uint8Array, { start, end, quoted }: Assignment): number {
  const length = end - start;
  if (length < 8 || length > 128) return 0;
  const { digits, upper, lower, other } = mixture(codes, start, end);
  const kinds = Math.sign(digits) + Math.sign(upper) + Math.sign(lower) + Math.sign(other);
  if (kinds >= 3) return 0.8;
  if (kinds === 2 && (digits > 0 || other > 0) && (quoted || digits > 0)) return 0.65;
  return quoted && length >= 12 && entropy(codes, start, end) >= 3.2 ? 0.5 : 0.3;
}

function judgeSecret(codes: Uint8Array, { name, start, end }: Assignment): number {
  const length = end - start;
  if (length < 10) return 0;
  const { digits, upper, lower, other } = mixture(codes, start, end);
  if (digits === 0 || upper + lower === 0 || other > length / 4) return 0;
  const bits = entropy(codes, start, end);
  // A bare "key" is mostly the key of a table: only a random value of some length is a secret.
  if (name === "key" && (bits < 3.5 || length < 20)) return 0;
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
    const { codes } = source;
    const password = namesPassword(name);
    if (!password && name !== "key" && !SECRET.within(name)) return undefined;
    if (AGAINST.within(name)) return undefined;
    const confidence = password ? judgePassword(codes, found) : judgeSecret(codes, found);
    if (confidence === 0) return undefined;
    if (isPlaceholder(codes, start, Math.min(end, start + 96))) return undefined;
    if (readsAsCode(codes, found)) return undefined;
    const candidate = { start, end, confidence, why: ["name", "entropy"] };
    return cut ? { ...candidate, runsOn: "|-._~+/=" } : candidate;
  },
};
