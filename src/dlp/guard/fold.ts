/**
 * Folds text to one canonical spelling, in one pass: lower case, no accents, no invisible
 * characters, full-width and mathematical letters as ASCII, look-alike letters as what they imitate,
 * white space collapsed. Works on UTF-16 units in arrays, since building strings costs more than all
 * the scoring after it.
 */
import { type Buffers, buffersFor } from "./buffers.ts";

/** A folded text: `codes[0..length)`; `hidden` and `lookalike` count the tricks that were undone. */
export interface Folded {
  /** The text as it was written; asking a string for its characters again costs more. */
  readonly units: Uint16Array;
  readonly codes: Uint16Array;
  readonly length: number;
  /** 1 where the unit was a capital letter. */
  readonly capitals: Uint8Array;
  /** Zero-width characters that stood between two ASCII letters, and Unicode tag characters. */
  readonly hidden: number;
  /** Cyrillic or Greek look-alikes that touched an ASCII letter. */
  readonly lookalike: number;
  /** Full-width, mathematical or enclosed letters that stood for ASCII ones. */
  readonly styled: number;
  /** Whether any letter outside ASCII is left (other scripts need substring phrases). */
  readonly foreign: boolean;
}

const space = 0x20;
const drop = 0xffff;

/** Cyrillic, Greek and Armenian letters by the ASCII letter they are drawn like. */
const lookalikes: Readonly<Record<string, string>> = {
  a: "\u0430\u0391\u03b1\u0410",
  b: "\u0412\u0392\u042c\u0432",
  c: "\u0441\u0421\u03f2",
  d: "\u0501",
  e: "\u0435\u0415\u0395\u03b5\u0454\u0451",
  g: "\u0261",
  h: "\u04bb\u041d\u0397\u043d\u0570",
  i: "\u0456\u0406\u0399\u03b9\u0131\u0457",
  j: "\u0458\u0408",
  k: "\u043a\u041a\u039a\u03ba",
  l: "\u04cf\u04c0",
  m: "\u041c\u039c\u043c",
  n: "\u039d\u0578",
  o: "\u043e\u041e\u039f\u03bf\u0585",
  p: "\u0440\u0420\u03a1\u03c1",
  q: "\u051b",
  r: "\u0433",
  s: "\u0455\u0405",
  t: "\u0422\u03a4\u0442\u03c4",
  u: "\u057d\u03c5",
  v: "\u0475\u03bd",
  w: "\u051d\u0461\u03c9",
  x: "\u0445\u0425\u03a7\u03c7",
  y: "\u0443\u0423\u03a5\u04af\u03b3",
  z: "\u0396",
};

function buildFoldTable(): Uint16Array {
  const table = new Uint16Array(0x10000);
  for (let code = 0; code < 0x10000; code++) table[code] = code;
  for (let code = 0; code <= 0x20; code++) table[code] = space;
  for (let code = 0x41; code <= 0x5a; code++) table[code] = code + 32;
  foldByUnicode(table);
  const invisible: readonly (readonly [number, number])[] = [
    [0x00ad, 0x00ad],
    [0x034f, 0x034f],
    [0x0300, 0x036f],
    [0x061c, 0x061c],
    [0x115f, 0x1160],
    [0x17b4, 0x17b5],
    [0x180b, 0x180e],
    [0x200b, 0x200f],
    [0x202a, 0x202e],
    [0x2060, 0x206f],
    [0x3164, 0x3164],
    [0xfe00, 0xfe0f],
    [0xfeff, 0xfeff],
    [0xffa0, 0xffa0],
    [0xfff0, 0xfffb],
  ];
  for (const [from, to] of invisible) table.fill(drop, from, to + 1);
  const plainForms: readonly (readonly [string, string])[] = [
    ["'", "\u2018\u2019\u201a\u201b\u02bc\u00b4"],
    ['"', "\u201c\u201d\u201e\u201f\u00ab\u00bb"],
    ["-", "\u2010\u2011\u2012\u2013\u2014\u2015\u2212"],
    [" ", "\u0085\u00a0\u1680\u2028\u2029\u202f\u205f\u3000"],
    ["i", "\u0131"],
    ["l", "\u0142"],
    ["o", "\u00f8"],
    ["d", "\u0111\u00f0"],
    ["s", "\u00df"],
    ["a", "\u00e6"],
  ];
  for (const [plain, others] of plainForms) {
    for (const other of others) table[other.charCodeAt(0)] = plain.charCodeAt(0);
  }
  return table;
}

/** Lets Unicode's own tables say what a compatibility or accented form stands for. */
function foldByUnicode(table: Uint16Array): void {
  const ranges: readonly (readonly [number, number])[] = [
    [0x00a0, 0x024f],
    [0x0370, 0x052f],
    [0x1d00, 0x1d7f],
    [0x1e00, 0x1fff],
    [0x2000, 0x200a],
    [0x2070, 0x209f],
    [0x2100, 0x218f],
    [0x2460, 0x24ff],
    [0xfb00, 0xfb06],
    [0xff01, 0xff5e],
  ];
  for (const [from, to] of ranges) {
    for (let code = from; code <= to; code++) {
      const char = String.fromCharCode(code);
      const plain = char.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
      if (plain.length > 0) table[code] = plain.charCodeAt(0);
    }
  }
}

/** Made when the first text is folded: gateways without a guard start without it. */
let foldTable: Uint16Array | undefined;
const asciiTable = new Uint8Array(0x80);
for (let code = 0; code < 0x80; code++) {
  asciiTable[code] = code <= space ? space : String.fromCharCode(code).toLowerCase().charCodeAt(0);
}
const lookalikeTable = new Uint16Array(0x10000);
for (const [plain, others] of Object.entries(lookalikes)) {
  for (const other of others) {
    if (other.charCodeAt(0) < 0x600) lookalikeTable[other.charCodeAt(0)] = plain.charCodeAt(0);
  }
}

