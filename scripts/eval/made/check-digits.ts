/**
 * Check digits for values that are made up. Written apart from the detectors' own arithmetic, so that
 * an error there is not made here a second time: most try each digit against the published rule.
 */
import { createHash } from "node:crypto";

import type { Dice } from "./dice.ts";

/** The sum of digits times weights. */
function sum(digits: string, weights: readonly number[]): number {
  return weights.reduce((total, weight, i) => total + weight * Number(digits[i]), 0);
}

/** Appends the digit that makes the Luhn sum a multiple of ten. */
export function withLuhn(body: string): string {
  const total = Array.from(body)
    .toReversed()
    .reduce((sum, digit, i) => {
      const value = Number(digit) * (i % 2 === 0 ? 2 : 1);
      return sum + Math.floor(value / 10) + (value % 10);
    }, 0);
  return body + String((10 - (total % 10)) % 10);
}

/** Draws until a rule holds: for rules that leave some bodies without a check digit. */
export function drawUntil(draw: () => string, holds: (value: string) => boolean): string {
  for (let tries = 0; tries < 10_000; tries += 1) {
    const value = draw();
    if (holds(value)) return value;
  }
  throw new Error("no value fits");
}

export function isTfn(digits: string): boolean {
  return sum(digits, [1, 4, 3, 7, 5, 8, 6, 9, 10]) % 11 === 0;
}

export function isRouting(digits: string): boolean {
  return (
    /^(?:0[1-9]|1[0-2]|2[1-9]|3[0-2])/.test(digits) &&
    (3 * sum(digits, [1, 0, 0, 1, 0, 0, 1]) +
      7 * sum(digits, [0, 1, 0, 0, 1, 0, 0, 1]) +
      sum(digits, [0, 0, 1, 0, 0, 1, 0, 0, 1])) %
      10 ===
      0
  );
}

export function isNhs(digits: string): boolean {
  const rest = sum(digits, [10, 9, 8, 7, 6, 5, 4, 3, 2, 1]) % 11;
  return rest === 0;
}

export function isPesel(digits: string): boolean {
  return sum(digits, [1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1]) % 10 === 0;
}

export function isCpf(digits: string): boolean {
  const rest = (count: number): number => {
    let total = 0;
    for (let i = 0; i < count; i += 1) total += Number(digits[i]) * (count + 1 - i);
    return ((total * 10) % 11) % 10;
  };
  return rest(9) === Number(digits[9]) && rest(10) === Number(digits[10]);
}

/** German tax id: ISO 7064 mod 11,10; one digit of the first ten comes twice, one not at all. */
export function isGermanTaxId(digits: string): boolean {
  if (new Set(digits.slice(0, 10)).size !== 9) return false;
  let product = 10;
  for (const digit of digits.slice(0, 10)) {
    const part = (Number(digit) + product) % 10 || 10;
    product = (part * 2) % 11;
  }
  return (11 - product) % 10 === Number(digits[10]);
}

/** The product of two symmetries of a pentagon: turns are 0 to 4, flips 5 to 9. */
function times(a: number, b: number): number {
  if (a < 5) return b < 5 ? (a + b) % 5 : ((a + b - 5) % 5) + 5;
  return b < 5 ? ((a - 5 - b + 5) % 5) + 5 : (a - b + 5) % 5;
}

/** Verhoeff, from the group of the pentagon's symmetries instead of its tables. */
export function isVerhoeff(digits: string): boolean {
  const first = [1, 5, 7, 6, 2, 8, 3, 0, 9, 4];
  let check = 0;
  Array.from(digits)
    .toReversed()
    .forEach((digit, place) => {
      let value = Number(digit);
      for (let i = 0; i < place % 8; i += 1) value = first[value] ?? 0;
      check = times(check, value);
    });
  return check === 0;
}

/** The IBAN of a country's account part, by long division of the whole number. */
export function ibanOf(country: string, account: string): string {
  const spelled = Array.from(`${account}${country}00`)
    .map((c) => (c >= "A" ? String(c.charCodeAt(0) - 55) : c))
    .join("");
  return `${country}${String(98 - Number(BigInt(spelled) % 97n)).padStart(2, "0")}${account}`;
}

export function isVin(word: string): boolean {
  const values: Record<string, number> = {};
  "ABCDEFGH".split("").forEach((letter, i) => (values[letter] = i + 1));
  "JKLMN".split("").forEach((letter, i) => (values[letter] = i + 1));
  Object.assign(values, { P: 7, R: 9 });
  "STUVWXYZ".split("").forEach((letter, i) => (values[letter] = i + 2));
  const weights = [8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2];
  const total = weights.reduce((sum, weight, i) => {
    const sign = word[i] ?? "";
    return sum + weight * (values[sign] ?? Number(sign));
  }, 0);
  return word[8] === (total % 11 === 10 ? "X" : String(total % 11));
}

/** A Bitcoin address of the old kind: base58 with a double SHA-256 check. */
export function bitcoinAddress(dice: Dice): string {
  const body = Buffer.from([0, ...Array.from({ length: 20 }, () => dice.below(256))]);
  const once = createHash("sha256").update(body).digest();
  const check = createHash("sha256").update(once).digest().subarray(0, 4);
  let number = BigInt(`0x${Buffer.concat([body, check]).toString("hex")}`);
  let text = "";
  for (; number > 0n; number /= 58n)
    text =
      ("123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"[Number(number % 58n)] ?? "") +
      text;
  return `1${text}`;
}
