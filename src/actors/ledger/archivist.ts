/**
 * Keeps the archive up to date: when it is written, by one at a time, and what is done about trouble.
 */
import { openSigner, type NoteSigner } from "#events/note.ts";
import { unseal, type EventEnvelope, type SealedEvent } from "#events/envelope.ts";
import { paths } from "#events/manifest.ts";
import { readLine, type SegmentLine } from "#events/segment.ts";
import { stateOf } from "#projections/base/fold.ts";
import { RecordGone } from "#projections/replay/gone.ts";
import type { Beginning } from "#projections/replay/principal.ts";
import type { Evidence } from "#projections/verify/evidence.ts";
import type { ArchiveStatus } from "./api.ts";
import { Archive, ArchiveConflict } from "./archive.ts";
import { BaseReader } from "./base-reader.ts";
import { gunzip, storeInBucket, type ArchiveStore } from "./archive-store.ts";
import { gatherEvidence, type EvidenceQuery, type ListEvidenceQuery } from "./evidence.ts";
import {
  gatherMemberBase,
  gatherMemberEvidence,
  type MemberEvidencePage,
  type MemberEvidenceQuery,
} from "./member-evidence.ts";
import { archiveRetryMaxMs, archiveRetryMs, rawEventsMax, segmentsPerAlarmMax } from "./limits.ts";
import type { Log } from "./log.ts";
import type { CountingSql } from "./sql.ts";

/** What an archivist is given. */
export interface ArchivistSetup {
  shard: string;
  /** The organisation, once the shard has one. */
  organisation(): string | undefined;
  signingKey: string | undefined;
  bucket: R2Bucket;
  atomically(work: () => void): void;
  /** Told of what needs a human. */
  onConflict(message: string): void;
  /** Told when a segment was written, so nothing is in the way any more. */
  onWritten(): void;
}

export class Archivist {
  readonly #setup: ArchivistSetup;
  readonly #log: Log;
  readonly archive: Archive;
  /** The base that the archive begins with, once old segments went. */
  readonly base: BaseReader;
  #signer: Promise<NoteSigner> | undefined;
  #running: Promise<number> | undefined;
  #failures = 0;
  #trouble: string | undefined;
  #lastRead: { n: number; lines: SegmentLine[] } | undefined;
  #passRead: { n: number; lines: SegmentLine[] } | undefined;
  /** Where artefacts go; tests put a failing one in its place. */
  store: ArchiveStore;

  constructor(sql: CountingSql, log: Log, setup: ArchivistSetup) {
    this.#setup = setup;
    this.#log = log;
    this.archive = new Archive(sql, log);
    this.base = new BaseReader(this.archive.bases, () => this.store);
    this.store = storeInBucket(setup.bucket, setup.shard);
  }

  /** Whether events wait, or a base waits to be named, and can be archived. */
  get pending(): boolean {
    const waits = this.archive.waiting > 0 || this.archive.waitsToName;
    return this.#setup.signingKey !== undefined && waits;
  }

