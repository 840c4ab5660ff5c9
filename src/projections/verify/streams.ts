/** Every stream of a shard: gapless, chained, and every decision in it the one that its past gives. */
import { GENESIS } from "#events/envelope.ts";
import type { EventEnvelope } from "#events/envelope.ts";
import { flat, Recall } from "#events/recall.ts";
import type { Recalls, ScannedLine } from "#events/segment-scan.ts";
import type { StreamForked } from "#events/stream-events.ts";
import { upcast, upcasters } from "#events/upcast.ts";
import type { UserFact } from "#events/user-events.ts";
import type { BaseStream } from "#events/base.ts";
import { evolve } from "#actors/user/evolve.ts";
import { initialState, type UserState } from "#actors/user/state.ts";
import type { FindingKind } from "./finding.ts";
import { refute } from "./redecide.ts";
import type { Sums } from "./sums.ts";
import { BudgetTally } from "./tally.ts";

interface Stream {
  epoch: number;
  seq: number;
  hash: string;
  at: number;
  /** Once its chain is broken its state is unknown, and nothing is concluded from it. */
  state: UserState | undefined;
  tally: BudgetTally;
  /** Events that come and were decided on the other branch of a fork: not made again. */
  carried: number;
  /** By type: what its events have in common. */
  recalls: Map<string, Recalls>;
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

/** What a shard names of policy versions, each with its hash. */
export interface PolicyNames {
  published: [version: number, hash: string][];
  named: [version: number, hash: string][];
  /** Whether the policy's own stream is in the shard. */
  hasStream: boolean;
}

/** Policy versions: as published, and as requests name them. */
export class PolicyVersions {
  readonly #published = new Map<number, string>();
  readonly #named = new Map<number, string>();
  #hasStream = false;

  /** Says what is wrong with a version that an event names. */
  take({ type, data }: { type: string; data: object }): string | undefined {
    if (type === "OrganisationFounded") this.#hasStream = true;
    if (type === "PolicyPublished") {
      const { version, hash } = data as { version: number; hash: string };
      this.#published.set(version, hash);
    }
    if (type !== "RequestAdmitted" && type !== "RequestRefused") return undefined;
    const { policyVersion, policyHash } = data as { policyVersion: number; policyHash: string };
    return this.#name(policyVersion, policyHash);
  }

  /** All of it, as data: shards are read apart. */
  names(): PolicyNames {
    const hasStream = this.#hasStream;
    return { published: [...this.#published], named: [...this.#named], hasStream };
  }

  /** Adds what another shard, or a base, names; yields what does not fit. */
  *merge({ published, named, hasStream }: PolicyNames): Generator<string> {
    this.#hasStream ||= hasStream;
    for (const [version, hash] of published) this.#published.set(version, hash);
    for (const [version, hash] of named) {
      const wrong = this.#name(version, hash);
      if (wrong !== undefined) yield wrong;
    }
  }

  #name(version: number, hash: string): string | undefined {
    const known = this.#named.get(version);
    if (known === undefined) this.#named.set(version, hash);
    return known === undefined || known === hash
      ? undefined
      : `policy version ${version} is named with two hashes`;
  }

  /** Versions that requests name and nobody published; nothing when the policy's stream is elsewhere. */
  *strangers(): Generator<string> {
    if (!this.#hasStream) return;
    for (const [version, hash] of this.#named) {
      if (this.#published.get(version) !== hash) {
        yield `policy version ${version} with hash ${hash} was never published`;
      }
    }
  }
}

/** Kinds of events in streams whose last one is kept to read the next by: some kilobytes each. */
const recallsMax = 20_000;

/** How much of each event is checked: its place and hash alone, or what it says, too. */
export type Depth = "chain" | "decisions";

export class Streams {
  readonly #streams = new Map<string, Stream>();
  readonly #sums: Sums;
  readonly #policies: PolicyVersions;
  /** Where streams stood at the base that the archive begins with. */
  readonly #before = new Map<string, () => Stream>();
  readonly #depth: Depth;
  /** By type: what differs from one event of a stream to its next. */
  readonly #varying = new Map<string, { cause: Set<string>; data: Set<string> }>();
  #recalled = 0;
  /** Decisions that were made again. */
  decisions = 0;
  readonly forks: StreamFork[] = [];

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
      epoch,
      seq,
      hash,
      at,
      carried,
      state: stream.startsWith("u_") ? stateOf() : initialState(),
      tally: tally === null ? new BudgetTally() : BudgetTally.unpack(tally),
      recalls: new Map(),
    }));
  }

  /** Takes the next event of the shard; its hash has been checked. */
  take(line: ScannedLine, report: Report): void {
    const stream = this.#streams.get(line.stream) ?? this.#meet(flat(line.stream));
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
    const event = readEvent(line, this.#recalls(stream, line.type));
    if (event === undefined) return report("damaged", "the event's data cannot be read");
    noteTime(stream, event.at, report);
    const isCarried = stream.carried > 0;
    if (isCarried) stream.carried -= 1;
    if (event.type === "StreamForked") this.#fork(stream, event, report);
    if (this.#depth === "chain") return;
    try {
      this.#check(stream, event, report, isCarried);
    } catch (error) {
      stream.state = undefined;
      report("decision", `it cannot be folded: ${error instanceof Error ? error.message : "?"}`);
    }
  }

  #meet(name: string): Stream {
    const stream = this.#before.get(name)?.() ?? begun();
    this.#before.delete(name);
    this.#streams.set(name, stream);
    return stream;
  }

  /** What events of a type in a stream have in common; nothing once there are too many of them. */
  #recalls({ recalls }: Stream, type: string): Recalls | undefined {
    const known = recalls.get(type);
    if (known !== undefined || this.#recalled >= recallsMax) return known;
    let varying = this.#varying.get(type);
    if (varying === undefined) {
      varying = { cause: new Set(), data: new Set() };
      this.#varying.set(type, varying);
    }
    const fresh = { cause: new Recall(varying.cause), data: new Recall(varying.data) };
    recalls.set(type, fresh);
    this.#recalled += 1;
    return fresh;
  }

  #fork(stream: Stream, event: EventEnvelope, report: Report): void {
    const { restored, ledger, carried } = event.data as StreamForked["data"];
    const { stream: name, seq, epoch, prev } = event;
    if (ledger.hash !== prev || ledger.seq !== seq - 1 || restored.seq > ledger.seq) {
      report("chain", "the fork that it names is not here");
    }
    stream.carried = carried;
    this.forks.push({ stream: name, seq, epoch, restored: restored.seq, carried });
  }

  #check(stream: Stream, event: EventEnvelope, report: Report, isCarried: boolean): void {
    const stranger = this.#policies.take(event);
    if (stranger !== undefined) report("policy", stranger);
    this.#sums.apply(event);
    if (stream.state === undefined || !event.stream.startsWith("u_")) return;
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

function begun(): Stream {
  return {
    epoch: 1,
    seq: 0,
    hash: GENESIS,
    at: 0,
    state: initialState(),
    tally: new BudgetTally(),
    carried: 0,
    recalls: new Map(),
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
