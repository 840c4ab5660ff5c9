/**
 * Folds a shard's events into the lines of a base, a segment at a time.
 *
 * Invariants: the lines after a segment depend on the lines before it and on its events alone, so
 * whoever folds the same segments has the same lines; nothing is kept here between two segments
 * that is not in a line.
 */
import { formatBaseLine, parseBaseLine, type BaseHead, type BaseStream } from "#events/base.ts";
import type { EventEnvelope, SealedEvent } from "#events/envelope.ts";
import { GENESIS, unseal } from "#events/envelope.ts";
import { tryParseJson } from "#events/parse-json.ts";
import { readLine, toLine } from "#events/segment.ts";
import type { StreamForked } from "#events/stream-events.ts";
import { upcast } from "#events/upcast.ts";
import type { UserFact } from "#events/user-events.ts";
import { evolve } from "#actors/user/evolve.ts";
import { fromSnapshot, snapshotVersion, toSnapshot } from "#actors/user/snapshot.ts";
import { initialState, type UserState } from "#actors/user/state.ts";
import type { AuditEntry } from "../audit-entry.ts";
import { requestIdOf } from "../audit.ts";
import { patchesOf } from "../numbers.ts";
import type { Cell, Row, Table } from "../projection.ts";
import { shadow, shadowTable } from "../shadow.ts";
import { hourlyTable } from "../sums.ts";
import { PolicyVersions, type PolicyNames } from "../verify/policy-versions.ts";
import { openAfter } from "../verify/sums.ts";
import { BudgetTally } from "../verify/tally.ts";

/** The line that a key has, if it has one. Keys of streams sort before those of rows. */
export type ReadBaseLine = (key: string) => string | undefined;

/** The key of what grows with every event; its text is no line of a base. */
export const PROGRESS_KEY = "0";

/** The form in which this code writes states. */
export const STATE_FORM = snapshotVersion;

/** How far the fold is. */
export interface BaseProgress {
  position: number;
  through: number;
  policies: PolicyNames;
}

const NOTHING: BaseProgress = {
  position: 0,
  through: 0,
  policies: { published: [], named: [], hasStream: false },
};

/** A state that is larger is left out: it has to fit a row of the database. */
const stateCharsMax = 1_500_000;

interface Folding {
  epoch: number;
  seq: number;
  hash: string;
  at: number;
  carried: number;
  /** Of a principal; undefined once it is not known. */
  state: UserState | undefined;
  tally: BudgetTally;
  open: Map<string, { lines: string[]; entry: AuditEntry | undefined }>;
}

interface FoldedRow {
  table: Table;
  value: unknown;
}

export class BaseFold {
  readonly #read: ReadBaseLine;
  readonly #streams = new Map<string, Folding>();
  readonly #rows = new Map<string, FoldedRow>();
  readonly #policies = new PolicyVersions();
  #position: number;
  #through: number;

  /** Goes on from the lines that an earlier fold gave. */
  constructor(read: ReadBaseLine) {
    this.#read = read;
    const known = tryParseJson(read(PROGRESS_KEY) ?? "") as BaseProgress | undefined;
    const { position, through, policies } = known ?? NOTHING;
    this.#position = position;
    this.#through = through;
    // What was named with two hashes is no matter of a base.
    for (const _wrong of this.#policies.merge(policies));
  }

  /** Takes the next event of the shard. */
  take(sealed: SealedEvent): void {
    const line = readLine(toLine(sealed));
    if (line === undefined) throw new Error(`event ${this.#position} of the shard is none`);
    this.#position += 1;
    const stream = this.#stream(line.stream);
    stream.epoch = line.epoch;
    stream.seq = line.seq;
    stream.hash = line.hash;
    const read = upcast(unseal(line));
    if (read.kind === "malformed") {
      stream.state = undefined;
      return;
    }
    const { event } = read;
    stream.at = Math.max(stream.at, event.at);
    this.#through = Math.max(this.#through, event.at);
    if (stream.carried > 0) stream.carried -= 1;
    if (event.type === "StreamForked")
      stream.carried = (event.data as StreamForked["data"]).carried;
    this.#policies.take(event);
    this.#fold(stream, event, sealed);
  }

  /** The lines that the segment changed, by key; undefined for one that is no more. */
  *end(): Generator<[key: string, line: string | undefined]> {
    for (const [name, stream] of this.#streams) {
      yield [streamKey(name), formatBaseLine(lineOf(name, stream))];
    }
    for (const [key, { table, value }] of this.#rows) {
      const kind = table.name === shadowTable.name ? ("shadow" as const) : ("sums" as const);
      yield [
        key,
        value === undefined ? undefined : formatBaseLine({ kind, row: table.toRow(value) }),
      ];
    }
    const progress: BaseProgress = {
      position: this.#position,
      through: this.#through,
      policies: this.#policies.names(),
    };
    yield [PROGRESS_KEY, JSON.stringify(progress)];
  }

  #fold(stream: Folding, event: EventEnvelope, sealed: SealedEvent): void {
    const fact = event as unknown as UserFact;
    const id = requestIdOf(event);
    const request = id === undefined ? undefined : stream.open.get(id);
    for (const patch of patchesOf(event, request?.entry)) {
      const { hour, model, provider, user, team, key, route, tags } = patch.key;
      this.#row(hourlyTable, [hour, model, provider, user, team, key, route, tags], patch);
    }
    for (const { key, patch } of shadow.fold(event, undefined)) this.#row(shadowTable, key, patch);
    if (stream.state === undefined || !event.stream.startsWith("u_")) return;
    try {
      stream.state = evolve(stream.state, fact, event.at);
      stream.tally.take(fact);
    } catch {
      stream.state = undefined;
      return;
    }
    if (id === undefined || (request === undefined && fact.type !== "RequestAdmitted")) return;
    if (!isOpen(stream.state, id)) return void stream.open.delete(id);
    const lines = [...(request?.lines ?? []), toLine(sealed)];
    stream.open.set(id, { lines, entry: openAfter(request?.entry, fact, event.at) });
  }

