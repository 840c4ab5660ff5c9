/**
 * What is kept of one request's texts: gathered while it runs, bounded, and at its end hidden as
 * policy says, encrypted and stored. The hash of the ciphertext goes into the settlement; a store that
 * fails costs the request nothing and is an event of its own.
 */
import {
  aboutPayload,
  encrypt,
  openSubjectKey,
  PAYLOAD_NONCE_BYTES,
  payloadName,
  sha256OfBytes,
} from "#actors/kit/payload-key.ts";
import type { Env } from "#actors/kit/env.ts";
import type { SettleCommand } from "#actors/user/commands.ts";
import type { PayloadData } from "#events/payload-events.ts";
import type { TextChannel, TextSlot } from "#providers/types.ts";
import { askActor } from "../actors.ts";
import type { Admission } from "../pipeline/admit.ts";
import type { Plan } from "../pipeline/plan.ts";
import { answerSlackChars, payloadRunsMax, payloadStoreMs } from "./limits.ts";
import { redactBody, redactRun } from "./redact-payload.ts";

const DAY_MS = 86_400_000;

/** One run of the answer's text. */
interface Run {
  channel: TextChannel;
  texts: string[];
  chars: number;
}

/** What is kept, as it reads once it is decrypted. */
export interface KeptPayload {
  v: 1;
  requestId: string;
  mode: "redacted" | "full";
  prompt: string;
  /** The answer's texts, or with `full` the answer as it went over the wire. */
  answer: { wire: string } | { texts: { channel: string; text: string }[] };
}

/** Whether a request needs the subject's key, to keep something or to read what was kept. */
export function wantsKey(plan: Plan): boolean {
  return keepsTexts(plan) || plan.tokens !== undefined;
}

const keepsTexts = ({ payloadMode }: Plan): boolean =>
  payloadMode === "redacted" || payloadMode === "full";

/** The way to keep an admitted request; `undefined` when nothing of it is kept. */
export function openPayload(admission: Admission): KeepPayload | undefined {
  return admission.plan.payloadMode === "off" ? undefined : new KeepPayload(admission);
}

export class KeepPayload {
  readonly #admission: Admission;
  readonly #charsMax: number;
  /** Whether the answer is kept as it goes over the wire: it holds nothing that was hidden before. */
  readonly #keepsWire: boolean;
  readonly #keepsTexts: boolean;
  readonly #wire: string[] = [];
  #wireChars = 0;
  #answerBytes = 0;
  readonly #runs = new Map<string, Run>();
  #truncated = false;

  constructor(admission: Admission) {
    this.#admission = admission;
    const { plan } = admission;
    this.#charsMax = plan.resolved.payloads?.charsMax ?? 0;
    // Placeholders come back as what they stand for on the wire: then only texts are kept.
    this.#keepsWire = plan.payloadMode === "full" && (plan.vault?.size ?? 0) === 0;
    this.#keepsTexts = keepsTexts(plan) && !this.#keepsWire;
  }

