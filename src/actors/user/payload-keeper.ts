/**
 * Keeps a subject's payload key, and deletes what is over or erased.
 *
 * Invariants: a subject has one key at a time; a key that was destroyed never comes back; a payload is
 * deleted after the day that it says, and all under a destroyed key as soon as the store lets us, and
 * once more when no request that had the key can still be running.
 */
import type { UserFact } from "#events/user-events.ts";
import type { Env } from "#actors/kit/env.ts";
import type { EventStore } from "#actors/kit/event-store.ts";
import {
  endOfDay,
  makeSubjectKey,
  payloadDay,
  payloadFolder,
  SUBJECT_KEY_RANDOM_BYTES,
  type WrappedKey,
} from "#actors/kit/payload-key.ts";
import type { DataOf } from "./state.ts";
import { formerKeyMs, holdMsMax, payloadDeletesMax, payloadRetryMs } from "./limits.ts";

/** One key's payloads: when to look at them, and since when they are all to go. */
interface Folder {
  dueAt: number;
  erasedAt?: number;
}

export class PayloadKeeper {
  readonly #store: EventStore;
  readonly #env: Env;
  #key: WrappedKey | null | undefined;
  #folders: Record<string, Folder> | undefined;

  constructor(store: EventStore, env: Env) {
    this.#store = store;
    this.#env = env;
  }

  /** When there is something to delete, milliseconds. */
  get dueAt(): number {
    return Math.min(Infinity, ...Object.values(this.#waiting()).map(({ dueAt }) => dueAt));
  }

  /** The subject's key, made at its first use; none for a former member who was just erased. */
  keyFor(stream: string, at: number): WrappedKey | undefined {
    const known = this.key();
    if (known !== undefined) return known;
    const closedUntil = this.#store.getMeta("payload-closed-until") as number | undefined;
    if (at < (closedUntil ?? 0)) return undefined;
    const random = crypto.getRandomValues(new Uint8Array(SUBJECT_KEY_RANDOM_BYTES));
    const made = makeSubjectKey(this.#env.TALLYGATE_SECRET, stream, random);
    this.#store.setMeta("payload-key", made);
    this.#key = made;
    return made;
  }

  key(): WrappedKey | undefined {
    this.#key ??= (this.#store.getMeta("payload-key") as WrappedKey | null | undefined) ?? null;
    return this.#key ?? undefined;
  }

  /** What a fact means for kept texts. Call it in the synchronous run that appends the event. */
  follow(fact: UserFact, at: number): void {
    if (fact.type === "SubjectErased") this.#destroy(fact.data, at);
    if (fact.type !== "RequestSettled" && fact.type !== "ExpiryCorrected") return;
    const { payload, tokens } = fact.data;
    for (const { keyId, expiresAt } of [payload ?? {}, tokens ?? {}]) {
      if (keyId !== undefined && expiresAt !== undefined) this.#note(keyId, expiresAt);
    }
  }

  /** Destroys the key, and has everything under it deleted; without a store there is nothing to delete. */
  #destroy({ keyId, former }: DataOf<"SubjectErased">, at: number): void {
    if (former === true) this.#store.setMeta("payload-closed-until", at + formerKeyMs);
    if (keyId === undefined) return;
    this.#store.setMeta("payload-key", null);
    this.#key = null;
    this.#setFolder(keyId, { dueAt: at, erasedAt: at });
  }

  /** Notes that a payload under a key, or a map of placeholders, will be over. */
  #note(keyId: string, expiresAt: number): void {
    const folder = this.#waiting()[keyId];
    const dueAt = endOfDay(payloadDay(expiresAt));
    if (folder !== undefined && folder.dueAt <= dueAt) return;
    this.#setFolder(keyId, { ...folder, dueAt });
  }

  /** Deletes what is over, a bounded part at a time. What fails is tried again. */
  async work(stream: string, at: number): Promise<void> {
    for (const [keyId, folder] of Object.entries(this.#waiting())) {
      if (folder.dueAt > at) continue;
      const next = await this.#clear(payloadFolder(stream, keyId), folder, at).catch(() => ({
        ...folder,
        dueAt: at + payloadRetryMs,
      }));
      this.#setFolder(keyId, next);
    }
  }

  /** Deletes what is over in a folder; what remains to be done there. */
  async #clear(prefix: string, folder: Folder, at: number): Promise<Folder | undefined> {
    const { erasedAt } = folder;
    const bucket = this.#env.PAYLOADS;
    if (bucket === undefined) return undefined;
    const { objects, truncated } = await bucket.list({ prefix, limit: payloadDeletesMax });
    const endOf = (key: string): number => endOfDay(key.slice(prefix.length, prefix.length + 10));
    const isOver = (key: string): boolean => erasedAt !== undefined || endOf(key) <= at;
    const gone = objects.filter(({ key }) => isOver(key)).map(({ key }) => key);
    if (gone.length > 0) await bucket.delete(gone);
    const next = objects.find(({ key }) => !isOver(key));
    if (next !== undefined) return { dueAt: endOf(next.key) };
    if (truncated) return { ...folder, dueAt: at };
    const lastAt = (erasedAt ?? 0) + holdMsMax;
    return erasedAt !== undefined && at < lastAt ? { erasedAt, dueAt: lastAt } : undefined;
  }

  #waiting(): Record<string, Folder> {
    this.#folders ??=
      (this.#store.getMeta("payload-folders") as Record<string, Folder> | undefined) ?? {};
    return this.#folders;
  }

  #setFolder(keyId: string, folder: Folder | undefined): void {
    const { [keyId]: _old, ...rest } = this.#waiting();
    this.#folders = folder === undefined ? rest : { ...rest, [keyId]: folder };
    this.#store.setMeta("payload-folders", this.#folders);
  }
}
