/**
 * Evidence about one person: every event of their stream, each proven, and none left out.
 *
 * Lines of JSON: a head that says whose it is, a bundle of evidence a segment, and an end. Parts that
 * were fetched one after the other may follow each other in one file. Where the archive begins with
 * a base, what that says of the stream follows the first head, and stands for the events before.
 */
import * as z from "zod";
import { parseManifest, type StreamPart } from "#events/manifest.ts";
import { tryParseJson } from "#events/parse-json.ts";
import { readLine } from "#events/segment.ts";
import { Evidence, verifyEvidence } from "./evidence.ts";
import type { Finding } from "./finding.ts";
import { MemberBase, proveBase } from "./member-base.ts";

const name = z.string().max(500);

/** The first line of a part. */
export const MemberEvidenceHead = z.strictObject({
  v: z.literal(1),
  member: name,
  stream: name,
  shard: name,
  /** The cursor that this part is from; null for the first. */
  from: z.string().max(50).nullable(),
});
/** The last line of a part. */
export const MemberEvidenceEnd = z.strictObject({
  /** Where the next part begins; null when this was the last. */
  next: z.string().max(50).nullable(),
  /** Events in this part. */
  events: z.int().min(0),
});

const Line = z.union([MemberEvidenceHead, MemberEvidenceEnd, MemberBase, Evidence]);

/** Whether a text begins as evidence about a person does. */
export function isMemberEvidence(text: string): boolean {
  return MemberEvidenceHead.safeParse(tryParseJson(text.slice(0, Math.max(text.indexOf("\n"), 0))))
    .success;
}

/** What was verified of a file. */
export interface MemberReport {
  member: string;
  stream: string;
  events: number;
  /** The event that a base stands for, with those before it: its number and its moment. */
  base?: { segments: number; seq: number; at: number };
  findings: Finding[];
}

interface Place {
  epoch: number;
  seq: number;
  hash: string;
}

/** Checks a file. Returns what is wrong with it: nothing, when all is proven and whole. Total. */
export async function verifyMemberEvidence(
  text: string,
  publicKeys: readonly Uint8Array<ArrayBuffer>[],
): Promise<MemberReport> {
  const check = new MemberCheck(publicKeys);
  for (const line of text.split("\n")) if (line !== "") await check.take(line);
  return check.end();
}

class MemberCheck {
  readonly #publicKeys: readonly Uint8Array<ArrayBuffer>[];
  readonly #findings: Finding[] = [];
  /** Stream parts that manifests promise and that have not been seen whole. */
  #promised: { n: number; part: StreamPart }[] = [];
  #head: z.infer<typeof MemberEvidenceHead> | undefined;
  #next: string | null | undefined = null;
  #at: Place | undefined;
  #base: MemberReport["base"];
  #events = 0;

  constructor(publicKeys: readonly Uint8Array<ArrayBuffer>[]) {
    this.#publicKeys = publicKeys;
  }

  async take(text: string): Promise<void> {
    const parsed = Line.safeParse(tryParseJson(text));
    if (!parsed.success) return this.#add("damaged", "a line is not one of such evidence");
    const line = parsed.data;
    if ("member" in line) this.#begin(line);
    else if ("next" in line) this.#next = line.next;
    else if ("base" in line) await this.#beginAtBase(line);
    else await this.#bundle(line);
  }

  end(): MemberReport {
    const { member = "", stream = "" } = this.#head ?? {};
    if (this.#head === undefined) this.#add("damaged", "it does not say whose it is");
    if (this.#next !== null) this.#add("missing", "it ends before the last part");
    for (const { n, part } of this.#promised) {
      this.#add("missing", `events ${part.first} to ${part.last} of segment ${n} are not all here`);
    }
    const told = { member, stream, events: this.#events, findings: this.#findings };
    return this.#base === undefined ? told : { ...told, base: this.#base };
  }

  #begin(head: z.infer<typeof MemberEvidenceHead>): void {
    if (this.#head !== undefined && head.stream !== this.#head.stream) {
      this.#add("damaged", "its parts are about several people");
    }
    if (head.from !== this.#next) this.#add("missing", "a part of it is not there");
    this.#head = head;
    this.#next = undefined;
  }

  async #beginAtBase(proof: MemberBase): Promise<void> {
    if (this.#head === undefined || this.#at !== undefined) {
      return this.#add("damaged", "a base stands where none can");
    }
    const add = (kind: Finding["kind"], message: string): void => this.#add(kind, message);
    const proven = await proveBase(proof, this.#head, this.#publicKeys, add);
    if (proven === undefined) return;
    const { epoch, seq, hash, at } = proven.line;
    this.#at = { epoch, seq, hash };
    this.#base = { segments: proven.segments, seq, at };
    this.#promise(proof.segment.n, proof.segment.manifest);
  }

  async #bundle(bundle: Evidence): Promise<void> {
    this.#findings.push(...(await verifyEvidence(bundle, this.#publicKeys)));
    if (bundle.shard !== this.#head?.shard) this.#add("damaged", "a bundle is of another shard");
    for (const { n, manifest } of bundle.segments) this.#promise(n, manifest);
    for (const { line, n } of bundle.events) this.#event(line, n);
  }

  #promise(n: number, manifest: string): void {
    const { stream } = this.#head ?? {};
    if (this.#promised.some((promised) => promised.n === n)) return;
    const parts = parseManifest(manifest)?.streams.filter((part) => part.stream === stream) ?? [];
    this.#promised.push(...parts.map((part) => ({ n, part })));
  }

  #event(line: string, n: number): void {
    const event = readLine(line);
    if (event === undefined) return;
    const { stream, epoch, seq, prev, hash } = event;
    if (stream !== this.#head?.stream) return this.#add("damaged", "an event is of another stream");
    this.#events += 1;
    const before = this.#at;
    const isNext = before === undefined ? seq === 1 : this.#follows(before, epoch, seq, prev);
    if (!isNext) {
      const after = before === undefined ? "the beginning" : `event ${before.seq}`;
      this.#add("chain", `event ${seq} does not follow ${after}: events are missing`, seq);
    }
    this.#at = { epoch, seq, hash };
    this.#promised = this.#promised.filter(
      (promised) => promised.n !== n || promised.part.epoch !== epoch || promised.part.last !== seq,
    );
  }

  /** A stream that was restored goes on under a higher epoch, from an event that it kept. */
  #follows(before: Place, epoch: number, seq: number, prev: string): boolean {
    if (epoch > before.epoch) return seq <= before.seq + 1;
    return epoch === before.epoch && seq === before.seq + 1 && prev === before.hash;
  }

  #add(kind: Finding["kind"], message: string, seq?: number): void {
    const { shard = "", stream } = this.#head ?? {};
    this.#findings.push({
      kind,
      message,
      shard,
      ...(stream === undefined ? {} : { stream }),
      ...(seq === undefined ? {} : { seq }),
    });
  }
}