  /** `others` says what else is in the way, and what there is beside the segments. */
  status(others: Pick<ArchiveStatus, "trouble" | "cosigned"> = {}): ArchiveStatus {
    const { archived, size: events } = this.#log;
    const segments = (this.archive.last?.n ?? -1) + 1;
    const trouble =
      this.#setup.signingKey === undefined
        ? "there is no signing key"
        : (this.#trouble ?? others.trouble);
    const base = this.base.standing;
    const bases = this.archive.bases.all();
    const begins = base && { first: base.n, since: base.through };
    const old = bases.length === 0 ? {} : { ...begins, bases };
    const seen = others.cosigned === undefined ? {} : { cosigned: others.cosigned };
    return {
      segments,
      archived,
      events,
      ...old,
      ...seen,
      ...(trouble === undefined ? {} : { trouble }),
    };
  }

  /** Writes what waits, a bounded part of it. Returns when to come again, milliseconds or Infinity. */
  run(at: number): Promise<number> {
    this.#running ??= this.#write(at).finally(() => (this.#running = undefined));
    return this.#running;
  }

  /** Every archived event before a position, segment by segment, from the archive. */
  async *eventsBefore(pos: number): AsyncGenerator<EventEnvelope[]> {
    for await (const lines of this.#linesBefore(pos)) yield lines.map((line) => unseal(line));
  }

  /** Where a stream stood at the base, if the archive begins with one that knows it. */
  async beginningOf(stream: string): Promise<Beginning | undefined> {
    if (this.base.standing === undefined) return undefined;
    const found = await this.base.stream(stream);
    if (found === undefined) return undefined;
    const { head, line } = found;
    const { seq, at, carried } = line;
    return { seq, at, carried, state: stateOf(line, head.stateVersion) };
  }

  /** The segments' events, out of the archive. */
  segment(n: number): Promise<readonly SealedEvent[]> {
    return this.#linesOf(n);
  }

  /** Every event of a stream after number `after`, in order, wherever it is. */
  async *eventsOf(stream: string, after = 0): AsyncGenerator<SealedEvent[]> {
    let seq = after + 1;
    for await (const lines of this.#linesBefore(this.#log.completeFrom)) {
      const ours = lines.filter((line) => line.stream === stream && line.seq > after);
      seq = (ours.at(-1)?.seq ?? seq - 1) + 1;
      yield ours;
    }
    for (;;) {
      const run = this.#log.read(stream, seq, rawEventsMax);
      if (run.length === 0) return;
      yield run;
      seq += run.length;
    }
  }

  /** Events of a stream from a number on, at most `limit`, wherever they are. */
  async historyOf(stream: string, from: number, limit: number): Promise<readonly SealedEvent[]> {
    const hot = this.#log.read(stream, from, limit);
    if (hot[0]?.seq === from || from > this.#log.head(stream).seq) return hot;
    const before = await this.beginningOf(stream);
    // A gap in what an actor takes back would be worse than no answer.
    if (before !== undefined && from <= before.seq) throw new RecordGone(before.at);
    const events: SealedEvent[] = [];
    for await (const run of this.eventsOf(stream, before?.seq)) {
      for (const { seq, body, hash } of run) {
        if (seq >= from && events.length < limit) events.push({ seq, body, hash });
      }
      if (events.length === limit) break;
    }
    return events;
  }

  /** Every event up to this moment, in the shard's order. */
  async *everyEvent(): AsyncGenerator<EventEnvelope[]> {
    const from = Math.max(this.#log.completeFrom, this.base.standing?.pos ?? 0);
    yield* this.eventsBefore(from);
    for (const { events } of this.#log.runs(from)) yield events.map((event) => unseal(event));
  }

  /** Events from a position on, wherever they are: at least one while the shard has one. */
  async eventsFrom(pos: number, limit: number): Promise<readonly SealedEvent[]> {
    const hot = this.#log.eventsAt(pos, limit);
    if (hot.length > 0 || pos >= this.#log.size) {
      this.#lastRead = undefined;
      return hot;
    }
    const segment = this.archive.segmentAt(pos);
    if (segment === undefined) throw new Error(`event ${pos} is neither in the log nor archived`);
    // Whoever reads on reads the same segment next: it is kept until somebody reads the log.
    if (this.#lastRead?.n !== segment.n) {
      this.#lastRead = { n: segment.n, lines: await this.#linesOf(segment.n) };
    }
    return this.#lastRead.lines.slice(pos - segment.pos, pos - segment.pos + limit);
  }

  /** Events from a position on out of the archive, at least one; none after what it has. */
  async archivedFrom(pos: number, limit: number): Promise<readonly SealedEvent[]> {
    const segment = this.archive.segmentAt(pos);
    if (segment === undefined) return [];
    const { n, pos: from, events } = segment;
    if (this.#passRead?.n !== n) this.#passRead = { n, lines: await this.#linesOf(n) };
    const { lines } = this.#passRead;
    // A pass goes on to the next segment after this one's last.
    if (pos + limit >= from + events) this.#passRead = undefined;
    return lines.slice(pos - from, pos - from + limit);
  }

  async *#linesBefore(pos: number): AsyncGenerator<SegmentLine[]> {
    for (const { n } of this.archive.segmentsBefore(pos)) yield await this.#linesOf(n);
  }

  async #linesOf(n: number): Promise<SegmentLine[]> {
    const bytes = await this.store.read(paths.segment(n));
    const text = bytes === undefined ? undefined : await gunzip(bytes);
    if (text === undefined) throw new Error(`${paths.segment(n)} cannot be read`);
    const lines = text === "" ? [] : text.slice(0, -1).split("\n");
    return lines.map((line) => {
      const sealed = readLine(line);
      if (sealed === undefined) throw new Error(`${paths.segment(n)} is damaged`);
      return sealed;
    });
  }

  /** Proofs for events that are archived. */
  evidence(query: EvidenceQuery): Promise<Evidence> {
    return gatherEvidence(this.store, this.#setup.shard, this.archive.newestFirst(), [query]);
  }

  /** The same for the events of several entries. */
  listEvidence({ queries, at }: ListEvidenceQuery): Promise<Evidence> {
    return gatherEvidence(this.store, this.#setup.shard, this.archive.nearest(at), queries);
  }

  /** What is archived of a stream from a place on, with proofs. */
  async memberEvidence(query: MemberEvidenceQuery): Promise<MemberEvidencePage> {
    const { stream, from } = query;
    const segments = this.archive.inOrder(from.n);
    const page = await gatherMemberEvidence(this.store, this.#setup.shard, segments, query);
    const named = this.base.standing?.named ?? undefined;
    if (named === undefined || from.n > 0 || from.index > 0) return page;
    const proof = await this.base.proofOf(stream);
    const [by] = this.archive.inOrder(named);
    if (proof === undefined || by === undefined) return page;
    return { ...page, base: await gatherMemberBase(this.store, proof, by) };
  }

  async #write(at: number): Promise<number> {
    const { shard, signingKey } = this.#setup;
    const atomically = (work: () => void): void => this.#setup.atomically(work);
    const organisation = this.#setup.organisation();
    if (signingKey === undefined || organisation === undefined) return Infinity;
    try {
      this.#signer ??= openSigner(signingKey);
      const signer = await this.#signer;
      const home = { organisation, shard };
      let written = 0;
      while (
        written < segmentsPerAlarmMax &&
        (await this.archive.writeNext(this.store, signer, home, at, atomically))
      ) {
        written += 1;
      }
      if (written > 0) this.#setup.onWritten();
      this.#failures = 0;
      this.#trouble = undefined;
      const more = this.archive.trim(at);
      return more || written === segmentsPerAlarmMax ? at : Infinity;
    } catch (error) {
      this.#signer = undefined;
      this.#failures += 1;
      this.#trouble = error instanceof Error ? error.message : "the archive could not be written";
      if (error instanceof ArchiveConflict) this.#setup.onConflict(this.#trouble);
      return at + Math.min(archiveRetryMs * 2 ** (this.#failures - 1), archiveRetryMaxMs);
    }
  }
}
