/** An actor that an admin can put back to an earlier moment of its storage. */
import { Actor } from "./actor.ts";
import type { Env } from "./env.ts";
import type { StreamHome } from "./home.ts";
import {
  PointInTime,
  type RestorableApi,
  type RestoreCommand,
  type RestorePlan,
  type TakenBack,
} from "./point-in-time.ts";

export abstract class RestorableActor extends Actor implements RestorableApi {
  readonly #pointInTime: PointInTime;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.#pointInTime = new PointInTime({
      storage: ctx.storage,
      seq: () => this.eventsKept,
      collected: () => this.collected(),
      abort: (reason) => ctx.abort(reason),
    });
  }

  planRestore(command: RestoreCommand): Promise<RestorePlan> {
    return this.#pointInTime.plan(command);
  }

  async restartRestored(): Promise<void> {
    this.#pointInTime.restart();
  }

  abstract takeBack(home: StreamHome): Promise<TakenBack>;

  /** How many events its storage has. */
  protected abstract readonly eventsKept: number;

  /** Whether its ledger has everything; true for one that keeps nothing that others lack. */
  protected collected(): Promise<boolean> {
    return Promise.resolve(true);
  }

  /** Throws once nothing may be written any more, since the storage is about to go back. */
  protected refuseIfLeaving(): void {
    if (this.#pointInTime.isLeaving) throw new Error("the actor goes back to an earlier moment");
  }
}
