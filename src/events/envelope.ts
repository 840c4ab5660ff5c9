/**
 * What every event carries around its data, and the hash chain that ties a stream together.
 *
 * Invariants: a stream's `seq` runs 1, 2, 3, ... without a gap; `prev` is the hash of the event
 * before (GENESIS for the first); `hash` is SHA-256 over the canonical JSON of everything else. So
 * one trusted hash proves every event before it.
 */
import { canonicalJson } from "./canonical.ts";
import { parseJson, tryParseJson } from "./parse-json.ts";
import { sha256Hex } from "./sha256.ts";

/** `prev` of a stream's first event. */
export const GENESIS = "0".repeat(64);

/** What a decider returns: the fact alone. The shell adds the envelope. */
export interface Fact {
  readonly type: string;
  readonly v: number;
  readonly data: object;
}

/** Who caused a command: a member, a key of theirs, or the system itself (alarms). */
export interface Cause {
  /** The command's id: a request id, an admin command's id, or `alarm`. */
  command: string;
  /** The member that acted; absent for the system. */
  member?: string;
  /** The API key they used. */
  keyId?: string;
}

/** An event as it is stored, exported, hashed and verified. `at` is milliseconds since 1970, UTC. */
export interface EventEnvelope<F extends Fact = Fact> {
  organisation: string;
  stream: string;
  /** Raised when a stream was restored from a backup; its first event names the fork. */
  epoch: number;
  seq: number;
  type: F["type"];
  v: F["v"];
  at: number;
  cause: Cause;
  data: F["data"];
  prev: string;
  hash: string;
}

/** An event's hash: SHA-256, hex, of the canonical JSON of the envelope without `hash`. */
export function hashBody(body: string): string {
  return sha256Hex(body);
}

/** Where a stream stands: the last event's number and hash. */
export interface Head {
  epoch: number;
  seq: number;
  hash: string;
}

export const EMPTY_HEAD: Head = { epoch: 1, seq: 0, hash: GENESIS };

/** An event with the exact text that was hashed; the pair is what storage and archives keep. */
export interface SealedEvent {
  seq: number;
  /** Canonical JSON of the envelope without `hash`. */
  body: string;
  hash: string;
}

/** Puts a fact at the end of a stream. */
export function seal(
  head: Head,
  stream: { organisation: string; stream: string },
  fact: Fact,
  at: number,
  cause: Cause,
): SealedEvent {
  const seq = head.seq + 1;
  const body = canonicalJson({
    at,
    cause,
    data: fact.data,
    epoch: head.epoch,
    organisation: stream.organisation,
    prev: head.hash,
    seq,
    stream: stream.stream,
    type: fact.type,
    v: fact.v,
  });
  return { seq, body, hash: hashBody(body) };
}

/** Reads a sealed event back; the caller has checked the hash or trusts the storage. */
export function unseal(sealed: SealedEvent): EventEnvelope {
  return { ...(parseJson(sealed.body) as Omit<EventEnvelope, "hash">), hash: sealed.hash };
}

/** The events of a run that is a chain, or why it is none. */
export type ChainReading = { events: EventEnvelope[] } | { fault: string };

/**
 * Reads a run of events that has to follow `head`, or names the first event that breaks the chain by
 * its position in the stream. Total: the text may be anything.
 */
export function readChain(head: Head, run: readonly SealedEvent[]): ChainReading {
  let { seq, hash } = head;
  const events: EventEnvelope[] = [];
  for (const sealed of run) {
    seq += 1;
    // The number comes first, as it tells a gap from damage; the hash before any parsing.
    if (sealed.seq !== seq) return { fault: `expected event ${seq}, found ${sealed.seq}` };
    if (hashBody(sealed.body) !== sealed.hash) return { fault: `event ${seq} was altered` };
    const event = tryUnseal(sealed);
    if (event?.seq !== seq) return { fault: `event ${seq} is not an event of that number` };
    if (event.prev !== hash) return { fault: `event ${seq} does not follow the event before it` };
    hash = sealed.hash;
    events.push(event);
  }
  return { events };
}

/** Why a run of events is not a chain from `head`: undefined when it is one. See `readChain`. */
export function chainFault(head: Head, run: readonly SealedEvent[]): string | undefined {
  const reading = readChain(head, run);
  return "fault" in reading ? reading.fault : undefined;
}

function tryUnseal({ body, hash }: SealedEvent): EventEnvelope | undefined {
  const parsed = tryParseJson(body);
  if (typeof parsed !== "object" || parsed === null) return undefined;
  return { ...(parsed as Omit<EventEnvelope, "hash">), hash };
}
