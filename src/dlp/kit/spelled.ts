/**
 * A name in snake case, as codes in memory that is used again: assignments are read by the thousand,
 * and most of their names are looked at once. "clientSecret" is spelled "client_secret".
 */
import { DIGIT, FOLD, LOWER, OTHER, UPPER, is } from "./chars.ts";

/** Names have at most 64 characters, and spelling makes at most three of one. */
const SPELLED_MAX = 256;
const UNDERSCORE = 95;
const ASCII_MAX = 127;

/** 1 for small letters and digits, after which a capital begins a word when a small letter follows. */
const BEFORE_HUMP = Uint8Array.from({ length: 256 }, (_, code) =>
  is(code, LOWER | DIGIT) ? 1 : 0,
);

/** A name without the signs of its letters: "contraseña" is spelled "contrasena". */
function plainly(name: string): string {
  const bare = name.normalize("NFD").replaceAll(/\p{M}/gu, "").toLowerCase();
  return bare.replaceAll("ł", "l").replaceAll("ø", "o").replaceAll("ı", "i");
}

export class Spelled {
  /** The folded codes of the name; what lies past its length is of names before. */
  readonly codes = new Uint8Array(SPELLED_MAX);
  length = 0;
  /** The name where it has characters outside ASCII, whose codes do not tell them apart. */
  #foreign = "";

  /** Spells what stands in a text, of which the folded codes are given, from an index up to another. */
  spell(text: string, codes: Uint8Array, from: number, to: number): void {
    const spelled = this.codes;
    let length = 0;
    this.#foreign = "";
    for (let i = from; i < to; i += 1) {
      let code = codes[i] ?? 0;
      if (code > ASCII_MAX) {
        this.set(plainly(text.slice(from, to)));
        return;
      }
      if (is(code, UPPER)) {
        const begins = i > from && BEFORE_HUMP[codes[i - 1] ?? 0] === 1;
        if (begins && i + 1 < to && is(codes[i + 1] ?? 0, LOWER)) {
          spelled[length] = UNDERSCORE;
          length += 1;
        }
        code += 32;
      }
      spelled[length] = code;
      length += 1;
    }
    this.length = length;
  }

  /** Takes a name as it is. */
  set(name: string): void {
    this.length = Math.min(name.length, SPELLED_MAX);
    let ascii = true;
    for (let i = 0; i < this.length; i += 1) {
      const code = FOLD[name.charCodeAt(i)] ?? OTHER;
      if (code > ASCII_MAX) ascii = false;
      this.codes[i] = code;
    }
    this.#foreign = ascii ? "" : name;
  }

  /** Spells a name of a text of its own. */
  spellText(name: string): void {
    this.set(name);
    if (this.#foreign === "") this.spell(name, this.codes.slice(0, this.length), 0, this.length);
    else this.set(plainly(name));
  }

  /** Whether it is a word of ASCII. */
  is(word: string): boolean {
    return this.length === word.length && this.has(word, 0);
  }

  /** Whether a word of ASCII stands at an index. */
  has(word: string, at: number): boolean {
    if (at < 0 || at + word.length > this.length) return false;
    for (let i = 0; i < word.length; i += 1)
      if (this.codes[at + i] !== word.charCodeAt(i)) return false;
    return true;
  }

  /** The name from an index up to another as text. */
  slice(from = 0, to: number = this.length): string {
    if (this.#foreign !== "") return this.#foreign.slice(from, to);
    let text = "";
    for (let i = from; i < to; i += 1) text += String.fromCharCode(this.codes[i] ?? 0);
    return text;
  }
}
