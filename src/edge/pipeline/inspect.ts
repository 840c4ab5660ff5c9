/** Scans what goes to a provider: redacts in place, or names the rule that blocks. */
import type { EntitySpan } from "#dlp/entities.ts";
import type { DlpProgram } from "#dlp/program.ts";
import { redactText } from "#dlp/redact.ts";
import type { Finding } from "#dlp/rule.ts";
import type { Vault } from "#dlp/vault.ts";
import type { TextSlot } from "#providers/types.ts";
import { GatewayError } from "../errors.ts";

export interface Inspection {
  findings: Finding[];
  /** The rule that blocks. */
  blockedBy?: string;
  changed: boolean;
}

/**
 * Scans every text of a body; what policy says to hide is replaced in the body itself. `spansOf` is
 * what a service found, by the place of the text.
 */
export function inspectTexts(
  program: DlpProgram,
  slots: readonly TextSlot[],
  direction: "prompt" | "answer",
  vault?: Vault,
  spansOf?: (index: number) => readonly EntitySpan[],
): Inspection {
  const inspection: Inspection = { findings: [], changed: false };
  for (const [index, slot] of slots.entries()) {
    const where = { direction, channel: slot.channel };
    const result = redactText(program, slot.text, where, vault, spansOf?.(index));
    addFindings(inspection.findings, result.findings);
    if (result.blockedBy !== undefined) inspection.blockedBy ??= result.blockedBy;
    if (result.text === slot.text) continue;
    slot.replace(result.text);
    inspection.changed = true;
  }
  return inspection;
}

/** Gives the caller back what was tokenized on the way to the provider; whether there was any. */
export function restoreTexts(vault: Vault | undefined, slots: readonly TextSlot[]): boolean {
  if (vault === undefined || vault.size === 0) return false;
  let changed = false;
  for (const slot of slots) {
    const text = vault.restore(slot.text);
    if (text === slot.text) continue;
    slot.replace(text);
    changed = true;
  }
  return changed;
}

/**
 * Adds findings up per rule, direction and channel, so that an event stays small. Those of a text that
 * `repeats` what was told before count only where there are none of their kind yet.
 */
export function addFindings(into: Finding[], more: readonly Finding[], repeats = false): void {
  for (const finding of more) {
    const same = into.find(
      (other) =>
        other.rule === finding.rule &&
        other.detector === finding.detector &&
        other.direction === finding.direction &&
        other.channel === finding.channel,
    );
    if (same === undefined) {
      into.push({ ...finding, lengths: finding.lengths.slice(0, lengthsMax) });
      continue;
    }
    if (repeats) continue;
    same.count += finding.count;
    same.lengths = [...same.lengths, ...finding.lengths].slice(0, lengthsMax);
  }
}

/** Lengths kept per finding: enough to recognise a leak's size, bounded for the event. */
const lengthsMax = 32;

/**
 * A failure whose sentence may be told: a provider's own words in it are as much an answer as any
 * text, and are hidden as policy says.
 */
export function tellable(error: GatewayError, program: DlpProgram): GatewayError {
  if (!program.watches("answer")) return error;
  const { code, message, status, retryable, retryAt, problems } = error;
  const shown = redactText(program, message, { direction: "answer", channel: "assistant" });
  const { blockedBy } = shown;
  if (blockedBy === undefined && shown.text === message) return error;
  const told =
    blockedBy === undefined
      ? shown.text
      : `The provider's words were kept back by the data rule "${blockedBy}".`;
  const more = { status, retryable, retryAt, cause: error };
  return new GatewayError(code, told, problems === undefined ? more : { ...more, problems });
}
