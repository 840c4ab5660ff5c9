/**
 * An answer under the data rules of the draft in the shadow: read beside the pipeline as the provider
 * gave it, and thrown away but for names of rules and counts.
 *
 * Invariants: whatever happens here, the caller's answer goes on as it would without; nothing is made
 * where no draft is shadowed; no text leaves this file; what is scanned twice is bounded.
 */
import type { DlpProgram } from "#dlp/program.ts";
import type { Finding } from "#dlp/rule.ts";
import { openJsonStream } from "#dlp/json-stream.ts";
import { redactText } from "#dlp/redact.ts";
import { openStream, type StreamRedactor, type StreamStep } from "#dlp/stream.ts";
import type { ShadowAnswerData } from "#events/shadow-events.ts";
import type { TextChannel, TextSlot } from "#providers/types.ts";
import { shadowCharsMax } from "../limits.ts";
import type { LivePolicy } from "../policy-cache.ts";
import { addFindings } from "./inspect.ts";
import type { TextKind } from "./screen.ts";
import { shadowFindings } from "./shadow.ts";

/** The answer beside; undefined while no draft is shadowed, or where neither has rules for answers. */
export function openShadowAnswer({ dlp, shadow }: LivePolicy): ShadowAnswer | undefined {
  if (shadow === undefined) return undefined;
  const { draft, policy } = shadow;
  const looks = policy.dlp.watches("answer") || dlp.watches("answer");
  return looks ? new ShadowAnswer(draft, policy.dlp) : undefined;
}

export class ShadowAnswer {
  readonly #draft: number;
  readonly #program: DlpProgram;
  readonly #runs = new Map<string, { redactor: StreamRedactor; repeats: boolean }>();
  readonly #findings: Finding[] = [];
  #chars = 0;
  #looked = false;
  #by: string | undefined;
  #undecided: ShadowAnswerData["undecided"];

  constructor(draft: number, program: DlpProgram) {
    this.#draft = draft;
    this.#program = program;
  }

  /** Takes the texts of a whole answer, before anything in it is hidden. */
  whole(slots: readonly TextSlot[]): void {
    this.#safely(0, () => {
      for (const { channel, text } of slots) {
        this.#safely(text.length, () =>
          this.#take(redactText(this.#program, text, { direction: "answer", channel })),
        );
      }
    });
  }

  /** Takes a delta of one run of text, as it came. */
  push(key: string, channel: TextChannel, text: string, as: TextKind = {}): void {
    this.#safely(text.length, () => {
      const { json = false, repeats = false } = as;
      let run = this.#runs.get(key);
      if (run === undefined) {
        const redactor = (json ? openJsonStream : openStream)(this.#program, {
          direction: "answer",
          channel,
        });
        this.#runs.set(key, (run = { redactor, repeats }));
      }
      this.#take(run.redactor.push(text), run.repeats);
    });
  }

  close(key: string): void {
    const run = this.#runs.get(key);
    if (run === undefined) return;
    this.#runs.delete(key);
    this.#safely(0, () => this.#take(run.redactor.end(), run.repeats));
  }

  /** Nobody looks into this answer: nothing can be said of it. */
  unseen(): void {
    this.#looked = true;
    this.#undecided ??= "unseen";
  }

  /** What the event says of it; undefined where there was nothing to look at. */
  end(): ShadowAnswerData | undefined {
    for (const key of this.#runs.keys()) this.close(key);
    if (!this.#looked) return undefined;
    const draft = this.#draft;
    if (this.#undecided !== undefined) return { draft, undecided: this.#undecided };
    const data: ShadowAnswerData = { draft };
    if (this.#by !== undefined) data.by = this.#by.slice(0, 200);
    const findings = shadowFindings(this.#findings);
    return findings.length > 0 ? { ...data, findings } : data;
  }

  #safely(chars: number, work: () => void): void {
    this.#looked = true;
    this.#chars += chars;
    if (this.#chars > shadowCharsMax) this.#undecided ??= "too_large";
    // What is blocked is over: the draft would have let no more of it pass.
    if (this.#undecided !== undefined || this.#by !== undefined) return;
    try {
      work();
    } catch {
      // A draft that cannot read an answer must not cost the caller theirs.
      this.#undecided = "failed";
    }
  }

  #take(
    { findings, blockedBy }: Pick<StreamStep, "findings" | "blockedBy">,
    repeats = false,
  ): void {
    addFindings(this.#findings, findings, repeats);
    this.#by ??= blockedBy;
  }
}
