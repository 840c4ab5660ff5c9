/**
 * Reads JSON objects of which each is nearly the last one again, as the events of one stream are.
 *
 * What was the same before is compared as text and not parsed again: the values are those of the
 * last time, so nobody may change them, and so is the object that holds them, so nobody may keep it.
 * Where an object begins, equal text up to the end of a field means equal fields, so what comes back is
 * what `JSON.parse` gives, or nothing.
 */
import { parseJson } from "./parse-json.ts";

/** ASCII text, and the same as bytes; `base` is where the text begins in the bytes. */
export interface AsciiText {
  bytes: Uint8Array;
  text: string;
  base: number;
}

interface Field {
  key: string;
  /** The field as text, `"key":value`. */
  raw: string;
}

/** Text that has to come, and the field whose value comes after it, if any. */
interface Step {
  literal: string;
  key: string | undefined;
}

/** Objects that had to be parsed in full, before it is not tried any more. */
const missesMax = 32;

/** The last object of one kind, and what of it may be otherwise in the next. */
export class Recall {
  /** Keys whose values differ from one object to the next; shared by the recalls of one kind. */
  readonly #varying: Set<string>;
  #steps: Step[] = [];
  #fields: Field[] = [];
  #last: Record<string, unknown> | undefined;
  #misses = 0;
  #hits = 0;
  /** The end of the object that was read last. */
  end = 0;

  constructor(varying: Set<string>) {
    this.#varying = varying;
  }

  /**
   * The object at `from`, and its `end`; `undefined` when it has to be parsed as any other. It is the
   * same object each time, with other values where they vary: good until the next is read.
   */
  read(source: AsciiText, from: number): Record<string, unknown> | undefined {
    const value = this.#last;
    if (value === undefined) return undefined;
    const { text, base } = source;
    let at = from;
    for (const { literal, key } of this.#steps) {
      const end = at + literal.length;
      if (text.slice(at - base, end - base) !== literal) return undefined;
      at = end;
      if (key === undefined) break;
      at = readField(source, at, value, key);
      if (at < 0) return undefined;
    }
    this.#hits += 1;
    this.end = at;
    return value;
  }

  /** Learns the object at `from`, which is known to be JSON; its end, or -1. */
  learn(source: AsciiText, from: number): number {
    if (this.#misses > this.#hits + missesMax) return -1;
    this.#misses += 1;
    this.#last = undefined;
    const fields = source.bytes[from] === BRACE ? fieldsOf(source, from) : undefined;
    if (fields === undefined) return -1;
    let end = from + 1;
    for (const { raw } of fields) end += raw.length + 1;
    if (fields.length === 0) end += 1;
    const value = parseJson(source.text.slice(from - source.base, end - source.base));
    if (!isPlain(value, fields.length)) return -1;
    this.#note(fields);
    this.#steps = stepsOf(fields, this.#varying);
    this.#fields = fields;
    this.#last = value;
    return end;
  }

  /** What is another than the last time may be another the next time. */
  #note(fields: readonly Field[]): void {
    const known = new Map(this.#fields.map(({ key, raw }) => [key, raw]));
    for (const { key, raw } of fields) {
      if (known.has(key) && known.get(key) !== raw) this.#varying.add(key);
    }
  }
}

function isPlain(value: unknown, fields: number): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null) return false;
  // A name that came twice is in the text twice and in the object once.
  return Object.keys(value).length === fields && !Object.hasOwn(value, "__proto__");
}

function stepsOf(fields: readonly Field[], varying: ReadonlySet<string>): Step[] {
  const steps: Step[] = [];
  let literal = "{";
  for (const [index, { key, raw }] of fields.entries()) {
    if (index > 0) literal += ",";
    if (!varying.has(key)) {
      literal += raw;
      continue;
    }
    steps.push({ literal: flat(`${literal}"${key}":`), key });
    literal = "";
  }
  return [...steps, { literal: flat(`${literal}}`), key: undefined }];
}

/** The same text in memory of its own: a part of a text keeps all of it. */
export function flat(text: string): string {
  return JSON.parse(JSON.stringify(text)) as string;
}

const QUOTE = 0x22;
const BRACE = 0x7b;
const COMMA = 0x2c;
const BACKSLASH = 0x5c;

/** Sets the field whose value is at `at`; where the value ends, -1 if it is none. */
function readField(
  { bytes, text, base }: AsciiText,
  at: number,
  value: Record<string, unknown>,
  key: string,
): number {
  let number = 0;
  let end = at;
  for (; end - at < 16; end += 1) {
    const digit = (bytes[end] ?? 0) - 0x30;
    if (digit < 0 || digit > 9) break;
    number = number * 10 + digit;
  }
  // What is no plain whole number goes on with none of these, and is parsed.
  if (end > at && end - at < 16 && isOver(bytes[end]) && (end - at === 1 || bytes[at] !== 0x30)) {
    value[key] = number;
    return end;
  }
  end = endOfValue(bytes, at);
  if (end < 0) return -1;
  try {
    value[key] = parseJson(text.slice(at - base, end - base));
  } catch {
    return -1;
  }
  return end;
}

function isOver(byte: number | undefined): boolean {
  return byte === COMMA || byte === 0x7d;
}

/** Where a value ends that is JSON; anywhere, or -1, where it is none. */
function endOfValue(bytes: Uint8Array, from: number): number {
  let depth = 0;
  for (let at = from; at < bytes.length; at += 1) {
    const byte = bytes[at] ?? 0;
    if (byte === QUOTE) {
      at = endOfString(bytes, at);
      if (depth === 0) return at + 1;
    } else if (byte === BRACE || byte === 0x5b) depth += 1;
    else if (byte === 0x7d || byte === 0x5d) {
      if (depth === 0) return at;
      depth -= 1;
      if (depth === 0) return at + 1;
    } else if (byte === COMMA && depth === 0) return at;
    else if (byte === 0x0a) return -1;
  }
  return -1;
}

/** Where the quote is that ends the string which begins at `from`. */
function endOfString(bytes: Uint8Array, from: number): number {
  for (let at = from + 1; at < bytes.length; at += 1) {
    const byte = bytes[at];
    if (byte === BACKSLASH) at += 1;
    else if (byte === QUOTE || byte === 0x0a) return at;
  }
  return bytes.length;
}

/** The fields of the object at `from`, which is JSON; `undefined` when a name has to be unescaped. */
function fieldsOf({ bytes, text, base }: AsciiText, from: number): Field[] | undefined {
  const fields: Field[] = [];
  if (bytes[from + 1] === 0x7d) return fields;
  for (let at = from + 1; ; at += 1) {
    const colon = endOfString(bytes, at) + 1;
    const key = text.slice(at + 1 - base, colon - 1 - base);
    const end = endOfValue(bytes, colon + 1);
    if (end < 0 || bytes[colon] !== 0x3a || key.includes("\\")) return undefined;
    fields.push({ key: flat(key), raw: flat(text.slice(at - base, end - base)) });
    at = end;
    if (bytes[at] !== COMMA) return fields;
  }
}
