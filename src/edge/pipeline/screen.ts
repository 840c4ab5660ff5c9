/**
 * Scans a streamed answer as it passes: one redactor for each run of text (choice, channel, tool),
 * so that what is held back of one never delays another. What was tokenized on the way to the
 * provider is put back after the scan.
 */
import type { DlpProgram } from "#dlp/program.ts";
import { openJsonStream } from "#dlp/json-stream.ts";
import { openStream, type StreamRedactor, type StreamStep } from "#dlp/stream.ts";
import { openRestore, type StreamRestorer, type Vault } from "#dlp/vault.ts";
import type { StreamSlot, TextChannel } from "#providers/types.ts";
import type { Settlement } from "./settlement.ts";

/** What one run of text passes through. */
interface Run {
  redactor: StreamRedactor | undefined;
  restorer: StreamRestorer | undefined;
  /** It was told before: what is found in it counts once. */
  repeats: boolean;
}

/** What a run's text is: see `StreamSlot`. */
export type TextKind = Pick<StreamSlot, "json" | "repeats">;

export class Screen {
  readonly #program: DlpProgram | undefined;
  readonly #vault: Vault | undefined;
  readonly #settlement: Settlement;
  readonly #open = new Map<string, Run>();
  /** The rule that ended the stream. */
  blockedBy: string | undefined;

  constructor(program: DlpProgram, settlement: Settlement, vault?: Vault) {
    this.#program = program.watches("answer") ? program : undefined;
    this.#vault = vault !== undefined && vault.size > 0 ? vault : undefined;
    this.#settlement = settlement;
  }

  /** What of a delta may leave now, together with what was held back before it. */
  push(key: string, channel: TextChannel, text: string, as: TextKind = {}): string {
    this.#settlement.shadow?.push(key, channel, text, as);
    if (this.#program === undefined && this.#vault === undefined) {
      if (as.repeats === undefined) this.#settlement.payload?.addText(key, channel, text);
      return text;
    }
    const run = this.#runOf(key, channel, as);
    const { redactor, restorer } = run;
    const clean = redactor === undefined ? text : this.#take(redactor.push(text), run);
    if (as.repeats === undefined) this.#settlement.payload?.addText(key, channel, clean);
    return restorer === undefined ? clean : restorer.push(clean);
  }

  /** What was held back of a run of text that is over. */
  close(key: string): string {
    this.#settlement.shadow?.close(key);
    const run = this.#open.get(key);
    if (run === undefined) return "";
    this.#open.delete(key);
    const clean = run.redactor === undefined ? "" : this.#take(run.redactor.end(), run);
    if (!run.repeats) this.#settlement.payload?.addText(key, undefined, clean);
    return run.restorer === undefined ? clean : run.restorer.push(clean) + run.restorer.end();
  }

  /** The runs that are still open. */
  get openKeys(): string[] {
    return [...this.#open.keys()];
  }

  #runOf(key: string, channel: TextChannel, { json, repeats }: TextKind): Run {
    let run = this.#open.get(key);
    if (run === undefined) {
      const open = json === true ? openJsonStream : openStream;
      run = {
        redactor: this.#program && open(this.#program, { direction: "answer", channel }),
        restorer: this.#vault && openRestore(this.#vault, json),
        repeats: repeats === true,
      };
      this.#open.set(key, run);
    }
    return run;
  }

  #take(step: StreamStep, { repeats }: Run): string {
    if (step.findings.length > 0) this.#settlement.addFindings(step.findings, repeats);
    this.blockedBy ??= step.blockedBy;
    return step.text;
  }
}
