/**
 * The views of a text the guard judges: the folded text itself and, where the text shows signs of a
 * disguise, what it says once undone (leetspeak, spaced-out letters, base64, hex, escapes, rot13,
 * reversed). Linear time; every view is bounded and views of views stop at `viewDepthMax`.
 */
import { type Buffers, buffersFor } from "./buffers.ts";
import { decodeRuns, unescapeText } from "./encodings.ts";
import { type Folded, fold } from "./fold.ts";
import { decodedCharsMax, viewAllowanceChars, viewDepthMax, viewLengthsMax } from "./limits.ts";
import { type Tokens, leetTable, tokenise } from "./tokens.ts";

/** How a view was obtained. */
export type ViewKind =
  | "plain"
  | "leetspeak"
  | "spaced-out"
  | "base64"
  | "hex"
  | "escaped"
  | "rot13"
  | "reversed";

/** One reading of a text. `undone` counts the disguised words, 0 for the plain view. */
export interface View {
  readonly kind: ViewKind;
  readonly folded: Folded;
  readonly tokens: Tokens;
  readonly undone: number;
  /** Nested decoding: 0 is the text itself. */
  readonly depth: number;
}

const disguisedWordsMin = 3;
const spacedRunMin = 8;

/** The views found so far, and how many more characters of views may be added. */
interface Collected {
  readonly views: View[];
  room: number;
}

/** All views of a text, the plain one first; that one is valid as long as what it was folded into. */
export function views(text: string, into: Buffers = buffersFor(text.length)): View[] {
  const out: Collected = { views: [], room: viewLengthsMax * text.length + viewAllowanceChars };
  addViews(out, text, 0, "plain", into);
  return out.views;
}

/** Adds the view that `make` builds, unless `length` characters more are too many. */
function addView(out: Collected, length: number, make: () => View): View | null {
  if (length > out.room) return null;
  out.room -= length;
  const view = make();
  out.views.push(view);
  return view;
}

function addViews(
  out: Collected,
  text: string,
  depth: number,
  kind: ViewKind,
  into?: Buffers,
): void {
  const plain = addView(out, text.length, () =>
    viewOf(kind, fold(text, into), depth === 0 ? 0 : 1, depth, into),
  );
  if (plain === null) return;
  const { folded, tokens } = plain;
  const undo = (as: ViewKind, signs: number, enough: number, make: () => Folded): void => {
    if (signs >= enough) addView(out, folded.length, () => viewOf(as, make(), signs, depth));
  };
  undo("leetspeak", tokens.leetWords, disguisedWordsMin, () => mapCodes(folded, unleet));
  undo("rot13", tokens.rot13Words, disguisedWordsMin, () => mapCodes(folded, rot13));
  undo("reversed", tokens.reversedWords, disguisedWordsMin, () => reverseCodes(folded));
  undo("spaced-out", tokens.longestSpacedRun, spacedRunMin, () => fold(joinSpaced(text)));
  if (depth >= viewDepthMax) return;
  const unescaped = unescapeText(text);
  if (unescaped !== null) addViews(out, unescaped, depth + 1, "escaped");
  let left = decodedCharsMax;
  for (const run of decodeRuns(text, folded.units)) {
    if (run.text.length > left) break;
    left -= run.text.length;
    addViews(out, run.text, depth + 1, run.kind);
  }
}

function viewOf(
  kind: ViewKind,
  folded: Folded,
  undone: number,
  depth: number,
  into?: Buffers,
): View {
  return { kind, folded, tokens: tokenise(folded, into), undone, depth };
}

const unleet = (code: number): number =>
  code < 128 && leetTable[code]! > 0 ? leetTable[code]! : code;

const rot13 = (code: number): number =>
  code >= 0x61 && code <= 0x7a ? (code < 0x6e ? code + 13 : code - 13) : code;

function mapCodes(folded: Folded, map: (code: number) => number): Folded {
  const codes = folded.codes.slice(0, folded.length);
  for (let at = 0; at < codes.length; at++) codes[at] = map(codes[at]!);
  return { ...folded, codes };
}

function reverseCodes(folded: Folded): Folded {
  return { ...folded, codes: folded.codes.slice(0, folded.length).reverse() };
}

const isWordUnit = (code: number): boolean =>
  code > 0x7f ||
  (code >= 0x61 && code <= 0x7a) ||
  (code >= 0x41 && code <= 0x5a) ||
  (code >= 0x30 && code <= 0x39) ||
  code === 0x27;

/**
 * Joins letters written with one sign between each (`i g n o r e`, `i.g.n.o.r.e`); a wider gap is a
 * space between words. Words of two and more letters are left as they are.
 */
export function joinSpaced(text: string): string {
  const out: string[] = [];
  let at = 0;
  let wordStart = 0;
  while (at < text.length) {
    wordStart = at;
    while (at < text.length && isWordUnit(text.charCodeAt(at))) at++;
    const single = at - wordStart === 1;
    out.push(text.slice(wordStart, at));
    const gapStart = at;
    while (at < text.length && !isWordUnit(text.charCodeAt(at))) at++;
    const gap = at - gapStart;
    const nextIsSingle = at + 1 >= text.length || !isWordUnit(text.charCodeAt(at + 1));
    if (gap === 0) break;
    if (!(single && nextIsSingle && gap === 1)) out.push(gap > 1 ? " " : text.slice(gapStart, at));
  }
  return out.join("");
}
