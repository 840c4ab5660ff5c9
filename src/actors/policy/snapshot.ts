/** The policy in force, as an isolate is given it. */
import type { SealedEvent } from "#events/envelope.ts";
import type { KnownSnapshot, PolicySnapshot } from "#policy/snapshot.ts";
import { splitsUnder } from "#policy/split.ts";
import { currentDocument } from "./documents.ts";
import { isHeld, shadowDocument } from "./shadow.ts";
import type { PolicyState } from "./state.ts";

/** What an isolate that holds `known` is sent: nothing where it has it all, null without a policy. */
export function snapshotFor(
  state: PolicyState,
  known: KnownSnapshot | null,
  eventAt: (seq: number) => SealedEvent | undefined,
): PolicySnapshot | undefined | null {
  const { current, organisation, ledgerShards, splits, since } = state;
  if (current === undefined || organisation === undefined) return null;
  if (isHeld(known, state)) return undefined;
  const { version, hash } = current;
  const document = currentDocument(current);
  const snapshot: PolicySnapshot = { organisation, version, hash, document, ledgerShards };
  if (splits.length > 0) snapshot.splits = splitsUnder(splits, document);
  if (since !== undefined) snapshot.since = since;
  const shadow = shadowDocument(state, eventAt);
  return shadow === undefined ? snapshot : { ...snapshot, shadow };
}
