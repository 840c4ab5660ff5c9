/**
 * Opens what was kept of requests' texts: with the key that the person's own actor has, and only if
 * the object is the one that the log names.
 */
import type { Env } from "#actors/kit/env.ts";
import {
  aboutPayload,
  decrypt,
  openSubjectKey,
  payloadName,
  sha256OfBytes,
  type OpenKey,
} from "#actors/kit/payload-key.ts";
import { parseJson } from "#events/parse-json.ts";
import type { AuditEntry } from "#projections/audit-entry.ts";
import { askActor } from "../actors.ts";
import type { KeptPayload } from "./keep-payload.ts";
import { keysKnownMax } from "./limits.ts";

/** Why there is no text to read. */
export type NoText = "notKept" | "lost" | "expired" | "erased";

/** What the record alone says; undefined where there may be a text. */
export function fateOf({ payload, payloadLost }: AuditEntry, at: number): NoText | undefined {
  const { keyId, sha256, expiresAt } = payload ?? {};
  if (keyId === undefined || sha256 === undefined || expiresAt === undefined) return "notKept";
  if (payloadLost !== undefined) return "lost";
  return expiresAt <= at ? "expired" : undefined;
}

export class KeptTexts {
  readonly #env: Env;
  /** Keys that were asked for, of the last few people. */
  readonly #keys = new Map<string, Promise<OpenKey | "lost" | "erased">>();

  constructor(env: Env) {
    this.#env = env;
  }

  /** The texts of an entry that the record does not rule out. */
  async open(entry: AuditEntry): Promise<{ payload: KeptPayload; sha256: string } | NoText> {
    const { id, payload, source } = entry;
    const { keyId = "", sha256 = "", expiresAt = 0 } = payload ?? {};
    const { stream } = source;
    const key = await this.#key(stream, keyId);
    if (typeof key === "string") return key;
    const object = await this.#env.PAYLOADS?.get(payloadName(stream, keyId, expiresAt, id));
    if (!object) return "lost";
    const bytes = new Uint8Array(await object.arrayBuffer());
    const text = decrypt(key.key, bytes, aboutPayload(stream, id));
    if (sha256OfBytes(bytes) !== sha256 || text === undefined) return "lost";
    return { payload: parseJson(new TextDecoder().decode(text)) as KeptPayload, sha256 };
  }

  #key(stream: string, keyId: string): Promise<OpenKey | "lost" | "erased"> {
    const name = `${stream}/${keyId}`;
    let key = this.#keys.get(name);
    if (key === undefined) {
      if (this.#keys.size >= keysKnownMax) this.#keys.clear();
      key = this.#ask(stream, keyId);
      this.#keys.set(name, key);
    }
    return key;
  }

  async #ask(stream: string, keyId: string): Promise<OpenKey | "lost" | "erased"> {
    const wrapped = await askActor(() => this.#env.USERS.getByName(stream).payloadKey(keyId));
    if (wrapped === null) return "erased";
    return openSubjectKey(this.#env.TALLYGATE_SECRET, stream, wrapped) ?? "lost";
  }
}
