/**
 * The text a detector reads. Reading past the end of an unfinished text is remembered: a verdict
 * that never looked past the end stands whatever follows, and one that did is not final. This is
 * the whole reason why a stream and the whole text give the same answer.
 */
import type { Assignment } from "./assignment.ts";
import { DIGIT, NONE, foldInto, is, isWordCode } from "./chars.ts";
import { Heard } from "./context.ts";
import { DigitRun, parseDigits } from "./digits.ts";
import { Signs } from "./placeholder.ts";
import { Runs } from "./runs.ts";
import { Years } from "./written-dates.ts";

export class Source {
  readonly text: string;
  readonly length: number;
  /**
   * The text as bytes, see `FOLD`: reading those is several times as fast as reading the text. The
   * array may be longer than the text.
   */
  readonly codes: Uint8Array;
  /** Whether the text has code units that `normalise` replaces. */
  readonly odd: boolean;
  /** True once anything asked for a character that has not arrived. */
  touched = false;
  readonly #ended: boolean;
  #runAt = -1;
  /** Made when first asked for: most short texts have no number. */
  #run: DigitRun | undefined;
  #isRun = false;
  #runTouched = false;
  #runs: Runs | undefined;
  /** Words before values, for `kit/context.ts`. */
  readonly heard = new Heard();
  /** Groups of digits, for the detector of telephone numbers. */
  groups: Int32Array | undefined;
  /** Years, for the detector of dates of birth. */
  readonly years = new Years();
  /** What marks placeholders, for `kit/placeholder.ts`. */
  readonly signs = new Signs();
  /** The assignment that was read last, for the next detector that asks there. */
  readonly memo: { at: number; touched: boolean; reads: boolean; value: Assignment | undefined } = {
    at: -1,
    touched: false,
    reads: false,
    value: undefined,
  };

  /** `codes` is where to put the codes; the first `folded` of them are there already. */
  constructor(
    text: string,
    ended: boolean,
    codes: Uint8Array = new Uint8Array(text.length),
    folded = 0,
  ) {
    this.text = text;
    this.length = text.length;
    this.#ended = ended;
    this.codes = codes;
    this.odd = foldInto(codes, text, folded);
  }

  /** The folded code at an index, or NONE; notes when it lies past the end of an unfinished text. */
  code(index: number): number {
    if (index < this.length) return index < 0 ? NONE : (this.codes[index] ?? NONE);
    if (!this.#ended) this.touched = true;
    return NONE;
  }

  /** True when `literal`, which is ASCII, stands at the index. Stops at the first difference. */
  has(index: number, literal: string): boolean {
    for (let i = 0; i < literal.length; i += 1) {
      if (this.code(index + i) !== literal.charCodeAt(i)) return false;
    }
    return true;
  }

  /** The end of the run of characters of a class mask (plus `extra`) from `from`, at most `to`. */
  run(from: number, mask: number, to: number, extra = ""): number {
    if (from < 0) return from;
    const { codes, length } = this;
    let end = from;
    if (extra === "") {
      const stop = to < length ? to : length;
      while (end < stop && is(codes[end] ?? NONE, mask)) end += 1;
    } else if (from < to) {
      this.#runs ??= new Runs();
      end = this.#runs.end(codes, length, from, to, mask, extra);
    }
    if (end >= length && end < to && !this.#ended) this.touched = true;
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
