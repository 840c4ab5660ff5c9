/**
 * Check digits. Each function is written from the public definition of its scheme, and reads values of
 * digits rather than a text: a list of numbers asks for them at every number.
 */

/** The values of a text of digits. */
export function digitValues(text: string, from = 0, to = text.length): Uint8Array {
  const values = new Uint8Array(to - from);
  for (let i = from; i < to; i += 1) values[i - from] = text.charCodeAt(i) - 48;
  return values;
}

/** What twice a digit counts for in Luhn's sum. */
const DOUBLED = Uint8Array.of(0, 2, 4, 6, 8, 1, 3, 5, 7, 9);

/** The sum of ISO/IEC 7812 (Luhn) over the digits from an index up to `count`. */
export function luhnSum(values: Uint8Array, count: number, from = 0): number {
  let sum = 0;
  let i = count - 1;
  for (; i > from; i -= 2) sum += (values[i] ?? 0) + (DOUBLED[values[i - 1] ?? 0] ?? 0);
  return i === from ? sum + (values[i] ?? 0) : sum;
}

/** ISO/IEC 7812 (Luhn): payment cards, Canadian SIN. */
export function luhn(values: Uint8Array, count: number, from = 0): boolean {
  return luhnSum(values, count, from) % 10 === 0;
}

/** ISO/IEC 7064 mod 97-10 over letters (A = 10) and digits, as IBANs use it after rotation. */
export function mod97(text: string): number {
  let remainder = 0;
  for (let i = 0; i < text.length; i += 1) {
    const code = text.charCodeAt(i);
    if (code >= 48 && code <= 57) remainder = (remainder * 10 + code - 48) % 97;
    else remainder = (remainder * 100 + ((code | 32) - 87)) % 97;
  }
  return remainder;
}

/** The sum of digits times weights, position by position. */
export function weighted(values: Uint8Array, weights: readonly number[]): number {
  let sum = 0;
  for (let i = 0; i < weights.length; i += 1) sum += (values[i] ?? 0) * (weights[i] ?? 0);
  return sum;
}

/** Rows of digits, one after the other. */
function rows(...texts: readonly string[]): Uint8Array {
  return Uint8Array.from(texts.join("").split(""), Number);
}

const VERHOEFF_PRODUCT = rows(
  "0123456789",
  "1234067895",
  "2340178956",
  "3401289567",
  "4012395678",
  "5987604321",
  "6598710432",
  "7659821043",
  "8765932104",
  "9876543210",
);
const VERHOEFF_PERMUTATION = rows(
  "0123456789",
  "1576283094",
  "5803796142",
  "8916043527",
  "9453126870",
  "4286573901",
  "2793806415",
  "7046913258",
);

/** By place in a row of eight, check so far and digit, four bits each: the check with that digit, shifted. */
const VERHOEFF = verhoeffTable(VERHOEFF_PRODUCT, VERHOEFF_PERMUTATION);

function verhoeffTable(product: Uint8Array, permutation: Uint8Array): Uint8Array {
  const table = new Uint8Array(8 << 8);
  for (let place = 0; place < 8; place += 1)
    for (let check = 0; check < 10; check += 1)
      for (let digit = 0; digit < 10; digit += 1) {
        const permuted = permutation[place * 10 + digit] ?? 0;
        table[(place << 8) | (check << 4) | digit] = (product[check * 10 + permuted] ?? 0) << 4;
      }
  return table;
}

/** Verhoeff's dihedral checksum over the first digits: Aadhaar. */
export function verhoeff(values: Uint8Array, count: number): boolean {
  let check = 0;
  for (let i = 0; i < count; i += 1)
    check = VERHOEFF[((i & 7) << 8) | check | (values[count - 1 - i] ?? 0)] ?? 0;
  return check === 0;
}

/** ISO/IEC 7064 mod 11,10 over the first digits: German tax id. */
export function mod11Of10(values: Uint8Array, count: number): boolean {
  let product = 10;
  for (let i = 0; i < count - 1; i += 1) {
    let sum = ((values[i] ?? 0) + product) % 10;
    if (sum === 0) sum = 10;
    product = (sum * 2) % 11;
  }
  return (11 - product) % 10 === values[count - 1];
}

/** True when the first digits are all the same: nobody's number, and it passes many checksums. */
export function monotone(values: Uint8Array, count: number): boolean {
  for (let i = 1; i < count; i += 1) if (values[i] !== values[0]) return false;
  return true;
}

/** How many different digits there are among the first. */
export function distinct(values: Uint8Array, count: number): number {
  let seen = 0;
  let found = 0;
  for (let i = 0; i < count; i += 1) {
    const bit = 1 << (values[i] ?? 0);
    if ((seen & bit) === 0) found += 1;
    seen |= bit;
  }
  return found;
}

/** Whether a digit, or two of them, lie in a range. */
export function isBetween(value: number | undefined, least: number, most: number): boolean {
  return value !== undefined && value >= least && value <= most;
}
