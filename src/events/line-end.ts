/**
 * What a segment's line ends with, read backwards from its bytes: all of an envelope that comes after
 * the data. Nothing is looked for, so data of any size costs nothing.
 */

const ascii = (text: string): Uint8Array => new TextEncoder().encode(text);
const AT = ascii('{"at":');
const CAUSE = ascii(',"cause":');
const DATA = ascii(',"data":');
const EPOCH = ascii(',"epoch":');
const HASH = ascii(',"hash":"');
const ORGANISATION = ascii('","organisation":"');
const PREV = ascii('","prev":"');
const SEQ = ascii('","seq":');
const STREAM = ascii(',"stream":"');
const TYPE = ascii('","type":"');
const VERSION = ascii('","v":');

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const BRACE = 0x7d;
const HASH_CHARS = 64;

/** What a byte stands for in lower-case hex; 255 for what is no digit. */
const HEX = new Uint8Array(256).fill(255);
for (let digit = 0; digit < 16; digit += 1) HEX[digit.toString(16).charCodeAt(0)] = digit;

/** Places in the bytes of the line that was read last. */
export class LineEnd {
  /** Where the data ends, and where `,"hash":"` begins. */
  dataEnd = 0;
  headEnd = 0;
  hashAt = 0;
  prevAt = 0;
  streamAt = 0;
  streamEnd = 0;
  typeAt = 0;
  typeEnd = 0;
  /** The cause's place; -1 when the line does not begin as lines do. */
  causeAt = -1;
  epoch = 0;
  seq = 0;
  v = 0;
  /** Milliseconds; NaN when they cannot be read. */
  at = NaN;
  #organisation: Uint8Array | undefined;

  /** The organisation that a line has to be of, as JSON writes it. */
  expect(organisation: string): void {
    this.#organisation = ascii(organisation);
  }

  /** Reads a line; the bytes of its hash go into the leaf, from 1 on. False: it is to be read otherwise. */
  read(bytes: Uint8Array, start: number, end: number, leaf: Uint8Array): boolean {
    const organisation = this.#organisation;
    if (organisation === undefined || bytes[end - 1] !== BRACE) return false;
    let at = this.#digits(bytes, end - 1);
    this.v = this.#number;
    if (at < 0) return false;
    this.typeEnd = back(bytes, at, VERSION);
    this.typeAt = nameFrom(bytes, this.typeEnd, start);
    this.streamEnd = back(bytes, this.typeAt, TYPE);
    this.streamAt = nameFrom(bytes, this.streamEnd, start);
    at = this.#digits(bytes, back(bytes, this.streamAt, STREAM));
    this.seq = this.#number;
    this.prevAt = hexFrom(bytes, back(bytes, at, SEQ), undefined);
    at = back(bytes, back(bytes, this.prevAt, PREV), organisation);
    this.hashAt = hexFrom(bytes, back(bytes, at, ORGANISATION), leaf);
    this.headEnd = back(bytes, this.hashAt, HASH);
    at = this.#digits(bytes, this.headEnd);
    this.epoch = this.#number;
    this.dataEnd = back(bytes, at, EPOCH);
    // What is not there is -1 from where it is missing to here.
    if (this.dataEnd <= start || this.seq < 1 || this.epoch < 1) return false;
    this.#begin(bytes, start);
    return true;
  }

  /** Where the data begins whose cause ends at `causeEnd`; -1 when it does not. */
  dataAfter(bytes: Uint8Array, causeEnd: number): number {
    return forth(bytes, causeEnd, DATA);
  }

  #begin(bytes: Uint8Array, start: number): void {
    this.at = NaN;
    this.causeAt = -1;
    const from = forth(bytes, start, AT);
    if (from < 0) return;
    let at = from;
    let number = 0;
    for (; at - from < 17; at += 1) {
      const digit = (bytes[at] ?? 0) - 0x30;
      if (digit < 0 || digit > 9) break;
      number = number * 10 + digit;
    }
    const isNumber = at > from && at - from < 17 && (at - from === 1 || bytes[from] !== 0x30);
    if (!isNumber || bytes[at] !== 0x2c) return;
    this.at = number;
    this.causeAt = forth(bytes, at, CAUSE);
  }

  #number = 0;

  /** Reads the digits that end at `end`; where they begin, -1 when there are none or too many. */
  #digits(bytes: Uint8Array, end: number): number {
    this.#number = 0;
    let scale = 1;
    let at = end;
    for (; scale < 1e15; at -= 1) {
      const digit = (bytes[at - 1] ?? 0) - 0x30;
      if (digit < 0 || digit > 9) break;
      this.#number += digit * scale;
      scale *= 10;
    }
    return end > 0 && at < end && bytes[at] !== 0x30 && scale < 1e15 ? at : -1;
  }
}

/** A number that is the same for all lines of a stream; any, where a line is not as lines are. */
export function streamMark(bytes: Uint8Array, start: number, end: number): number {
  // Before the stream's name, from the end: version, type.
  let at = end;
  for (let quotes = 0; at > start && quotes < 7; at -= 1) {
    if (bytes[at - 1] === QUOTE) quotes += 1;
  }
  let mark = 0;
  for (; at > start && bytes[at - 1] !== QUOTE; at -= 1) {
    mark = (Math.imul(mark, 31) + (bytes[at - 1] ?? 0)) >>> 0;
  }
  return mark;
}

/** Where `literal` begins that ends at `end`; -1 when it does not. */
function back(bytes: Uint8Array, end: number, literal: Uint8Array): number {
  const from = end - literal.length;
  if (from < 0) return -1;
  for (let index = literal.length - 1; index >= 0; index -= 1) {
    if (bytes[from + index] !== literal[index]) return -1;
  }
  return from;
}

/** Where `literal` ends that begins at `from`; -1 when it does not. */
function forth(bytes: Uint8Array, from: number, literal: Uint8Array): number {
  for (let index = 0; index < literal.length; index += 1) {
    if (bytes[from + index] !== literal[index]) return -1;
  }
  return from + literal.length;
}

/** Where a name without escapes begins that ends at `end`; -1 when there is none. */
function nameFrom(bytes: Uint8Array, end: number, start: number): number {
  for (let at = end; at > start; at -= 1) {
    const byte = bytes[at - 1];
    if (byte === QUOTE) return at;
    if (byte === BACKSLASH) return -1;
  }
  return -1;
}

/** Where 64 hex digits begin that end at `end`, as bytes in the leaf if there is one; else -1. */
function hexFrom(bytes: Uint8Array, end: number, leaf: Uint8Array | undefined): number {
  const from = end - HASH_CHARS;
  if (from < 0) return -1;
  for (let index = 0; index < HASH_CHARS / 2; index += 1) {
    const high = HEX[bytes[from + index * 2] ?? 0] ?? 255;
    const low = HEX[bytes[from + index * 2 + 1] ?? 0] ?? 255;
    if (high === 255 || low === 255) return -1;
    if (leaf !== undefined) leaf[index + 1] = high * 16 + low;
  }
  return from;
}
