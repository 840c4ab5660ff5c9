/**
 * What becomes of an actor whose storage was restored from a backup: it takes back from its ledger
 * what it forgot.
 *
 * Invariants: after a run the stream begins with every event that the ledger has of it; an event that
 * the actor appended meanwhile is in the stream too, after a `StreamForked` that names both branches;
 * each step is one transaction, and a run that was cut short is taken up by the next.
 */
import {
  readChain,
  unseal,
  type Cause,
  type EventEnvelope,
  type Fact,
  type Head,
  type SealedEvent,
} from "#events/envelope.ts";
import type { PlaceData, StreamForked } from "#events/stream-events.ts";
import type { Env } from "./env.ts";
import type { EventStore } from "./event-store.ts";
import { restoredAtProblem, SettingUnreadable } from "./setting.ts";
import type { StreamHome } from "./home.ts";
import { readStored } from "./stored.ts";
import { adoptEventsMax, carriedEventsMax, setAsideCharsMax } from "./limits.ts";

/** What a restorer asks of its actor. */
export interface RestoreHost {
  readonly env: Env;
  readonly store: EventStore;
  readonly home: StreamHome | undefined;
  /** Whether a fact of a branch that began after a restore is carried on, or kept without effect. */
  carries(event: EventEnvelope, branch: readonly EventEnvelope[]): boolean;
  atomically(work: () => void): void;
  /** Folds events that are in the stream now, and tells whoever is told of new ones. */
  took(events: readonly EventEnvelope[]): void;
  /** Told of facts that are in no effect any more. */
  lost(events: readonly EventEnvelope[]): void;
  /** Drops the state in memory, and a snapshot that is ahead of the stream. */
  refold(): void;
  /** The ledger has everything up to here. */
  known(seq: number): void;
}

/** A fork on its way: what was set aside waits until the ledger's branch is back. */
interface Fork {
  restored: PlaceData;
  own: PlaceData;
}

const CAUSE: Cause = { command: "restore" };

export class Restorer {
  readonly #host: RestoreHost;

  constructor(host: RestoreHost) {
    this.#host = host;
  }

