/** The codes of a text that grows at its end and is cut at its start: each character is folded once. */
import { Source } from "./source.ts";

export class Codes {
  #codes = new Uint8Array(1024);
  #folded = 0;

  /** The text so far, unfinished; it begins as the text of the last call did, less what was cut. */
  read(text: string): Source {
    if (this.#codes.length < text.length) {
      const grown = new Uint8Array(text.length * 2);
      grown.set(this.#codes.subarray(0, this.#folded));
      this.#codes = grown;
    }
    const source = new Source(text, false, this.#codes, this.#folded);
    this.#folded = text.length;
    return source;
  }

  /** The text loses its first characters. */
  cut(count: number): void {
    this.#codes.copyWithin(0, count, this.#folded);
    this.#folded = Math.max(0, this.#folded - count);
  }
}
