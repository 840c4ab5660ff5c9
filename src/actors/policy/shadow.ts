/** The draft in the shadow, as isolates are given it. */
import { type SealedEvent, unseal } from "#events/envelope.ts";
import { PolicyDocument } from "#policy/document.ts";
import type { KnownSnapshot, PolicySnapshot } from "#policy/snapshot.ts";
import type { PolicyState } from "./state.ts";

/** Whether an isolate holds all of this already. */
export function isHeld(known: KnownSnapshot | null, { current, shadow }: PolicyState): boolean {
  if (known === null || current === undefined) return false;
  const isCurrent = known.version === current.version && known.hash === current.hash;
  return isCurrent && (known.shadow ?? 0) === (shadow?.draft ?? 0);
}

/** The draft with its document, out of the event that started it; undefined without one. */
export function shadowDocument(
  { shadow }: PolicyState,
  eventAt: (seq: number) => SealedEvent | undefined,
): PolicySnapshot["shadow"] | undefined {
  const sealed = shadow && eventAt(shadow.draft);
  if (shadow === undefined || sealed === undefined) return undefined;
  const { document } = unseal(sealed).data as { document?: unknown };
  const parsed = PolicyDocument.safeParse(document);
  // One that this code cannot read is decided by nobody; live traffic goes on.
  if (!parsed.success) return undefined;
  return { draft: shadow.draft, hash: shadow.hash, document: parsed.data };
}
