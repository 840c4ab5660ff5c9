/**
 * Scans a streamed answer as it passes: one redactor for each run of text (choice, channel, tool),
 * so that what is held back of one never delays another.
 */
import type { DlpProgram } from "#dlp/program.ts";
import { openStream, type StreamRedactor, type StreamStep } from "#dlp/stream.ts";
import type { TextChannel } from "#providers/types.ts";
import type { Settlement } from "./settlement.ts";

export class Screen {
  readonly #program: DlpProgram | undefined;
  readonly #settlement: Settlement;
  readonly #open = new Map<string, StreamRedactor>();
  /** The rule that ended the stream. */
  blockedBy: string | undefined;

  constructor(program: DlpProgram, settlement: Settlement) {
    this.#program = program.watches("answer") ? program : undefined;
    this.#settlement = settlement;
  }

  /** What of a delta may leave now, together with what was held back before it. */
  push(key: string, channel: TextChannel, text: string): string {
    if (this.#program === undefined) return text;
    let redactor = this.#open.get(key);
    if (redactor === undefined) {
      redactor = openStream(this.#program, { direction: "answer", channel });
      this.#open.set(key, redactor);
    }
    return this.#take(redactor.push(text));
  }

  /** What was held back of a run of text that is over. */
  close(key: string): string {
    const redactor = this.#open.get(key);
    if (redactor === undefined) return "";
    this.#open.delete(key);
    return this.#take(redactor.end());
  }

  /** The runs that are still open. */
  get openKeys(): string[] {
    return [...this.#open.keys()];
  }

  #take(step: StreamStep): string {
    if (step.findings.length > 0) this.#settlement.addFindings(step.findings);
    this.blockedBy ??= step.blockedBy;
    return step.text;
  }
}
