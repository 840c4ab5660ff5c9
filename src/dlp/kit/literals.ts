/** Whether one of many short texts stands in a value: one walk over pairs of its characters. */

/** Ends a literal that must stand at the end of a text. */
const AT_END = 36;

/**
 * Lower-case literals of two ASCII characters and more, sought letter case aside. One that ends with a
 * dollar sign stands only at the end of a text.
 */
export class Literals {
  readonly #buckets: string[][] = [[]];
  readonly #bucketOf = new Uint8Array(128 * 128);

  constructor(literals: readonly string[]) {
    for (const literal of literals) {
      const pair = (literal.charCodeAt(0) << 7) | literal.charCodeAt(1);
      if (this.#bucketOf[pair] === 0) this.#bucketOf[pair] = this.#buckets.push([]) - 1;
      this.#buckets[this.#bucketOf[pair] ?? 0]?.push(literal);
    }
  }

  /** True when the text has one of the literals. */
  within(text: string): boolean {
    let previous = 0;
    for (let i = 0; i < text.length; i += 1) {
      const code = small(text.charCodeAt(i));
      const bucket = this.#bucketOf[(previous << 7) | code] ?? 0;
      if (bucket !== 0 && this.#stands(text, i - 1, bucket)) return true;
      previous = code;
    }
    return false;
  }

  #stands(text: string, at: number, bucket: number): boolean {
    for (const literal of this.#buckets[bucket] ?? []) {
      const { length } = literal;
      let i = 2;
      while (i < length && small(text.charCodeAt(at + i)) === literal.charCodeAt(i)) i += 1;
      if (i === length) return true;
      if (i === length - 1 && literal.charCodeAt(i) === AT_END && at + i === text.length)
        return true;
    }
    return false;
  }
}

/** The small letter of an ASCII capital; 0 outside ASCII and past the end. */
function small(code: number): number {
  if (code >= 65 && code <= 90) return code + 32;
  return code < 128 ? code : 0;
}
