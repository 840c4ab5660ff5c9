/** What was kept of a request's texts: whether there is something to read, and how it reads. */
import type { AuditEntry } from "#projections/audit-entry.ts";

/** What is kept, as the API shows it. */
export interface KeptPayload {
  mode: "redacted" | "full";
  prompt: string;
  /** The answer's texts, or the answer as it went over the wire. */
  answer: { wire: string } | { texts: readonly { channel: string; text: string }[] };
}

/** Whether there is something to ask for; else why not, as a sentence. */
export function payloadState(
  { payload, payloadLost }: Pick<AuditEntry, "payload" | "payloadLost">,
  at: number,
): { canRead: boolean; says: string } {
  if (payload === undefined) return { canRead: false, says: "Nothing was kept of its texts." };
  if (payload.sha256 === undefined) {
    return { canRead: false, says: "Only the sizes of its texts were kept." };
  }
  if (payloadLost !== undefined) {
    return { canRead: false, says: `They could not be stored: ${payloadLost}.` };
  }
  if (payload.expiresAt !== undefined && payload.expiresAt <= at) {
    return { canRead: false, says: "Their retention is over." };
  }
  const how = payload.mode === "full" ? "as they were" : "with what data rules found hidden";
  return { canRead: true, says: `They are kept, encrypted, ${how}.` };
}

/** JSON with its lines, other text as it is. */
function readable(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

/** The texts with their titles, in the order of the conversation. */
export function payloadTexts({ prompt, answer }: KeptPayload): { title: string; text: string }[] {
  const asked = { title: "Prompt", text: readable(prompt) };
  if ("wire" in answer) return [asked, { title: "Answer", text: readable(answer.wire) }];
  const said = answer.texts.map(({ channel, text }) => ({ title: `Answer, ${channel}`, text }));
  return [asked, ...said];
}
