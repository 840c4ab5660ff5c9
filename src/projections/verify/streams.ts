/** Every stream of a shard: gapless, chained, and every decision in it the one that its past gives. */
import { GENESIS } from "#events/envelope.ts";
import type { EventEnvelope } from "#events/envelope.ts";
import { flat } from "#events/recall.ts";
import { StreamRecalls } from "#events/recalls.ts";
import type { Recalls, ScannedLine } from "#events/segment-scan.ts";
import type { StreamForked } from "#events/stream-events.ts";
import { upcast, upcasters } from "#events/upcast.ts";
import type { UserFact } from "#events/user-events.ts";
import type { BaseStream } from "#events/base.ts";
import { evolve } from "#actors/user/evolve.ts";
import { initialState, type UserState } from "#actors/user/state.ts";
import type { FindingKind } from "./finding.ts";
import { documentFault, type PolicyName, type PolicyVersions } from "./policy-versions.ts";
import { refute } from "./redecide.ts";
import type { Sums } from "./sums.ts";
import { BudgetTally } from "./tally.ts";

interface Stream {
  name: string;
  epoch: number;
  seq: number;
  hash: string;
  at: number;
  /** Once its chain is broken its state is unknown, and nothing is concluded from it. */
  state: UserState | undefined;
  tally: BudgetTally;
  /** Events that come and were decided on the other branch of a fork: not made again. */
  carried: number;
}

/** A stream that was restored from a backup, and went on before it knew what it had forgotten. */
export interface StreamFork {
  stream: string;
  /** The event that says so, first of its epoch. */
  seq: number;
  epoch: number;
  /** The last event that both branches share. */
  restored: number;
  /** How many events after it were decided without those after `restored`. */
  carried: number;
}

export type Report = (kind: FindingKind, message: string) => void;

/** Where an event is that names a policy version. */
export interface NamedWhere {
  line: number;
  stream: string;
  seq: number;
}

/** How much of each event is checked: its place and hash alone, or what it says, too. */
export type Depth = "chain" | "decisions";

export class Streams {
  readonly #streams = new Map<string, Stream>();
  /** The one that the last line was of: so is the next, more often than not. */
  #last: Stream | undefined;
  readonly #sums: Sums;
  readonly #policies: PolicyVersions;
  /** Where streams stood at the base that the archive begins with. */
  readonly #before = new Map<string, () => Stream>();
  readonly #depth: Depth;
  readonly #recalls = new StreamRecalls();
  /** Decisions that were made again. */
  decisions = 0;
  readonly forks: StreamFork[] = [];
  #forked: { place: number; fork: StreamFork }[] = [];
  /** Policy versions that the segment's events name and that were not named so before. */
  #named: { named: PolicyName; place: number; stream: string; seq: number }[] = [];

  constructor(sums: Sums, policies: PolicyVersions, depth: Depth) {
    this.#sums = sums;
    this.#policies = policies;
    this.#depth = depth;
  }

  get size(): number {
    return this.#streams.size + this.#before.size;
  }

