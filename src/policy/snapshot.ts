/** What the edge needs to know of an organisation to decide: one immutable policy version. */
import type { KeyScopeData, MemberData } from "#events/policy-events.ts";
import type { PolicyDocument } from "./document.ts";
import type { SinceBook } from "./since.ts";
import type { SplitOf } from "./split.ts";

/** One published version, as every isolate holds it. */
export interface PolicySnapshot {
  organisation: string;
  version: number;
  /** SHA-256 of the document's canonical JSON, hex. */
  hash: string;
  document: PolicyDocument;
  ledgerShards: number;
  /** Members whom several actors serve, or did; absent while there was none. */
  splits?: Record<string, SplitOf>;
  /** Since when its limits and budgets are there. */
  since?: SinceBook;
  /** A draft that is decided beside it; `draft` is the number of the event that started it. */
  shadow?: { draft: number; hash: string; document: PolicyDocument };
}

/** What an isolate holds already, so that it is not sent again; `shadow` is 0 without one. */
export interface KnownSnapshot {
  version: number;
  hash: string;
  shadow?: number;
}

/** Who calls: a member, by one of their keys or by a session or token of theirs. */
export interface Principal {
  organisation: string;
  member: MemberData;
  keyId?: string;
  /** When the key ends, milliseconds: whoever caches a principal checks it. */
  keyExpiresAt?: number;
  /** What the key is narrowed to, as it was issued: `scopeOf` reads it. */
  scope?: KeyScopeData;
  /** When the session ends, milliseconds: whoever keeps a connection open for it checks it. */
  sessionEndsAt?: number;
}

/** When a principal's credential ends, milliseconds; Infinity when it does not by itself. */
export function endOf({ keyExpiresAt = Infinity, sessionEndsAt = Infinity }: Principal): number {
  return Math.min(keyExpiresAt, sessionEndsAt);
}