  /** Takes part of the answer as the caller gets it. */
  addWire(text: string): void {
    this.#answerBytes += Buffer.byteLength(text);
    if (!this.#keepsWire) return;
    const room = this.#charsMax - this.#wireChars;
    if (text.length > room) this.#truncated = true;
    if (room <= 0) return;
    this.#wire.push(text.slice(0, room));
    this.#wireChars += text.length;
  }

  /** Takes part of a run of the answer's text, scanned; a run's channel stands in its first part. */
  addText(key: string, channel: TextChannel | undefined, text: string): void {
    if (!this.#keepsTexts || text === "") return;
    let run = this.#runs.get(key);
    if (run === undefined) {
      if (this.#runs.size >= payloadRunsMax) {
        this.#truncated = true;
        return;
      }
      run = { channel: channel ?? "assistant", texts: [], chars: 0 };
      this.#runs.set(key, run);
    }
    // Some more than is kept, so that what is cut off has been looked at as a whole.
    const room = this.#charsMax + answerSlackChars - run.chars;
    if (room > 0) run.texts.push(text.slice(0, room));
    run.chars += text.length;
  }

  /** Takes the texts of a whole answer, scanned. */
  addSlots(slots: () => readonly TextSlot[]): void {
    if (!this.#keepsTexts) return;
    for (const [index, { channel, text }] of slots().entries()) {
      this.addText(String(index), channel, text);
    }
  }

  /**
   * Says in the settlement what is kept, and returns the way to store it. Called once, at the end.
   */
  seal(
    env: Env,
    settlement: SettleCommand["settlement"],
    at: number,
  ): (() => Promise<void>) | undefined {
    const { plan, home, payloadKey } = this.#admission;
    const { requestId } = plan.request;
    if (plan.payloadMode === "off") return undefined;
    const prompt = plan.sent;
    const data: PayloadData = {
      mode: plan.payloadMode,
      promptBytes: Buffer.byteLength(prompt),
      answerBytes: this.#answerBytes,
    };
    settlement.payload = data;
    const key = payloadKey && openSubjectKey(env.TALLYGATE_SECRET, home.stream, payloadKey);
    if (!keepsTexts(plan)) return undefined;
    const lose = (reason: string) => () => this.#lose(env, reason);
    if (env.PAYLOADS === undefined) return lose("there is no store for payloads");
    if (key === undefined) return lose("the subject's key cannot be opened");
    const kept = JSON.stringify(this.#kept(prompt));
    if (this.#truncated) data.truncated = true;
    const nonce = crypto.getRandomValues(new Uint8Array(PAYLOAD_NONCE_BYTES));
    const about = aboutPayload(home.stream, requestId);
    const bytes = encrypt(key.key, nonce, new TextEncoder().encode(kept), about);
    const expiresAt = at + (plan.resolved.payloads?.retentionDays ?? 1) * DAY_MS;
    Object.assign(data, {
      sha256: sha256OfBytes(bytes),
      bytes: bytes.length,
      keyId: key.id,
      expiresAt,
    } satisfies Partial<PayloadData>);
    const name = payloadName(home.stream, key.id, expiresAt, requestId);
    const bucket = env.PAYLOADS;
    return () =>
      inTime(bucket.put(name, bytes)).catch(() => this.#lose(env, "the store did not take it"));
  }

  /** What is kept, hidden as policy says and cut to its bounds. */
  #kept(prompt: string): KeptPayload {
    const { plan } = this.#admission;
    const mode = plan.payloadMode === "full" ? "full" : "redacted";
    const hides = mode === "redacted" || !this.#keepsWire;
    const { requestId } = plan.request;
    const base = { v: 1, requestId, mode } as const;
    const sent =
      mode === "full" ? prompt : redactBody(plan.policy, plan.body, plan.textsOf, plan.named);
    if (!hides) return { ...base, prompt: this.#cut(sent), answer: { wire: this.#wire.join("") } };
    const texts = [...this.#runs.values()].map(({ channel, texts }) => ({
      channel,
      text: this.#cut(redactRun(plan.policy, channel, texts.join(""), plan.named)),
    }));
    return { ...base, prompt: this.#cut(sent), answer: { texts } };
  }

  #cut(text: string): string {
    if (text.length <= this.#charsMax) return text;
    this.#truncated = true;
    return text.slice(0, this.#charsMax);
  }

  /** Writes down that what the settlement names is not there. */
  async #lose(env: Env, reason: string): Promise<void> {
    const { home, plan } = this.#admission;
    const { requestId } = plan.request;
    const command = { home, at: Date.now(), requestId, reason };
    const tell = (): Promise<void> => env.USERS.getByName(home.stream).losePayload(command);
    await askActor(tell).catch(() => undefined);
  }
}

/** Gives up on a store that hangs: what runs after the answer has only so long. */
async function inTime(stored: Promise<unknown>): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error("late")), payloadStoreMs);
  });
  try {
    await Promise.race([stored, late]);
  } finally {
    clearTimeout(timer);
  }
}
