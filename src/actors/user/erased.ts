/** The proof of an erasure, made of its event. */
import { type SealedEvent, unseal } from "#events/envelope.ts";
import type { SubjectErased } from "#events/payload-events.ts";
import { idOfEvent } from "#projections/audit-entry.ts";
import type * as z from "zod";
import type { ErasedReply } from "./commands.ts";

/** What is answered for a `SubjectErased`, the first time and every other. */
export function erasedReply(sealed: SealedEvent): ErasedReply {
  const { stream, seq, at, hash, data } = unseal(sealed);
  const { keyId } = data as z.infer<typeof SubjectErased>["data"];
  const reply: ErasedReply = { event: idOfEvent(at, hash), stream, seq, at };
  return keyId === undefined ? reply : { ...reply, keyId };
}
