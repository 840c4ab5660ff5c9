/** Whether one of many short texts stands in a value: one walk over pairs of its characters. */

/** The small letter of an ASCII capital; 0 outside ASCII. */
const SMALL = Uint8Array.from({ length: 256 }, (_, code) =>
  code >= 65 && code <= 90 ? code + 32 : code < 128 ? code : 0,
);
/** Where the codes of a name are put, one name after the other. */
const NAME = new Uint8Array(192);
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

  /** True when one of the literals stands in a name of at most 192 characters. */
  within(name: string): boolean {
    const length = Math.min(name.length, NAME.length);
    for (let i = 0; i < length; i += 1) NAME[i] = Math.min(name.charCodeAt(i), 128);
    return this.among(NAME, 0, length);
  }

  /** True when one of the literals stands among folded codes, from an index up to another. */
  among(codes: Uint8Array, from: number, to: number): boolean {
    let previous = 0;
    for (let i = from; i < to; i += 1) {
      const code = SMALL[codes[i] ?? 0] ?? 0;
      const bucket = this.#bucketOf[(previous << 7) | code] ?? 0;
      if (bucket !== 0 && this.#stands(codes, i - 1, to, bucket)) return true;
      previous = code;
    }
    return false;
  }

  #stands(codes: Uint8Array, at: number, to: number, bucket: number): boolean {
    for (const literal of this.#buckets[bucket] ?? []) {
      const { length } = literal;
      let i = 2;
      while (i < length && at + i < to && SMALL[codes[at + i] ?? 0] === literal.charCodeAt(i))
        i += 1;
      if (i === length) return true;
      if (i === length - 1 && literal.charCodeAt(i) === AT_END && at + i === to) return true;
    }
    return false;
  }
}