  /** Begins a stream where a base says that it stands; its state is read once it goes on. */
  restore(line: BaseStream, stateOf: () => UserState | undefined): void {
    const { stream, epoch, seq, hash, at, carried, tally } = line;
    this.#before.set(stream, () => ({
      name: stream,
      epoch,
      seq,
      hash,
      at,
      carried,
      state: stream.startsWith("u_") ? stateOf() : initialState(),
      tally: tally === null ? new BudgetTally() : BudgetTally.unpack(tally),
    }));
  }

  /**
   * Takes the next event of its stream; its hash has been checked. `place` is its line in the segment:
   * what streams have in common is taken in their order once the segment ends.
   */
  take(line: ScannedLine, report: Report, place: number): void {
    const stream = this.#streamOf(line.stream);
    const fault = chainFault(stream, line);
    if (fault !== undefined) {
      report("chain", fault);
      stream.state = undefined;
      // Later faults are told from what comes next, not from this one.
      if (line.seq <= stream.seq && line.epoch <= stream.epoch) return;
    }
    stream.epoch = line.epoch;
    stream.seq = line.seq;
    stream.hash = line.hash;
    if (this.#depth === "chain" && !isFork(line)) return noteTime(stream, line.at, report);
    const event = readEvent(line, this.#recalls.of(stream.name, line.type));
    if (event === undefined) return report("damaged", "the event's data cannot be read");
    noteTime(stream, event.at, report);
    const isCarried = stream.carried > 0;
    if (isCarried) stream.carried -= 1;
    if (event.type === "StreamForked") this.#fork(stream, event, report, place);
    if (this.#depth === "chain") return;
    try {
      const named = this.#policies.note(event);
      if (named !== undefined)
        this.#named.push({ named, place, stream: event.stream, seq: event.seq });
      this.#check(stream, event, report, isCarried);
    } catch (error) {
      stream.state = undefined;
      report("decision", `it cannot be folded: ${error instanceof Error ? error.message : "?"}`);
    }
  }

  #streamOf(name: string): Stream {
    if (this.#last?.name === name) return this.#last;
    return (this.#last = this.#streams.get(name) ?? this.#meet(flat(name)));
  }

  #meet(name: string): Stream {
    const stream = this.#before.get(name)?.() ?? begun(name);
    this.#before.delete(name);
    this.#streams.set(name, stream);
    return stream;
  }

  /** Takes what a segment's streams have in common, in the order of its lines. */
  endSegment(report: (message: string, where: NamedWhere) => void): void {
    this.#named.sort((a, b) => a.place - b.place);
    for (const { named, place, stream, seq } of this.#named) {
      const wrong = this.#policies.name(named);
      if (wrong !== undefined) report(wrong, { line: place, stream: flat(stream), seq });
    }
    this.#named = [];
    this.#forked.sort((a, b) => a.place - b.place);
    for (const { fork } of this.#forked) this.forks.push(fork);
    this.#forked = [];
  }

  #fork(stream: Stream, event: EventEnvelope, report: Report, place: number): void {
    const { restored, ledger, carried } = event.data as StreamForked["data"];
    const { stream: name, seq, epoch, prev } = event;
    if (ledger.hash !== prev || ledger.seq !== seq - 1 || restored.seq > ledger.seq) {
      report("chain", "the fork that it names is not here");
    }
    stream.carried = carried;
    const fork = { stream: flat(name), seq, epoch, restored: restored.seq, carried };
    this.#forked.push({ place, fork });
  }

  #check(stream: Stream, event: EventEnvelope, report: Report, isCarried: boolean): void {
    this.#sums.apply(event);
    if (!event.stream.startsWith("u_")) {
      const other = documentFault(event);
      if (other !== undefined) report("policy", other);
      return;
    }
    if (stream.state === undefined) return;
    const fact = event as unknown as UserFact;
    // What was decided on another branch does not follow from this one; it counts all the same.
    const wrong = isCarried ? undefined : refute(stream.state, fact, event.at);
    if (wrong !== undefined) report("decision", `${event.type}: ${wrong}`);
    const isDecision = fact.type === "RequestAdmitted" || fact.type === "RequestRefused";
    if (isDecision && !isCarried) this.decisions += 1;
    stream.state = evolve(stream.state, fact, event.at);
    const broken = stream.tally.take(fact);
    if (broken !== undefined && !isCarried) report("budget", broken);
  }
}

function begun(name: string): Stream {
  return {
    name,
    epoch: 1,
    seq: 0,
    hash: GENESIS,
    at: 0,
    state: initialState(),
    tally: new BudgetTally(),
    carried: 0,
  };
}

/** Time never falls within a stream. */
function noteTime(stream: Stream, at: number, report: Report): void {
  if (Number.isNaN(at)) return report("damaged", "the event's time cannot be read");
  if (at < stream.at) report("chain", "its time is before that of the event before it");
  stream.at = at;
}

function isFork({ type, v }: ScannedLine): boolean {
  return type === "StreamForked" && v === 1;
}

function chainFault(stream: Stream, line: ScannedLine): string | undefined {
  if (line.epoch === stream.epoch) {
    const next = stream.seq + 1;
    if (line.seq > next)
      return `events ${next} to ${line.seq - 1} of the stream are missing before it`;
    if (line.seq < next)
      return `event ${line.seq} is repeated or out of order; ${next} was expected`;
  } else if (line.epoch < stream.epoch) {
    return `its epoch ${line.epoch} is over`;
  } else if (line.seq !== stream.seq + 1) {
    return `its epoch begins with event ${line.seq}; ${stream.seq + 1} was expected`;
  } else if (line.epoch !== stream.epoch + 1 || !isFork(line)) {
    return `its epoch ${line.epoch} begins without saying why`;
  }
  return line.prev === stream.hash ? undefined : "it does not follow the event before it";
}

function readEvent(line: ScannedLine, recalls: Recalls | undefined): EventEnvelope | undefined {
  try {
    const event = line.event(recalls);
    if (event.v === 1 && upcasters.length === 0) return event;
    const read = upcast(event);
    return read.kind === "malformed" ? undefined : read.event;
  } catch {
    return undefined;
  }
}
