/** A seeded die: the same seed makes the same rows on every machine. */

export class Dice {
  #state: number;

  constructor(seed: number) {
    this.#state = (seed * 2_654_435_761 + 12_345) >>> 0;
  }

  /** An integer from 0 up to, not with, `below` (mulberry32). */
  below(below: number): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let t = this.#state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) % below;
  }

  between(least: number, most: number): number {
    return least + this.below(most - least + 1);
  }

  pick<T>(items: readonly T[]): T {
    const item = items[this.below(items.length)];
    if (item === undefined) throw new Error("nothing to pick from");
    return item;
  }

  /** `count` characters of an alphabet. */
  chars(alphabet: string, count: number): string {
    let text = "";
    for (let i = 0; i < count; i += 1) text += alphabet[this.below(alphabet.length)] ?? "";
    return text;
  }

  digits(count: number): string {
    return this.chars("0123456789", count);
  }

  /** A shape: 9 a digit, 1 one of 1 to 9, A a capital, a a small letter, n either or a digit, h hex; `\` keeps the next as it is. */
  shape(shape: string): string {
    let text = "";
    for (let i = 0; i < shape.length; i += 1) {
      const sign = shape[i] ?? "";
      const alphabet = ALPHABETS[sign];
      if (sign === "\\") text += shape[(i += 1)] ?? "";
      else text += alphabet === undefined ? sign : this.chars(alphabet, 1);
    }
    return text;
  }
}

export const CAPITALS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
export const SMALL = CAPITALS.toLowerCase();
export const DIGITS = "0123456789";
export const ALNUM = `${CAPITALS}${SMALL}${DIGITS}`;

const ALPHABETS: Readonly<Record<string, string>> = {
  "9": DIGITS,
  "1": "123456789",
  A: CAPITALS,
  a: SMALL,
  n: ALNUM,
  h: "0123456789abcdef",
};
