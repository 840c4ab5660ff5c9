/**
 * What placeholders stand for in a conversation whose history a provider keeps
 * (`previous_response_id`, `conversation`): an encrypted map by the answer's id, so that a later turn
 * gives values back which the caller does not send again.
 *
 * Invariants: values are in clear in the memory of their request alone; the map is under the
 * subject's own key, bound to its place, and gone with that key; only names that last are in it, so
 * nothing ever comes back as another value; what cannot be kept or found costs the caller nothing
 * but the placeholder.
 */
import * as z from "zod";
import {
  decrypt,
  encrypt,
  openSubjectKey,
  payloadFolder,
  payloadDay,
  PAYLOAD_NONCE_BYTES,
} from "#actors/kit/payload-key.ts";
import type { Env } from "#actors/kit/env.ts";
import { tryParseJson } from "#events/parse-json.ts";
import type { TokensData } from "#events/payload-events.ts";
import { sha256Hex } from "#events/sha256.ts";
import { isObject } from "#providers/json.ts";
import type { JsonObject } from "#providers/types.ts";
import type { Vault } from "#dlp/vault.ts";
import type { Admission } from "../pipeline/admit.ts";
import { tokenDaysGrid, tokensBytesMax, tokensMax, tokensStoreMs } from "./limits.ts";

const DAY_MS = 86_400_000;

/** What a request has to do with a history that its provider keeps. */
export interface TokenPlan {
  /** How long a map is kept. */
  days: number;
  /** The ids under which an earlier turn left its map. */
  from: string[];
  /** Whether the provider keeps this turn, under which ids beside the answer's. */
  keeps: boolean;
  under: string[];
}

/** What a Responses request has to do with a kept history; undefined for nothing. */
export function tokenPlanOf(body: JsonObject, vault: Vault, days: number): TokenPlan | undefined {
  const { previous_response_id: previous, conversation, store } = body;
  const id = isObject(conversation) ? conversation["id"] : conversation;
  const under = typeof id === "string" ? [id] : [];
  const from = typeof previous === "string" ? [previous] : under;
  const keeps = store !== false;
  if (days === 0 || (from.length === 0 && (!keeps || vault.lasting.length === 0))) return undefined;
  return { days, from, keeps, under };
}

const Kept = z.array(z.tuple([z.string().max(96), z.string()])).max(tokensMax);

const aboutTokens = (stream: string, id: string): string => `tokens\n${stream}\n${id}`;

/**
 * Where a map is: under the first day of the grid on which it is over, so that whoever looks for it
 * later has two places to look, whatever policy said then.
 */
function nameOf(folder: string, id: string, slot: number): string {
  return `${folder}${payloadDay(slot * tokenDaysGrid * DAY_MS)}/t-${sha256Hex(id)}`;
}

const slotOf = (at: number): number => Math.ceil(at / (tokenDaysGrid * DAY_MS));

/** Puts what earlier turns left into the request's vault. Never throws. */
export async function recallTokens(
  env: Env,
  { plan, home, payloadKey }: Pick<Admission, "plan" | "home" | "payloadKey">,
  at: number,
): Promise<void> {
  const { tokens, vault } = plan;
  const bucket = env.PAYLOADS;
  if (tokens === undefined || vault === undefined || bucket === undefined) return;
  const key = payloadKey && openSubjectKey(env.TALLYGATE_SECRET, home.stream, payloadKey);
  if (key === undefined) return;
  const folder = payloadFolder(home.stream, key.id);
  const slot = slotOf(at);
  const found = tokens.from.flatMap((id) =>
    [slot, slot + 1].map(async (one) => {
      const object = await bucket.get(nameOf(folder, id, one));
      if (!object) return;
      const bytes = new Uint8Array(await object.arrayBuffer());
      const text = decrypt(key.key, bytes, aboutTokens(home.stream, id));
      const { until, kept } = readKept(text);
      if (until > at) vault.recall(kept);
    }),
  );
  await within(Promise.allSettled(found)).catch(() => undefined);
}

const Stored = z.strictObject({ v: z.literal(1), until: z.number(), kept: Kept });

function readKept(text: Uint8Array | undefined): { until: number; kept: [string, string][] } {
  const parsed = Stored.safeParse(text && tryParseJson(new TextDecoder().decode(text)));
  return parsed.success ? parsed.data : { until: 0, kept: [] };
}

/** Keeps a turn's map once the answer's id is known; `undefined` when there is nothing to keep. */
export function openTokens(env: Env, admission: Admission): KeepTokens | undefined {
  return admission.plan.tokens?.keeps === true ? new KeepTokens(env, admission) : undefined;
}

export class KeepTokens {
  readonly #env: Env;
  readonly #admission: Admission;
  #id: string | undefined;
  #stored: Promise<TokensData | undefined> | undefined;

  constructor(env: Env, admission: Admission) {
    this.#env = env;
    this.#admission = admission;
  }

  /** The answer's id is known: the map is on its way to the store. Another answer has another id. */
  keep(id: string, at: number): void {
    if (id === this.#id) return;
    this.#id = id;
    const before = this.#stored;
    this.#stored = this.#store(id, at)
      .catch(() => undefined)
      .then(async (kept) => kept ?? (await before));
  }

  /** What was kept, once it is; undefined for nothing. */
  done(): Promise<TokensData | undefined> {
    return this.#stored ?? Promise.resolve(undefined);
  }

  async #store(answer: string, at: number): Promise<TokensData | undefined> {
    const { plan, home, payloadKey } = this.#admission;
    const { TALLYGATE_SECRET: secret, PAYLOADS: bucket } = this.#env;
    const kept = plan.vault?.lasting.slice(-tokensMax) ?? [];
    const key = payloadKey && openSubjectKey(secret, home.stream, payloadKey);
    if (kept.length === 0 || bucket === undefined || key === undefined) return undefined;
    const { days, under } = plan.tokens ?? { days: 0, under: [] };
    const until = at + days * DAY_MS;
    const text = new TextEncoder().encode(JSON.stringify({ v: 1, until, kept }));
    if (text.length > tokensBytesMax) return undefined;
    const folder = payloadFolder(home.stream, key.id);
    const slot = slotOf(until);
    const put = [answer, ...under].map((id) => {
      const nonce = crypto.getRandomValues(new Uint8Array(PAYLOAD_NONCE_BYTES));
      const bytes = encrypt(key.key, nonce, text, aboutTokens(home.stream, id));
      return bucket.put(nameOf(folder, id, slot), bytes);
    });
    await within(Promise.all(put));
    const expiresAt = slot * tokenDaysGrid * DAY_MS;
    return { keyId: key.id, values: kept.length, until, expiresAt };
  }
}

/** Gives up on a store that hangs: a caller may be waiting. */
async function within<T>(work: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error("late")), tokensStoreMs);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
