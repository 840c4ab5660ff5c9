/** Redacting a whole text: a stream of one piece, so that streams and texts cannot differ. */
import type { EntitySpan } from "./entities.ts";
import type { DlpProgram } from "./program.ts";
import type { Finding, Where } from "./rule.ts";
import { isQuiet } from "./scan.ts";
import { openStream } from "./stream.ts";
import type { Vault } from "./vault.ts";

export interface Redaction {
  text: string;
  findings: Finding[];
  /** The rule that blocked; the text then ends where the blocked match begins. */
  blockedBy?: string;
}

/**
 * Redacts a whole text; the text comes back as it was when nothing changed. Findings go to the end
 * of the text even when a match blocks. `spans` are what a service found in this text.
 */
export function redactText(
  program: DlpProgram,
  text: string,
  where: Where,
  vault?: Vault,
  spans: readonly EntitySpan[] = [],
): Redaction {
  const plan = program.plan(where);
  if (plan === undefined || text === "") return { text, findings: [] };
  if (spans.length === 0 && isQuiet(plan, text)) return { text, findings: [] };
  return openStream(program, where, vault).pushLast(text, spans);
}