  /**
   * Whether nothing may be decided before the ledger was asked. Throws while nobody can say: a time
   * that cannot be read may be later than the last that was asked.
   */
  get mustAsk(): boolean {
    const { store, env } = this.#host;
    if (this.#fork !== undefined) return true;
    const { TALLYGATE_RESTORED_AT: restoredAt = "" } = env;
    if (restoredAt === "") return false;
    const problem = restoredAtProblem(restoredAt);
    if (problem !== undefined)
      throw new SettingUnreadable({ name: "TALLYGATE_RESTORED_AT", problem });
    return ((store.getMeta("asked") as number | undefined) ?? 0) < Date.parse(restoredAt);
  }

  get #fork(): Fork | undefined {
    return (this.#host.store.getMeta("fork") ?? undefined) as Fork | undefined;
  }

  /** Asks the ledger, and takes back what it has. Throws when it cannot be asked or does not fit. */
  async run(): Promise<void> {
    const { store, home, env } = this.#host;
    if (home === undefined) return;
    const { organisation, stream } = home;
    const ledger = env.LEDGER.getByName(home.ledger);
    const { epoch } = store.head;
    const reply = await ledger.ingest({ organisation, stream, epoch, events: [] });
    if (reply.outcome !== "ok") throw new Error("the ledger does not say where the stream stands");
    if (this.#fork === undefined && !this.#agrees(reply.head)) await this.#part(reply.head);
    await this.#adopt(reply.head);
    if (this.#fork !== undefined) this.#carryOn(this.#fork);
    store.setMeta("asked", Date.now());
  }

  /** Whether the stream here goes on from the ledger's, or is a beginning of it. */
  #agrees({ seq, hash }: Head): boolean {
    const { store } = this.#host;
    return seq <= store.head.seq && store.hashAt(seq) === hash;
  }

  /** Finds the last event that both have, and sets aside what came after it here. */
  async #part(theirs: Head): Promise<void> {
    const { store } = this.#host;
    const own = store.head;
    // What the ledger was known to have when this was backed up, both have for certain.
    let shared = Math.min((store.getMeta("exported") as number | undefined) ?? 0, theirs.seq);
    let page: readonly SealedEvent[];
    do {
      page = await this.#read(shared + 1);
      const end = page.findIndex(({ seq, hash }) => store.hashAt(seq) !== hash);
      shared += end === -1 ? page.length : end;
      if (end !== -1) break;
    } while (page.length > 0 && shared < own.seq);
    if (shared === own.seq) return;
    if (own.seq - shared > carriedEventsMax) throw new Error("the branch is too long to carry on");
    const restored = { seq: shared, hash: store.hashAt(shared) ?? "" };
    this.#host.atomically(() => {
      store.setAside(shared);
      store.setMeta("fork", { restored, own: { seq: own.seq, hash: own.hash } });
    });
    this.#host.refold();
  }

  /** Takes the ledger's events after the head, page by page, as they are. */
  async #adopt(theirs: Head): Promise<void> {
    const { store, home } = this.#host;
    while (store.head.seq < theirs.seq) {
      const page = await this.#read(store.head.seq + 1);
      const reading = readChain(store.head, page);
      if ("fault" in reading) throw new Error(`the ledger's events do not fit: ${reading.fault}`);
      if (reading.events.length === 0) throw new Error("the ledger lacks events that it counts");
      if (reading.events.some(({ stream }) => stream !== home?.stream)) {
        throw new Error("the ledger's events are another stream's");
      }
      reading.events.forEach((event) => readStored(event));
      this.#host.atomically(() => store.adopt(page));
      this.#host.took(reading.events);
    }
    if (store.hashAt(theirs.seq) !== theirs.hash) throw new Error("the ledger's events do not fit");
    this.#host.known(theirs.seq);
  }

  async #read(from: number): Promise<readonly SealedEvent[]> {
    const { env, home } = this.#host;
    if (home === undefined) return [];
    const ledger = env.LEDGER.getByName(home.ledger);
    return ledger.history({ stream: home.stream, from, limit: adoptEventsMax });
  }

  /** Begins the next epoch after the ledger's branch, and carries on what was set aside. */
  #carryOn({ restored, own }: Fork): void {
    const { store, home } = this.#host;
    if (home === undefined) return;
    const branch = store.aside.map((sealed) => unseal(sealed));
    const carried = branch.filter((event) => this.#host.carries(event, branch));
    const setAside = branch.filter((event) => !carried.includes(event));
    const { seq, hash } = store.head;
    const ledger = { seq, hash };
    const data: StreamForked["data"] = { restored, ledger, own, carried: carried.length };
    if (setAside.length > 0) data.setAside = setAside.map((event) => keptOf(event));
    if (JSON.stringify(data).length > setAsideCharsMax) {
      throw new Error("the branch is too large to keep in one event");
    }
    const appended: EventEnvelope[] = [];
    const append = (fact: Fact, at: number, cause: Cause): void => {
      const time = Math.max(at, store.lastAt);
      appended.push(...store.append(home, [fact], time, cause).map((sealed) => unseal(sealed)));
    };
    this.#host.atomically(() => {
      store.beginEpoch();
      append({ type: "StreamForked", v: 1, data }, branch[0]?.at ?? 0, CAUSE);
      for (const event of carried) append(event, event.at, event.cause);
      store.write();
      store.setMeta("fork", null);
    });
    this.#host.took(appended);
    if (setAside.length > 0) this.#host.lost(setAside);
  }
}

function keptOf({ seq, type, v, at, cause, data }: EventEnvelope) {
  return { seq, type, v, at, cause, data: data as Record<string, unknown> };
}
