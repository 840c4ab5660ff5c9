/**
 * A segment's lines read from its bytes: where an event stands is read from its line's end, its hash
 * is taken over the bytes, and nothing is made of its data before somebody asks.
 *
 * The same as `readLine`, many times faster; what is not spelled as lines are goes that way.
 */
import type { EventEnvelope } from "./envelope.ts";
import { parseJson } from "./parse-json.ts";
import { flat, type AsciiText, type Recall } from "./recall.ts";
import { LineEnd, streamMark } from "./line-end.ts";
import { readLine, type SegmentLine } from "./segment.ts";
import { sha256Hex, writeHash } from "./sha256.ts";

/** A segment as it is unpacked. Reading its lines uses the bytes up. */
export interface SegmentText {
  bytes: Uint8Array;
  /** The bytes from one place to before another, which are UTF-8. */
  text(from: number, to: number): string;
}

/** A segment's bytes, checked to be UTF-8; throws when they are not. */
export function segmentOf(bytes: Uint8Array): SegmentText {
  strict.decode(bytes);
  return { bytes, text: (from, to) => utf8.decode(bytes.subarray(from, to)) };
}

/** What an event of one kind had in common with the one before it. */
export interface Recalls {
  cause: Recall;
  data: Recall;
}

/** An event's place, and its content for who asks. Good until the next line is read. */
export interface ScannedLine extends Omit<SegmentLine, "body"> {
  /** Whether the event is not the one that was hashed. */
  isAltered: boolean;
  type: string;
  v: number;
  /** Milliseconds; NaN when they cannot be read. */
  at: number;
  /**
   * The event, parsed; throws a SyntaxError when it is none. With recalls, its cause and its data are
   * good until the next is read with the same, and values in them may be shared with other events: they
   * are not to be changed.
   */
  event(recalls?: Recalls): EventEnvelope;
  /** All of it as text. */
  whole(): SegmentLine;
}

const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const utf8 = new TextDecoder("utf-8", { fatal: false, ignoreBOM: true });

/** Types that were seen, by length, each as one text that others are compared with at once. */
const types: string[][] = [];
const typesMax = 16;

function interned(type: string): string {
  const alike = (types[type.length] ??= []);
  for (const known of alike) if (known === type) return known;
  const own = flat(type);
  if (alike.length < typesMax) alike.push(own);
  return own;
}

/** Reads the lines of a segment, each when it is asked for, once. */
export class SegmentScan {
  readonly #segment: SegmentText;
  readonly #line: ByteLine;
  /** Where each line begins; at the end, where one more would. */
  readonly #starts: number[] = [];
  /** The group of each line: one for all lines of a stream. */
  readonly #groups: number[] = [];
  /** What the line's leaf in the tree is made of: 00, and the 32 bytes of its hash. */
  readonly leaf = new Uint8Array(33);

  constructor(segment: SegmentText) {
    const { bytes } = segment;
    this.#segment = segment;
    this.#line = new ByteLine({ bytes, text: "", base: 0 });
    let start = 0;
    while (start < bytes.length) {
      this.#starts.push(start);
      const found = bytes.indexOf(0x0a, start);
      const end = found < 0 ? bytes.length : found;
      // What has just been looked through is at hand: later it would have to be fetched once more.
      this.#groups.push(streamMark(bytes, start, end) % groupsMax);
      start = end + 1;
    }
    this.#starts.push(start);
  }

  /** How many lines there are. */
  get size(): number {
    return this.#starts.length - 1;
  }

  /** Line `index`, from 0; `undefined` when it is no event. Total. */
  read(index: number): ScannedLine | undefined {
    return this.#read(index, true);
  }

  /** The same for who proves nothing: its hash is the one that it says, and it counts as not altered. */
  readUnproven(index: number): ScannedLine | undefined {
    return this.#read(index, false);
  }

  #read(index: number, isProven: boolean): ScannedLine | undefined {
    const start = this.#starts[index] ?? 0;
    const end = (this.#starts[index + 1] ?? 0) - 1;
    const text = this.#segment.text(start, end);
    const isAscii = text.length === end - start;
    if (isAscii && this.#line.read(text, start, end, this.leaf)) {
      if (isProven) this.#line.prove(end);
      return this.#line;
    }
    const line = readLine(text);
    if (line === undefined) return undefined;
    writeHash(line.hash, this.leaf, 1);
    if (isAscii) this.#line.expect(line.organisation);
    return new PlainLine(line);
  }

  /**
   * The lines' numbers with those of a stream together, each stream's in their order: what is kept of
   * a stream is at hand then, where in the shard's order it is another stream's turn with each line.
   */
  byStream(): Uint32Array {
    const groups = this.#groups;
    const places = new Uint32Array(groupsMax + 1);
    for (const group of groups) places[group + 1] = (places[group + 1] ?? 0) + 1;
    for (let group = 0; group < groupsMax; group += 1) {
      places[group + 1] = (places[group + 1] ?? 0) + (places[group] ?? 0);
    }
    const order = new Uint32Array(this.size);
    for (let index = 0; index < this.size; index += 1) {
      const group = groups[index] ?? 0;
      order[places[group] ?? 0] = index;
      places[group] = (places[group] ?? 0) + 1;
    }
    return order;
  }
}

/** Streams that fall together are read together, which changes nothing. */
const groupsMax = 4_096;