const isAsciiLetter = (code: number): boolean => code >= 0x61 && code <= 0x7a;

/**
 * Mathematical alphanumerics (U+1D400..1D7FF), enclosed letters (U+1F130..1F189) and tag characters
 * (U+E0020..E007E) as ASCII; 0 for any other pair.
 */
function foldPair(high: number, low: number): number {
  const point = (high - 0xd800) * 0x400 + (low - 0xdc00) + 0x10000;
  if (point >= 0xe0020 && point <= 0xe007e) return point - 0xe0000;
  if (point >= 0x1f130 && point <= 0x1f149) return point - 0x1f130 + 0x61;
  if (point >= 0x1f150 && point <= 0x1f169) return point - 0x1f150 + 0x61;
  if (point >= 0x1f170 && point <= 0x1f189) return point - 0x1f170 + 0x61;
  if (point < 0x1d400 || point > 0x1d7ff) return 0;
  const plain = String.fromCodePoint(point).normalize("NFKC").toLowerCase();
  return plain.length === 1 ? plain.charCodeAt(0) : 0;
}

const isLookalikeRange = (code: number): boolean => code >= 0x370 && code < 0x600;

/**
 * Look-alikes become the Latin letter in words that also hold Latin letters, or that hold nothing but
 * look-alikes in a text that is mostly Latin; Russian and Greek words stay as they are written.
 * Returns how many letters stood in mixed words.
 */
function foldLookalikes(codes: Uint16Array, length: number): number {
  let latinMinusOther = 0;
  for (let at = 0; at < length; at++) {
    const code = codes[at]!;
    if (isAsciiLetter(code)) latinMinusOther++;
    else if (isLookalikeRange(code)) latinMinusOther--;
  }
  let touched = 0;
  let at = 0;
  while (at < length) {
    const start = at;
    let latin = 0;
    let alike = 0;
    let strange = 0;
    for (; at < length; at++) {
      const code = codes[at]!;
      if (isAsciiLetter(code)) latin++;
      else if (isLookalikeRange(code)) {
        if (lookalikeTable[code]! > 0) alike++;
        else strange++;
      } else break;
    }
    if (alike > 0 && (latin > 0 || (strange === 0 && latinMinusOther > 0))) {
      for (let i = start; i < at; i++) codes[i] = lookalikeTable[codes[i]!] || codes[i]!;
      if (latin > 0) touched += alike;
    }
    at++;
  }
  return touched;
}

/**
 * Folds what stands before the first unit past ASCII, most texts as a whole: no branch but that one, so
 * that nothing is guessed wrong at the end of every word.
 */
function foldAscii(text: string, into: Buffers): { read: number; length: number } {
  const { units, codes, capitals } = into;
  const to = text.length;
  let length = 0;
  let last = space;
  let at = 0;
  for (; at < to; at++) {
    const raw = text.charCodeAt(at);
    if (raw > 0x7f) break;
    const code = asciiTable[raw]!;
    units[at] = raw;
    codes[length] = code;
    capitals[length] = ((code ^ raw) >>> 5) & (raw >>> 6);
    // White space collapses: one that follows another is written over by what comes next.
    length += (((code ^ space) | (last ^ space)) + 0x7f) >>> 7;
    last = code;
  }
  return { read: at, length };
}

/** Folds a text. Linear in its length; the output is never longer than the input. */
export function fold(text: string, into: Buffers = buffersFor(text.length)): Folded {
  const table = (foldTable ??= buildFoldTable());
  const { units, codes, capitals } = into;
  const to = text.length;
  const plain = foldAscii(text, into);
  let { length } = plain;
  let hidden = 0;
  let styled = 0;
  let maybeLookalike = false;
  let foreign = false;
  let last = length > 0 ? codes[length - 1]! : space;
  for (let at = plain.read; at < to; at++) {
    const raw = text.charCodeAt(at);
    units[at] = raw;
    let code = table[raw]!;
    if (raw > 0x7f && code !== space) {
      if (code === drop) {
        if (isZeroWidth(raw) && isAsciiLetter(last)) hidden++;
        continue;
      }
      if (raw >= 0xd800 && raw <= 0xdbff && at + 1 < to) {
        const plain = foldPair(raw, text.charCodeAt(at + 1));
        if (plain > 0) {
          if (raw === 0xdb40) hidden++;
          at++;
          units[at] = text.charCodeAt(at);
          code = table[plain]!;
          styled++;
        }
      }
      if (raw >= 0xff21 && raw <= 0xff5a) styled++;
      if (code >= 0x250) foreign = true;
      if (code >= 0x370 && code < 0x600) maybeLookalike = true;
    }
    capitals[length] = (raw - 0x41) >>> 0 < 26 ? 1 : 0;
    codes[length] = code;
    if (code !== space || last !== space) length++;
    last = code;
  }
  const lookalike = maybeLookalike ? foldLookalikes(codes, length) : 0;
  return { units, codes, length, capitals, hidden, lookalike, styled, foreign };
}

const isZeroWidth = (raw: number): boolean =>
  (raw >= 0x200b && raw <= 0x200f) || (raw >= 0x2060 && raw <= 0x2064) || raw === 0xfeff;

/** The folded text as a string. */
export function foldedText(folded: Folded): string {
  let out = "";
  for (let at = 0; at < folded.length; at += 8_192) {
    const part = folded.codes.subarray(at, Math.min(folded.length, at + 8_192));
    out += Reflect.apply(String.fromCharCode, null, part);
  }
  return out;
}