  #row(table: Table, key: readonly Cell[], patch: unknown): void {
    const name = rowKey(table.name, key);
    let known = this.#rows.get(name);
    if (known === undefined) {
      const text = this.#read(name);
      const line = text === undefined ? undefined : parseBaseLine(text);
      const row = line?.kind === "sums" || line?.kind === "shadow" ? line.row : undefined;
      known = { table, value: row && table.fromRow(row) };
      this.#rows.set(name, known);
    }
    known.value = table.combine(known.value, patch);
  }

  #stream(name: string): Folding {
    let stream = this.#streams.get(name);
    if (stream === undefined) {
      const text = this.#read(streamKey(name));
      const line = text === undefined ? undefined : parseBaseLine(text);
      stream = line?.kind === "stream" ? restored(line) : begun();
      this.#streams.set(name, stream);
    }
    return stream;
  }
}

export function streamKey(stream: string): string {
  return `1 ${stream}`;
}

function rowKey(table: string, key: readonly Cell[]): string {
  return `2 ${table} ${JSON.stringify(key)}`;
}

/** The key that a base's line was kept under. */
export function keyOfLine(line: BaseStream | { kind: "sums" | "shadow"; row: Row }): string {
  if (line.kind === "stream") return streamKey(line.stream);
  const table: Table = line.kind === "sums" ? hourlyTable : shadowTable;
  return rowKey(
    table.name,
    table.key.map((column) => line.row[column] ?? null),
  );
}

/** How far the fold was that gave a base. */
export function progressOf({ position, through, policies }: BaseHead): string {
  const progress: BaseProgress = { position, through, policies };
  return JSON.stringify(progress);
}

/** The state in a base's line; undefined where it is not known, or this code cannot read it. */
export function stateOf(line: BaseStream, stateVersion: number): UserState | undefined {
  if (line.state === null || stateVersion !== snapshotVersion) return undefined;
  return fromSnapshot(line.state);
}

/** A line of a base whose states are of another form, as this code writes it. */
export function inThisForm(line: BaseStream, stateVersion: number): BaseStream {
  if (line.state === null || stateVersion === snapshotVersion) return line;
  const state = stateOf(line, stateVersion);
  if (state === undefined) return withoutState(line);
  return { ...line, state: toSnapshot(state) };
}

/** What a line says whatever the form of states: all of it, but for what needs a state. */
export function withoutState(line: BaseStream): BaseStream {
  return { ...line, state: null, tally: null, open: [] };
}

/** A request whose hold is open, or expired and not corrected yet. */
function isOpen(state: UserState, id: string): boolean {
  return state.holds.has(id) || state.expired.has(id);
}

function begun(): Folding {
  return {
    epoch: 1,
    seq: 0,
    hash: GENESIS,
    at: 0,
    carried: 0,
    state: initialState(),
    tally: new BudgetTally(),
    open: new Map(),
  };
}

function restored({ epoch, seq, hash, at, carried, state, tally, open }: BaseStream): Folding {
  const folding: Folding = {
    epoch,
    seq,
    hash,
    at,
    carried,
    open: new Map(),
    state: state === null ? undefined : fromSnapshot(state),
    tally: tally === null ? new BudgetTally() : BudgetTally.unpack(tally),
  };
  for (const text of open) {
    const sealed = readLine(text);
    if (sealed === undefined) throw new Error("an open request's event is none");
    const event = unseal(sealed);
    const id = requestIdOf(event) ?? "";
    const known = folding.open.get(id);
    const entry = openAfter(known?.entry, event as unknown as UserFact, event.at);
    folding.open.set(id, { lines: [...(known?.lines ?? []), text], entry });
  }
  return folding;
}

function lineOf(name: string, stream: Folding): BaseStream {
  const { epoch, seq, hash, at, carried, tally, open } = stream;
  const place = { kind: "stream" as const, stream: name, epoch, seq, hash, at, carried };
  const unknown = { ...place, state: null, tally: null, open: [] };
  if (stream.state === undefined || !name.startsWith("u_")) return unknown;
  const { state } = stream;
  tally.keep(
    (key) => state.accounts.has(key),
    (id) => isOpen(state, id),
  );
  const packed = toSnapshot(state);
  if (JSON.stringify(packed).length > stateCharsMax) return unknown;
  const lines = [...open].flatMap(([id, request]) => (isOpen(state, id) ? request.lines : []));
  return { ...place, state: packed, tally: tally.pack(), open: lines };
}
