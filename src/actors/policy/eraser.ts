/**
 * Tells members' own actors to destroy the keys of their kept texts, until each has said that it did.
 *
 * Invariants: what is left to do is worked out from the state, so no crash forgets it; an actor is
 * told at least once and follows an order once, so messages may be repeated.
 */
import type { Env } from "#actors/kit/env.ts";
import { ledgerName, userStreams } from "#actors/kit/names.ts";
import type { PolicyFact } from "#events/policy-events.ts";
import { erasureLanes, erasureRetryMaxMs, erasureRetryMs } from "./limits.ts";
import { actorsOf, type ErasureRecord, type PolicyState } from "./state.ts";

type Done = Extract<PolicyFact, { type: "ErasureCarriedOut" }>["data"];

export class Eraser {
  readonly #env: Env;
  #tries = 0;
  #retryAt = 0;

  constructor(env: Env) {
    this.#env = env;
  }

  /** When there is somebody to tell, milliseconds. */
  dueAt({ erasures }: PolicyState): number | undefined {
    const first = erasures.find(({ done }) => done === undefined);
    // The command that ordered it goes first; this is for when it died.
    return first && Math.max(this.#retryAt, first.at + erasureRetryMs);
  }

  /** Tells every actor that has not confirmed yet; `confirm` hears of each that did. */
  async work(state: PolicyState, at: number, confirm: (done: Done) => void): Promise<void> {
    const rest = state.erasures.filter(({ done }) => done === undefined);
    if (rest.length === 0) return;
    this.#tries += 1;
    this.#retryAt = at + Math.min(erasureRetryMs * 2 ** (this.#tries - 1), erasureRetryMaxMs);
    let isWell = true;
    const lane = async (): Promise<void> => {
      for (let record = rest.shift(); record !== undefined; record = rest.shift()) {
        const done = await this.#tell(record, state, at).catch(() => undefined);
        if (done === undefined) isWell = false;
        else confirm(done);
      }
    };
    await Promise.all(Array.from({ length: erasureLanes }, lane));
    if (isWell) this.#tries = 0;
  }

  async #tell({ order, member }: ErasureRecord, state: PolicyState, at: number): Promise<Done> {
    const { organisation = "", ledgerShards, members } = state;
    const { TALLYGATE_SECRET: secret, USERS: users } = this.#env;
    const erase = (stream: string) => {
      const ledger = ledgerName(secret, organisation, stream, ledgerShards);
      const home = { organisation, stream, ledger };
      const command = `erasure/${order}`;
      const former = !members.has(member);
      return users.getByName(stream).erase({ home, at, command, order, former });
    };
    const streams = userStreams(secret, organisation, member, actorsOf(state, member));
    const [stream = "", ...others] = streams;
    // The proof is the first one's, once the keys of all others are gone.
    for (const other of others) await erase(other);
    const { event, seq, ...erased } = await erase(stream);
    const done: Done = { order, member, stream, event, seq, at: erased.at };
    return erased.keyId === undefined ? done : { ...done, keyId: erased.keyId };
  }
}

/** What a client is told of its order, once it was tried: the proof, or that it is under way. */
export function erasureAnswer(
  order: unknown,
  { erasures }: PolicyState,
): { result: object } | { message: string } | undefined {
  const record = erasures.find((known) => known.order === order);
  if (record === undefined) return undefined;
  if (record.done !== undefined) {
    return { result: { order, member: record.member, orderedAt: record.at, ...record.done } };
  }
  const message =
    "It is ordered in the log; destroying the key is under way and tried until it is done. Send the command again for the proof.";
  return { message };
}
