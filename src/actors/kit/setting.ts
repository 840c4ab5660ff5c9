/**
 * A setting of the deployment that an actor cannot read: an error that keeps its meaning on its way
 * through RPC, of which only the message is sure to arrive. It holds the setting's name and what was
 * expected, never its value.
 */

/** A setting by its name, and what is wrong with it. */
export interface UnreadableSetting {
  name: string;
  problem: string;
}

const form = /the setting (TALLYGATE_[A-Z_]+) cannot be read: (.+)$/;

export class SettingUnreadable extends Error {
  constructor({ name, problem }: UnreadableSetting) {
    super(`the setting ${name} cannot be read: ${problem}`);
  }
}

/** Which setting an error, or what caused it, is about. */
export function readUnreadable(error: unknown): UnreadableSetting | undefined {
  if (!(error instanceof Error)) return undefined;
  const found = form.exec(error.message);
  if (found === null) return readUnreadable(error.cause);
  return { name: found[1] ?? "", problem: found[2] ?? "" };
}

/** Why a text is not the time of a restore; `undefined` when it is. */
export function restoredAtProblem(text: string): string | undefined {
  return Number.isNaN(Date.parse(text)) ? "it is no time as in 2026-11-21T09:00:00Z" : undefined;
}
