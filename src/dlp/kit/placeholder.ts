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

/**
 * True for documentation placeholders, templates, and runs nobody draws at random, among folded codes
 * from an index up to another.
 */
export function isPlaceholder(codes: Uint8Array, from: number, to: number): boolean {
  if (WORDS.among(codes, from, to)) return true;
  let run = 1;
  let before = 0;
  for (let i = from; i < to; i += 1) {
    const code = codes[i] ?? 0;
    if (code === LESS || code === MORE) return true;
    run = code === before ? run + 1 : 1;
    // Real keys hold long runs of one letter only as version bytes ("AAAA" in base64), and much else.
    if (run >= 8 && (code !== 65 || to - from - run < RANDOM_MIN)) return true;
    before = code;
  }
  return distinct(codes, from, to) < 4;
}

const seen = new Uint16Array(128);

/** How many different characters there are, up to four. */
function distinct(codes: Uint8Array, from: number, to: number): number {
  let found = 0;
  let [first, second, third] = [-1, -1, -1];
  for (let i = from; i < to && found < 4; i += 1) {
    const code = codes[i] ?? 0;
    if (code === first || code === second || code === third) continue;
    found += 1;
    [first, second, third] = [second, third, code];
  }
  return found;
}

/** By count: what one more of it adds to the count times its logarithm. */
const WEIGHTS = Float64Array.from({ length: 129 }, (_, count) =>
  count === 0 ? 0 : (count + 1) * Math.log2(count + 1) - count * Math.log2(count),
);
/** By length: its logarithm. */
const LOGARITHMS = Float64Array.from({ length: 129 }, (_, length) => Math.log2(length));

/** Shannon entropy in bits a character, of the first 128 characters from an index up to another. */
export function entropy(codes: Uint8Array, from: number, to: number): number {
  const length = Math.min(to - from, 128);
  if (length <= 0) return 0;
  let weight = 0;
  for (let i = from; i < from + length; i += 1) {
    const code = (codes[i] ?? 0) & 127;
    const count = seen[code] ?? 0;
    weight += WEIGHTS[count] ?? 0;
    seen[code] = count + 1;
  }
  seen.fill(0);
  // Rounded, so that a value of exactly so many bits has them.
  return Math.round(((LOGARITHMS[length] ?? 0) - weight / length) * 1e9) / 1e9;
}
