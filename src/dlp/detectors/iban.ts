/** International bank account numbers: country, length by country, mod 97 (ISO 13616). */
import { ALNUM, ALPHA, DIGIT, UPPER, is } from "../kit/chars.ts";
import { mod97 } from "../kit/checksums.ts";
import { contextWords, hasContext } from "../kit/context.ts";
import type { Detector } from "../kit/detector.ts";
import type { Source } from "../kit/source.ts";

/** Two letters as one number, whatever their case. */
function countryOf(first: number, second: number): number {
  return ((first & 31) << 5) | (second & 31);
}

/** Country codes with the total length, from the SWIFT registry. */
const REGISTRY = (
  "AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BI27 BR29 BY28 CH21 CR22 CY28 CZ24 DE22 DJ27 DK18 " +
  "DO28 EE20 EG29 ES24 FI18 FK18 FO18 FR27 GB22 GE22 GI23 GL18 GR27 GT28 HN28 HR21 HU28 IE22 IL23 " +
  "IQ23 IS26 IT27 JO30 KW30 KZ20 LB28 LC32 LI21 LT20 LU20 LV21 LY25 MC27 MD24 ME22 MK19 MN20 MR27 " +
  "MT31 MU30 NI28 NL18 NO15 OM23 PK24 PL28 PS29 PT25 QA29 RO24 RS22 RU33 SA24 SC31 SD18 SE24 SI19 " +
  "SK24 SM27 SO23 ST25 SV28 TL23 TN24 TR26 UA29 VA22 VG24 XK20 YE30"
).split(" ");
const COUNTRIES = REGISTRY.map((entry) => entry.slice(0, 2));
/** Total length by country code; 0 for what is none. */
const LENGTHS = new Uint8Array(1024);
for (const entry of REGISTRY)
  LENGTHS[countryOf(entry.charCodeAt(0), entry.charCodeAt(1))] = Number(entry.slice(2));

const WORDS = contextWords(["iban"]);

/** Blank, hyphen or full stop. */
function isSeparator(code: number): boolean {
  return code === 32 || code === 45 || code === 46;
}

/** Reads `count` letters and digits from `at`, with single separators between. */
function read(
  source: Source,
  at: number,
  count: number,
): { bare: string; end: number } | undefined {
  let bare = "";
  let index = at;
  while (bare.length < count) {
    const code = source.code(index);
    if (is(code, ALNUM)) {
      bare += String.fromCharCode(code);
    } else if (!isSeparator(code) || !is(source.code(index - 1), ALNUM)) {
      return undefined;
    }
    index += 1;
  }
  return source.closes(index) ? { bare: bare.toUpperCase(), end: index } : undefined;
}

function digitsOf(bare: string): number {
  let count = 0;
  for (let i = 0; i < bare.length; i += 1) if (is(bare.charCodeAt(i), DIGIT)) count += 1;
  return count;
}

export const iban: Detector = {
  id: "iban",
  title: "International bank account number (IBAN)",
  version: 4,
  groups: ["financial", "pii"],
  evidence: "shape, checksum",
  // "DE 89 3704 ..." has a blank after the country as well.
  prefilter: [
    { kind: "mixed", letters: [2], digits: 2 },
    { kind: "literals", literals: COUNTRIES.map((country) => `${country} `) },
  ],
  maxLength: 65,
  validate(source, at) {
    const first = source.code(at);
    const digits = source.code(at + 2) === 32 && is(first, UPPER) ? at + 3 : at + 2;
    if (!is(source.code(digits), DIGIT) || !is(source.code(digits + 1), DIGIT)) return undefined;
    if (!source.opens(at) || source.code(at - 1) === 95) return undefined;
    const second = source.code(at + 1);
    const length = LENGTHS[countryOf(first, second)] ?? 0;
    if (length === 0 || !is(first, ALPHA) || !is(second, ALPHA)) return undefined;
    const found = read(source, at, length);
    if (found === undefined) return undefined;
    if (mod97(found.bare.slice(4) + found.bare.slice(0, 4)) !== 1) return undefined;
    const written = source.text.slice(at, found.end);
    if (written !== written.toUpperCase() && written !== written.toLowerCase()) return undefined;
    const context = hasContext(source, at, WORDS);
    // Small letters may be a random token: then most of it must be digits, or the word stand there.
    if (!is(first, UPPER) && !context && digitsOf(found.bare) < length / 2) return undefined;
    const why = context ? ["shape", "checksum", "context"] : ["shape", "checksum"];
    return { start: at, end: found.end, confidence: 0.95, why };
  },
};
