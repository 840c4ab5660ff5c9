/**
 * Keeps KV and the users' fences in step with the keys of a PolicyActor.
 *
 * Invariants: a key that changed is marked in the same commit as its event, so no crash forgets it;
 * what is written is what the state says at that moment, one write of a key at a time, so a late
 * write cannot bring a revoked key back; a mark goes only when its work is done.
 */
import type { Env } from "#actors/kit/env.ts";
import { ledgerName } from "#actors/kit/names.ts";
import type { Principal } from "#policy/snapshot.ts";
import { mirrorBatch, mirrorLanes, mirrorRetryMs } from "./limits.ts";

/** What KV holds of a live key, under `key:{organisation}:{keyId}`. */
export interface KeyEntry {
  /** SHA-256 of the secret, hex. */
  secretHash: string;
  principal: Principal;
}

/** What the state says of a key: its entry while it is valid, whose it was once it is not. */
export type KeyStanding = { live: KeyEntry } | { revokedOf: string };

/** What the mirror asks of its actor. */
export interface MirrorSource {
  organisation: string;
  ledgerShards: number;
  standingOf(keyId: string, member: string): KeyStanding;
  /** Every actor that the member has. */
  streamsOf(member: string): readonly string[];
}

/** The name of a key's entry in KV. */
export function keyEntryName(organisation: string, keyId: string): string {
  return `key:${organisation}:${keyId}`;
}

type Mark = { key_id: string; member: string; n: number };

export class KeyMirror {
  readonly #sql: SqlStorage;
  readonly #env: Env;
  #running: Promise<void> = Promise.resolve();
  /** When to work on what is left, milliseconds; undefined when nothing is. */
  dueAt: number | undefined;

  constructor(sql: SqlStorage, env: Env) {
    this.#sql = sql;
    this.#env = env;
    sql.exec(
      "CREATE TABLE IF NOT EXISTS key_marks (key_id TEXT PRIMARY KEY, member TEXT NOT NULL, n INTEGER NOT NULL) STRICT, WITHOUT ROWID",
    );
    if (this.#marks(1).length > 0) this.dueAt = 0;
  }

  /** Notes that a key changed; call it in the synchronous run that appends the event. */
  mark(keyId: string, member: string, at: number): void {
    this.#sql.exec(
      "INSERT INTO key_marks (key_id, member, n) VALUES (?, ?, 1) ON CONFLICT (key_id) DO UPDATE SET n = n + 1",
      keyId,
      member,
    );
    this.dueAt = Math.min(this.dueAt ?? Infinity, at + mirrorRetryMs);
  }

  /** The keys that still wait for KV or their fence. */
  markedKeys(): string[] {
    const rows = this.#sql.exec<{ key_id: string }>("SELECT key_id FROM key_marks").toArray();
    return rows.map((row) => row.key_id);
  }

  /** Works through the marks, a bounded number of them, one run after another. */
  flush(source: MirrorSource, at: number): Promise<void> {
    const run = this.#running.then(() => this.#work(source, at));
    this.#running = run.catch(() => {});
    return run;
  }

  async #work(source: MirrorSource, at: number): Promise<void> {
    const marks = this.#marks(mirrorBatch);
    const lanes = Array.from({ length: mirrorLanes }, async () => {
      for (let mark = marks.shift(); mark !== undefined; mark = marks.shift()) {
        await this.#settle(source, mark, at);
      }
    });
    await Promise.all(lanes);
    this.dueAt = this.#marks(1).length > 0 ? at + mirrorRetryMs : undefined;
  }

  async #settle(source: MirrorSource, mark: Mark, at: number): Promise<void> {
    const { key_id: keyId, member, n } = mark;
    try {
      const standing = source.standingOf(keyId, member);
      if ("live" in standing) await this.#publish(source, keyId, standing.live, at);
      else await this.#withdraw(source, keyId, standing.revokedOf, at);
    } catch {
      // The mark stays; the next alarm tries again.
      return;
    }
    this.#sql.exec("DELETE FROM key_marks WHERE key_id = ? AND n = ?", keyId, n);
  }

  async #publish(source: MirrorSource, keyId: string, entry: KeyEntry, at: number): Promise<void> {
    const name = keyEntryName(source.organisation, keyId);
    const { keyExpiresAt } = entry.principal;
    if (keyExpiresAt === undefined) {
      await this.#env.KEYS.put(name, JSON.stringify(entry));
      return;
    }
    // KV keeps nothing for less than a minute; such a key is looked up in the actor.
    const expiration = Math.floor(keyExpiresAt / 1_000);
    if (expiration < at / 1_000 + 61) await this.#env.KEYS.delete(name);
    else await this.#env.KEYS.put(name, JSON.stringify(entry), { expiration });
  }

  /** First the fence, which holds whatever caches say; then the copy. */
  async #withdraw(source: MirrorSource, keyId: string, member: string, at: number): Promise<void> {
    const { TALLYGATE_SECRET: secret } = this.#env;
    const { organisation, ledgerShards } = source;
    // The first one first: a new one of the others asks it for its fences.
    for (const stream of source.streamsOf(member)) {
      const ledger = ledgerName(secret, organisation, stream, ledgerShards);
      const home = { organisation, stream, ledger };
      const command = `revoke:${keyId}`;
      await this.#env.USERS.getByName(stream).fenceKey({ home, at, command, keyId });
    }
    await this.#env.KEYS.delete(keyEntryName(organisation, keyId));
  }

  #marks(limit: number): Mark[] {
    return this.#sql
      .exec<Mark>("SELECT key_id, member, n FROM key_marks ORDER BY key_id LIMIT ?", limit)
      .toArray();
  }
}
