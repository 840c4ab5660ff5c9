/** How short and how long a match of an RE2 pattern can be, read off its syntax. */
import { PATTERN_REPEAT_MAX } from "./limits.ts";

/** Bounds in UTF-16 units, or why they cannot be told. */
export type PatternBounds = { min: number; max: number } | { problem: string };

interface Span {
  min: number;
  max: number;
}

class Refused extends Error {}

class Reader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  #peek(): string {
    return this.#text[this.#at] ?? "";
  }

  /** alternatives := sequence ("|" sequence)* */
  alternatives(): Span {
    const span = this.#sequence();
    while (this.#peek() === "|") {
      this.#at += 1;
      const other = this.#sequence();
      span.min = Math.min(span.min, other.min);
      span.max = Math.max(span.max, other.max);
    }
    return span;
  }

  #sequence(): Span {
    const span = { min: 0, max: 0 };
    while (this.#at < this.#text.length && this.#peek() !== "|" && this.#peek() !== ")") {
      const item = this.#repeated(this.#atom());
      span.min += item.min;
      span.max += item.max;
    }
    return span;
  }

  #repeated(atom: Span): Span {
    let span = atom;
    for (;;) {
      const repeat = /^(?:[*+?]|\{(\d+)(?:(,)(\d*))?\})/.exec(this.#text.slice(this.#at));
      if (repeat === null) return span;
      this.#at += repeat[0].length;
      if (this.#peek() === "?") this.#at += 1;
      const [low, high] = repeatOf(repeat);
      if (Number.isFinite(high) && high > PATTERN_REPEAT_MAX) {
        throw new Refused(`the repeat ${repeat[0]} is over ${PATTERN_REPEAT_MAX}`);
      }
      span = { min: span.min * low, max: span.max === 0 ? 0 : span.max * high };
    }
  }

  #atom(): Span {
    const character = this.#peek();
    if (character === "(") return this.#group();
    if (character === "[") return this.#class();
    if (character === "\\") return this.#escape();
    this.#at += 1;
    if (character === "^" || character === "$") return { min: 0, max: 0 };
    // Outside the basic plane a character takes two units.
    const code = this.#text.charCodeAt(this.#at - 1);
    if (code >= 0xd800 && code <= 0xdbff) {
      this.#at += 1;
      return { min: 2, max: 2 };
    }
    return { min: 1, max: character === "." ? 2 : 1 };
  }

  #group(): Span {
    const flags = /^\(\?([a-zA-Z-]*)\)/.exec(this.#text.slice(this.#at));
    if (flags !== null) {
      this.#at += flags[0].length;
      return { min: 0, max: 0 };
    }
    const opening = /^\((?:\?(?:[a-zA-Z-]*:|P?<\w+>))?/.exec(this.#text.slice(this.#at));
    this.#at += opening?.[0].length ?? 1;
    const span = this.alternatives();
    this.#at += 1;
    return span;
  }

  #class(): Span {
    const text = this.#text;
    let at = this.#at + 1;
    if (text[at] === "^") at += 1;
    if (text[at] === "]") at += 1;
    while (at < text.length && text[at] !== "]") {
      if (text[at] === "[" && text[at + 1] === ":") at = text.indexOf(":]", at) + 1;
      at += text[at] === "\\" ? 2 : 1;
    }
    this.#at = at + 1;
    return { min: 1, max: 2 };
  }

  #escape(): Span {
    const rest = this.#text.slice(this.#at);
    const anchor = /^\\[bBAzZ]/.exec(rest);
    if (anchor !== null) {
      this.#at += 2;
      return { min: 0, max: 0 };
    }
    if (rest.startsWith("\\Q")) {
      const close = rest.indexOf("\\E");
      const quoted = close < 0 ? rest.slice(2) : rest.slice(2, close);
      this.#at += close < 0 ? rest.length : close + 2;
      return { min: quoted.length, max: quoted.length };
    }
    const long = /^\\(?:[pP]\{[^}]*\}|[pP].|x\{[0-9a-fA-F]+\}|x[0-9a-fA-F]{2}|[0-7]{1,3})/.exec(
      rest,
    );
    this.#at += long?.[0].length ?? 2;
    return { min: 1, max: long === null && !/^\\[DSW]/.test(rest) ? 1 : 2 };
  }
}

function repeatOf(repeat: RegExpExecArray): [number, number] {
  if (repeat[0] === "*") return [0, Infinity];
  if (repeat[0] === "+") return [1, Infinity];
  if (repeat[0] === "?") return [0, 1];
  const low = Number(repeat[1]);
  if (repeat[2] === undefined) return [low, low];
  return [low, repeat[3] === "" ? Infinity : Number(repeat[3])];
}

/** Reads the bounds of a pattern that RE2 has already accepted. */
export function measurePattern(source: string): PatternBounds {
  try {
    return new Reader(source).alternatives();
  } catch (error) {
    if (error instanceof Refused) return { problem: error.message };
    throw error;
  }
}
