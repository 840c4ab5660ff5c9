/** Check digits. Each function is written from the public definition of its scheme. */

function digitAt(digits: string, index: number): number {
  return digits.charCodeAt(index) - 48;
}

/** ISO/IEC 7812 (Luhn): payment cards, Canadian SIN, NPI with a prefix. */
export function luhn(digits: string): boolean {
  let sum = 0;
  for (let i = 0; i < digits.length; i += 1) {
    let value = digitAt(digits, digits.length - 1 - i);
    if (i % 2 === 1) {
      value *= 2;
      if (value > 9) value -= 9;
    }
    sum += value;
  }
  return sum % 10 === 0;
}

/** The same over the first digits of a list of values. */
export function luhnOf(values: Uint8Array, count: number): boolean {
  let sum = 0;
  for (let i = 0; i < count; i += 1) {
    let value = values[count - 1 - i] ?? 0;
    if (i % 2 === 1) {
      value *= 2;
      if (value > 9) value -= 9;
    }
    sum += value;
  }
  return sum % 10 === 0;
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
export function weighted(digits: string, weights: readonly number[]): number {
  let sum = 0;
  for (let i = 0; i < weights.length; i += 1) sum += digitAt(digits, i) * (weights[i] ?? 0);
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

/** Verhoeff's dihedral checksum: Aadhaar. */
export function verhoeff(digits: string): boolean {
  let check = 0;
  for (let i = 0; i < digits.length; i += 1) {
    const digit = digitAt(digits, digits.length - 1 - i);
    const permuted = VERHOEFF_PERMUTATION[(i % 8) * 10 + digit] ?? 0;
    check = VERHOEFF_PRODUCT[check * 10 + permuted] ?? 0;
  }
  return check === 0;
}

/** ISO/IEC 7064 mod 11,10: German tax id. */
export function mod11Of10(digits: string): boolean {
  let product = 10;
  for (let i = 0; i < digits.length - 1; i += 1) {
    let sum = (digitAt(digits, i) + product) % 10;
    if (sum === 0) sum = 10;
    product = (sum * 2) % 11;
  }
  return (11 - product) % 10 === digitAt(digits, digits.length - 1);
}

/** True when every character is the same: nobody's number, and it passes many checksums. */
export function monotone(text: string): boolean {
  const first = text.charCodeAt(0);
  for (let i = 1; i < text.length; i += 1) if (text.charCodeAt(i) !== first) return false;
  return true;
}
