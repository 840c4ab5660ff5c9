/**
 * Names for what is tokenized that last as long as a conversation: a keyed hash of whose it is and of
 * the value. Nothing is stored, and nobody without the deployment's secret can test a guess.
 */
import { createHmac } from "node:crypto";
import { LASTING_NAME_CHARS, type NameOf } from "#dlp/vault.ts";

/** No vowels, so that no name is a word. */
const LETTERS = "bcdfghjklmnpqrstvwxz";

/** Whose names they are: those of two conversations, members or organisations have nothing in common. */
export interface Conversation {
  organisation: string;
  member: string;
  /** As the caller calls it; without it, all of the member's are one. */
  session: string | undefined;
}

/** The names of one conversation. */
export function tokenNames(secret: string, conversation: Conversation): NameOf {
  const { organisation, member, session = "" } = conversation;
  return (detector, original) => {
    const parts = [organisation, member, session, detector, original];
    const digest = createHmac("sha256", secret)
      .update(`token.v1.${JSON.stringify(parts)}`)
      .digest();
    let name = "";
    for (const byte of digest.subarray(0, LASTING_NAME_CHARS))
      name += LETTERS[byte % LETTERS.length];
    return name;
  };
}
