/** Values that documentation and templates put where a secret goes: never a secret. */
import { Literals } from "./literals.ts";

/** The signs of templates: angle brackets. */
const LESS = 60;
const MORE = 62;
/** The words of templates, sought letter case aside. */
const WORDS = new Literals([
  "example",
  "sample",
  "your",
  "placeholder",
  "dummy",
  "changeme",
  "replace",
  "change_me",
  "change-me",
  "redacted",
  "token:",
  "xxxx",
  "...",
  "***",
  "insert",
  "${",
  "{{",
  "%(",
  "process.env",
  "os.environ",
  "getenv",
  "secrets.",
  "abcdefghijkl",
  "1234567890ab",
  "00000000",
]);

/** Fewest characters besides a run of A that make a key. */
const RANDOM_MIN = 30;

/** True for documentation placeholders, templates, and runs nobody draws at random. */
export function isPlaceholder(value: string): boolean {
  if (WORDS.within(value)) return true;
  let run = 1;
  let before = 0;
  for (let i = 0; i < value.length; i += 1) {
    const code = value.charCodeAt(i);
    if (code === LESS || code === MORE) return true;
    run = code === before ? run + 1 : 1;
    // Real keys hold long runs of one letter only as version bytes ("AAAA" in base64), and much else.
    if (run >= 8 && (code !== 65 || value.length - run < RANDOM_MIN)) return true;
    before = code;
  }
  return distinct(value) < 4;
}

const seen = new Uint16Array(128);

/** How many different characters a text has, up to four. */
function distinct(value: string): number {
  let found = "";
  for (let i = 0; i < value.length && found.length < 4; i += 1) {
    const character = value[i] ?? "";
    if (!found.includes(character)) found += character;
  }
  return found.length;
}

/** By count: the count times its logarithm. */
const WEIGHTS = Float64Array.from({ length: 129 }, (_, count) =>
  count === 0 ? 0 : count * Math.log2(count),
);

/** Shannon entropy in bits a character, of the first 128 characters. */
export function entropy(value: string): number {
  const length = Math.min(value.length, 128);
  if (length === 0) return 0;
  let weight = 0;
  for (let i = 0; i < length; i += 1) {
    const code = value.charCodeAt(i) & 127;
    const count = seen[code] ?? 0;
    weight += (WEIGHTS[count + 1] ?? 0) - (WEIGHTS[count] ?? 0);
    seen[code] = count + 1;
  }
  for (let i = 0; i < length; i += 1) seen[value.charCodeAt(i) & 127] = 0;
  // Rounded, so that a value of exactly so many bits has them.
  return Math.round((Math.log2(length) - weight / length) * 1e9) / 1e9;
}