/** A line as its bytes. */
class ByteLine implements ScannedLine {
  readonly source: AsciiText;
  readonly #end = new LineEnd();
  organisation = "";
  #organisationName = "";
  stream = "";
  type = "";
  prev = "";
  hash = "";
  isAltered = false;

  constructor(source: AsciiText) {
    this.source = source;
  }

  get epoch(): number {
    return this.#end.epoch;
  }

  get seq(): number {
    return this.#end.seq;
  }

  get v(): number {
    return this.#end.v;
  }

  get at(): number {
    return this.#end.at;
  }

  /** Says whose lines they are: others are read the slow way. */
  expect(organisation: string): void {
    try {
      this.#organisationName = parseJson(`"${organisation}"`) as string;
    } catch {
      return;
    }
    this.organisation = flat(organisation);
    this.#end.expect(organisation);
  }

  /** Reads the line between, and puts its hash into the leaf; false when it is not as lines are. */
  read(text: string, start: number, end: number, leaf: Uint8Array): boolean {
    const { source } = this;
    const { bytes } = source;
    const found = this.#end;
    if (!found.read(bytes, start, end, leaf)) return false;
    source.text = text;
    source.base = start;
    const { hashAt, prevAt, streamAt, streamEnd, typeAt, typeEnd } = found;
    this.stream = text.slice(streamAt - start, streamEnd - start);
    this.type = interned(text.slice(typeAt - start, typeEnd - start));
    this.prev = text.slice(prevAt - start, prevAt + 64 - start);
    this.hash = text.slice(hashAt - start, hashAt + 64 - start);
    this.isAltered = false;
    return true;
  }

  /** Finds out whether the line that was read last is the one that was hashed; uses its bytes up. */
  prove(end: number): void {
    const { bytes, base } = this.source;
    const { hashAt, headEnd } = this.#end;
    // Without its hash the line is the body: what comes after that moves up to what is before.
    bytes.copyWithin(headEnd, hashAt + 65, end);
    const hash = sha256Hex(bytes.subarray(base, end - (hashAt + 65 - headEnd)));
    this.isAltered = hash !== this.hash;
    // The one that was said is a part of the line's text, which nobody should have to keep.
    this.hash = this.isAltered ? flat(this.hash) : hash;
  }

  event(recalls?: Recalls): EventEnvelope {
    const found = this.#end;
    if (recalls === undefined || found.causeAt < 0 || found.v !== 1) return this.#parsed();
    const cause = recalls.cause.read(this.source, found.causeAt);
    const dataAt = cause === undefined ? -1 : found.dataAfter(this.source.bytes, recalls.cause.end);
    const data = dataAt < 0 ? undefined : recalls.data.read(this.source, dataAt);
    if (cause === undefined || data === undefined || recalls.data.end !== found.dataEnd) {
      return this.#learned(recalls);
    }
    const { at, epoch, seq, prev, hash, stream, type } = this;
    return {
      at,
      cause: cause as unknown as EventEnvelope["cause"],
      data,
      epoch,
      hash,
      organisation: this.#organisationName,
      prev,
      seq,
      stream,
      type,
      v: 1,
    };
  }

  #learned(recalls: Recalls): EventEnvelope {
    const event = this.#parsed();
    const { source } = this;
    const causeEnd = recalls.cause.learn(source, this.#end.causeAt);
    const dataAt = causeEnd < 0 ? -1 : this.#end.dataAfter(source.bytes, causeEnd);
    if (dataAt >= 0) recalls.data.learn(source, dataAt);
    return event;
  }

  #parsed(): EventEnvelope {
    return { ...(parseJson(this.whole().body) as EventEnvelope), hash: this.hash };
  }

  whole(): SegmentLine {
    const { text, base } = this.source;
    const { headEnd, hashAt } = this.#end;
    const body = text.slice(0, headEnd - base) + text.slice(hashAt + 65 - base);
    const { seq, hash, organisation, stream, epoch, prev } = this;
    return { seq, body, hash, organisation, stream, epoch, prev };
  }
}

/** The envelope's time is its first field. */
const AT = /^\{"at":(0|[1-9]\d{0,15}),/;
/** The envelope's own type is its last but one. */
const TYPE = /"type":"([^"\\]*)","v":(\d+)\}$/;

/** A line that is not as others are, or not ASCII. */
class PlainLine implements ScannedLine {
  readonly #line: SegmentLine;
  readonly isAltered: boolean;
  readonly type: string;
  readonly v: number;
  readonly at: number;

  constructor(line: SegmentLine) {
    const { body, hash } = line;
    const [, type = "", v = ""] = TYPE.exec(body) ?? [];
    this.#line = { ...line, hash: flat(hash) };
    this.isAltered = sha256Hex(body) !== hash;
    this.type = type;
    this.v = Number(v);
    this.at = Number(AT.exec(body)?.[1]);
  }

  get organisation(): string {
    return this.#line.organisation;
  }

  get stream(): string {
    return this.#line.stream;
  }

  get epoch(): number {
    return this.#line.epoch;
  }

  get seq(): number {
    return this.#line.seq;
  }

  get prev(): string {
    return this.#line.prev;
  }

  get hash(): string {
    return this.#line.hash;
  }

  event(): EventEnvelope {
    const { body, hash } = this.#line;
    return { ...(parseJson(body) as EventEnvelope), hash };
  }

  whole(): SegmentLine {
    return this.#line;
  }
}
