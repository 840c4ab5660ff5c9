/** Values that documentation and templates put where a secret goes: never a secret. */
import { Literals } from "./literals.ts";

/** Single signs of templates, and words; the words are sought letter case aside. */
const SIGNS = /[<>]/;
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
  if (SIGNS.test(value) || WORDS.within(value)) return true;
  let run = 1;
  for (let i = 1; i < value.length; i += 1) {
    run = value[i] === value[i - 1] ? run + 1 : 1;
    // Real keys hold long runs of one letter only as version bytes ("AAAA" in base64), and much else.
    if (run >= 8 && (value[i] !== "A" || value.length - run < RANDOM_MIN)) return true;
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

/** Shannon entropy in bits a character, of the first 128 characters. */
export function entropy(value: string): number {
  const length = Math.min(value.length, 128);
  seen.fill(0);
  for (let i = 0; i < length; i += 1) {
    const code = value.charCodeAt(i) & 127;
    seen[code] = (seen[code] ?? 0) + 1;
  }
  let bits = 0;
  for (const count of seen) {
    if (count > 0) bits -= (count / length) * Math.log2(count / length);
  }
  return bits;
}
