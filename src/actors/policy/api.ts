/** The RPC surface of a PolicyActor, for the edge. Admins' commands come over its WebSocket. */
import type { RestorableApi } from "#actors/kit/point-in-time.ts";
import type { PolicyFact } from "#events/policy-events.ts";
import type { RestoreEnd, RestoreOrder } from "#events/restore-events.ts";
import type { SavedViewData } from "#events/view-events.ts";
import type { KnownSnapshot, Principal, PolicySnapshot } from "#policy/snapshot.ts";
import type { SavedViewRecord, ShadowRecord } from "./state.ts";

/** Starts an organisation: members, keys and a first policy, once. */
export interface FoundCommand {
  command: string;
  at: number;
  organisation: string;
  ledgerShards: number;
  members: unknown;
  policy: unknown;
}

/** A refusal that the caller can act on. */
export interface PolicyRefusal {
  ok: false;
  code: string;
  message: string;
  problems?: { path: string; message: string }[];
}

/** What a shard found in its views. */
export type ViewsDifference = Extract<PolicyFact, { type: "ViewsDiffered" }>["data"];

/** A named filter to keep, or the name of one to forget. */
export type ViewChange = { command: string; member: string } & (
  | { view: SavedViewData }
  | { name: string }
);

/** All views there are after a change, or why there was none. */
export type ViewAnswer = { ok: true; views: SavedViewRecord[] } | PolicyRefusal;

/** The number of an order to put an actor back, or why there is none. */
export type OrderAnswer = { ok: true; order: number } | PolicyRefusal;

/** The RPC surface of a PolicyActor. */
export interface PolicyActorApi extends RestorableApi {
  /** The published version, or `undefined` when the caller's is still it; `null` without a policy. */
  snapshot(known: KnownSnapshot | null): Promise<PolicySnapshot | undefined | null>;
  /** Who a key belongs to; `null` for an unknown, expired, revoked or wrong one. Constant-time. */
  lookUpKey(keyId: string, secretHash: string, at: number): Promise<Principal | null>;
  /** A member by id, for sessions and tokens; with a key, only while that is theirs and in force. */
  lookUpMember(memberId: string, keyId?: string): Promise<Principal | null>;
  /** Uses up a one-time link: true once, false ever after. `expiresAt` is when it can be forgotten. */
  spendLink(id: string, expiresAt: number): Promise<boolean>;
  /** The teams that members are in, in order, each once. */
  teams(): Promise<string[]>;
  /** The draft in the shadow; null without one. */
  shadow(): Promise<ShadowRecord | null>;
  /** Named filters of the audit list, by name. */
  savedViews(): Promise<SavedViewRecord[]>;
  /** Keeps a view, or forgets the one of a name; answers all there are then. */
  changeView(change: ViewChange): Promise<ViewAnswer>;
  /** Records that an actor is about to be put back; the number of the order. */
  orderRestore(command: string, order: RestoreOrder): Promise<OrderAnswer>;
  /** Records what became of an order, once. */
  endRestore(end: RestoreEnd): Promise<void>;
  /** Records that a shard's views were not the fold of its log. */
  noteDifference(difference: ViewsDifference): Promise<void>;
  found(command: FoundCommand): Promise<{ ok: true; keys: Record<string, string> } | PolicyRefusal>;
}
