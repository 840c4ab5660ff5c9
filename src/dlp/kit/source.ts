/**
 * The text a detector reads. Reading past the end of an unfinished text is remembered: a verdict
 * that never looked past the end stands whatever follows, and one that did is not final. This is
 * the whole reason why a stream and the whole text give the same answer.
 */
import { DIGIT, is, isWordCode } from "./chars.ts";
import { LOOK_BACK_CHARS } from "../limits.ts";
import { DigitRun, parseDigits } from "./digits.ts";

/** Code for "no character here": before the start or past the end of the text. */
export const NONE = -1;

export class Source {
  readonly text: string;
  readonly length: number;
  /** True once anything asked for a character that has not arrived. */
  touched = false;
  readonly #ended: boolean;
  #runAt = -1;
  /** Made when first asked for: most short texts have no number. */
  #run: DigitRun | undefined;
  #isRun = false;
  #runTouched = false;
  #contextAt = -1;
  #context = "";
  /** What a kit module worked out at a place, for the next detector that asks there. */
  readonly memo: { at: number; touched: boolean; value: unknown } = {
    at: -1,
    touched: false,
    value: undefined,
  };

  constructor(text: string, ended: boolean) {
    this.text = text;
    this.length = text.length;
    this.#ended = ended;
  }

  /** The code unit at an index, or NONE; notes when it lies past the end of an unfinished text. */
  code(index: number): number {
    if (index < this.length) return index < 0 ? NONE : this.text.charCodeAt(index);
    if (!this.#ended) this.touched = true;
    return NONE;
  }

  /** True when `literal` stands at the index. Stops at the first difference. */
  has(index: number, literal: string): boolean {
    for (let i = 0; i < literal.length; i += 1) {
      if (this.code(index + i) !== literal.charCodeAt(i)) return false;
    }
    return true;
  }

  /** The end of the run of characters of a class mask (plus `extra`) from `from`, at most `to`. */
  run(from: number, mask: number, to: number, extra = ""): number {
    let end = from;
    if (extra === "" && from >= 0) {
      const stop = to < this.length ? to : this.length;
      while (end < stop && is(this.text.charCodeAt(end), mask)) end += 1;
      if (end < stop || end >= to) return end;
    }
    while (end < to) {
      const code = this.code(end);
      if (code === NONE) break;
      if (!is(code, mask) && (extra === "" || !extra.includes(String.fromCharCode(code)))) break;
      end += 1;
    }
    return end;
  }

  /** True when no letter or digit stands right before the index. */
  opens(index: number): boolean {
    return !isWordCode(this.code(index - 1));
  }

  /** True when no letter, digit or underscore stands at the index: what ended there has ended. */
  closes(index: number): boolean {
    const code = this.code(index);
    return code !== 95 && !isWordCode(code);
  }

  /** The text before an index, lower-cased, at most 64 units of it. */
  before(at: number): string {
    if (this.#contextAt !== at) {
      this.#contextAt = at;
      this.#context = this.text.slice(Math.max(0, at - LOOK_BACK_CHARS), at).toLowerCase();
    }
    return this.#context;
  }

  /**
   * Groups of digits joined by single separators, from an index where a digit run begins. Many
   * detectors ask at the same place, so the last answer is kept.
   */
  digits(at: number): DigitRun | undefined {
    if (this.#runAt !== at) {
      const before = this.touched;
      this.touched = false;
      this.#runAt = at;
      this.#isRun = is(this.code(at), DIGIT);
      if (this.#isRun) {
        this.#run ??= new DigitRun(this.text);
        parseDigits(this, at, this.#run);
      }
      this.#runTouched = this.touched;
      this.touched = before;
    }
    if (this.#runTouched) this.touched = true;
    return this.#isRun ? this.#run : undefined;
  }
}
