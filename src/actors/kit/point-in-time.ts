/**
 * An actor goes back to an earlier moment of its storage, with the platform's point-in-time recovery.
 *
 * Invariants: from the plan on nothing is decided until the storage is back; without an order to lose
 * them, no event that the ledger lacks is given up; an actor whose caller died restarts by itself.
 */
import type { StreamHome } from "./home.ts";
import { restartWithinMs } from "./limits.ts";

/** A moment, milliseconds since 1970, or a bookmark that the platform gave. */
export type RestorePoint = { at: number } | { bookmark: string };

/** What an actor that goes back is told. */
export interface RestoreCommand {
  point: RestorePoint;
  /** Gives up events that the ledger does not have yet. */
  loseUncollected: boolean;
}

/** Where the storage will be once the actor restarts, or why it stays where it is. */
export type RestorePlan =
  | {
      ok: true;
      bookmark: string;
      /** The bookmark of the moment before, to go back to it. */
      undo: string;
      /** How many events there were. */
      seq: number;
    }
  | {
      ok: false;
      code: "restore_unavailable" | "invalid_request" | "actor_unavailable";
      message: string;
    };

/** How many events there were when the storage was back, and are now. */
export interface TakenBack {
  restoredSeq: number;
  seq: number;
}

/** The RPC surface of every actor that can go back. */
export interface RestorableApi {
  /** Has the next session begin at a moment; nothing is decided from here on. */
  planRestore(command: RestoreCommand): Promise<RestorePlan>;
  /** Ends this session: the call fails, as the actor is gone. */
  restartRestored(): Promise<void>;
  /** Takes back what the ledger has and the storage lacks. */
  takeBack(home: StreamHome): Promise<TakenBack>;
}

/** The part of a storage that goes back in time; not there where workerd runs by itself. */
export interface PointInTimeStorage {
  getBookmarkForTime(timestamp: number): Promise<string>;
  /** Returns the bookmark of this moment. */
  onNextSessionRestoreBookmark(bookmark: string): Promise<string>;
}

/** What going back needs of its actor. */
export interface TravelHost {
  storage: PointInTimeStorage;
  seq(): number;
  /** Sends the ledger what it lacks; whether it has everything then. */
  collected(): Promise<boolean>;
  abort(reason: string): void;
}

export class PointInTime {
  readonly #host: TravelHost;
  #leaving = false;

  constructor(host: TravelHost) {
    this.#host = host;
  }

  /** Whether nothing may be decided any more, since the storage is about to go back. */
  get isLeaving(): boolean {
    return this.#leaving;
  }

  async plan({ point, loseUncollected }: RestoreCommand): Promise<RestorePlan> {
    this.#leaving = true;
    const plan = await this.#plan(point, loseUncollected).catch(refusalOf);
    this.#leaving = plan.ok;
    if (plan.ok) setTimeout(() => this.restart(), restartWithinMs);
    return plan;
  }

  restart(): void {
    // What was not asked for would end a session that lives.
    if (this.#leaving) this.#host.abort("the storage goes back to an earlier moment");
  }

  async #plan(point: RestorePoint, loseUncollected: boolean): Promise<RestorePlan> {
    const { storage } = this.#host;
    const bookmark =
      "bookmark" in point ? point.bookmark : await storage.getBookmarkForTime(point.at);
    if (!loseUncollected && !(await this.#host.collected())) {
      const message =
        "The ledger lacks some of this actor's events, which a restore would lose. Try again once it has them, or say that they may be lost.";
      return { ok: false, code: "actor_unavailable", message };
    }
    const seq = this.#host.seq();
    const undo = await storage.onNextSessionRestoreBookmark(bookmark);
    return { ok: true, bookmark, undo, seq };
  }
}

function refusalOf(error: unknown): RestorePlan {
  const text = error instanceof Error ? error.message : "";
  if (text.includes("does not implement point-in-time recovery")) {
    const message =
      "Storage on this machine cannot go back in time: only Cloudflare's can. Put a copy of the state folder back instead.";
    return { ok: false, code: "restore_unavailable", message };
  }
  const message =
    "The platform does not go back there: at most 30 days, not before the actor began, and only to its own bookmarks.";
  return { ok: false, code: "invalid_request", message };
}
