/**
 * Scans a streamed answer as it passes: one redactor for each run of text (choice, channel, tool),
 * so that what is held back of one never delays another. What was tokenized on the way to the
 * provider is put back after the scan.
 */
import type { DlpProgram } from "#dlp/program.ts";
import { openJsonStream } from "#dlp/json-stream.ts";
import { openStream, type StreamRedactor, type StreamStep } from "#dlp/stream.ts";
import { openRestore, type StreamRestorer, type Vault } from "#dlp/vault.ts";
import type { TextChannel } from "#providers/types.ts";
import type { Settlement } from "./settlement.ts";

/** What one run of text passes through. */
interface Run {
  redactor: StreamRedactor | undefined;
  restorer: StreamRestorer | undefined;
}

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
  push(key: string, channel: TextChannel, text: string): string {
    this.#settlement.shadow?.push(key, channel, text);
    if (this.#program === undefined && this.#vault === undefined) {
      this.#settlement.payload?.addText(key, channel, text);
      return text;
    }
    const { redactor, restorer } = this.#runOf(key, channel);
    const clean = redactor === undefined ? text : this.#take(redactor.push(text));
    this.#settlement.payload?.addText(key, channel, clean);
    return restorer === undefined ? clean : restorer.push(clean);
  }

  /** What was held back of a run of text that is over. */
  close(key: string): string {
    this.#settlement.shadow?.close(key);
    const run = this.#open.get(key);
    if (run === undefined) return "";
    this.#open.delete(key);
    const clean = run.redactor === undefined ? "" : this.#take(run.redactor.end());
    this.#settlement.payload?.addText(key, undefined, clean);
    return run.restorer === undefined ? clean : run.restorer.push(clean) + run.restorer.end();
  }

  /** The runs that are still open. */
  get openKeys(): string[] {
    return [...this.#open.keys()];
  }

  #runOf(key: string, channel: TextChannel): Run {
    let run = this.#open.get(key);
    if (run === undefined) {
      run = {
        // Arguments stream as the JSON text that they are.
        redactor:
          this.#program &&
          (channel === "tool-arguments" ? openJsonStream : openStream)(this.#program, {
            direction: "answer",
            channel,
          }),
        restorer: this.#vault && openRestore(this.#vault, channel === "tool-arguments"),
      };
      this.#open.set(key, run);
    }
    return run;
  }

  #take(step: StreamStep): string {
    if (step.findings.length > 0) this.#settlement.addFindings(step.findings);
    this.blockedBy ??= step.blockedBy;
    return step.text;
  }
}
