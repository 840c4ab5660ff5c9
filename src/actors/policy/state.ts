/** What a PolicyActor knows: the fold of its stream. Bounded, because a snapshot is one row. */
import type { KeyScopeData, MemberData, PolicyFact } from "#events/policy-events.ts";
import type { PolicyDocument } from "#policy/document.ts";
import { IN_FORCE_AFTER_MS } from "#policy/lease.ts";
import { sinceAfter, type SinceBook } from "#policy/since.ts";
import { withSplits, type SplitBook } from "#policy/split.ts";
import {
  correctionsShownMax,
  departedKeepMs,
  departedMax,
  erasuresShownMax,
  revokedShownMax,
  versionsMax,
} from "./limits.ts";

type DataOf<T extends PolicyFact["type"]> = Extract<PolicyFact, { type: T }>["data"];

/** A key that is valid until it expires or is revoked. */
export interface KeyRecord {
  keyId: string;
  member: string;
  label: string;
  /** SHA-256 of the secret, hex. */
  secretHash: string;
  issuedAt: number;
  expiresAt?: number;
  /** What it is narrowed to; absent where it may do what its member may. */
  scope?: KeyScopeData;
}

export interface RevokedKey {
  keyId: string;
  member: string;
  label: string;
  reason: string;
  revokedAt: number;
}

/** One published version, without its document: that is in the event `seq`. */
export interface VersionRecord {
  version: number;
  hash: string;
  seq: number;
  at: number;
  comment: string;
  restores?: number;
  inForceAt?: number;
}

/** A version that waits for another admin, without its document: that is in the event `proposal`. */
export interface ProposalRecord {
  /** The number of its event. */
  proposal: number;
  base: number;
  hash: string;
  at: number;
  member: string;
  comment: string;
  restores?: number;
}

/** An order to erase a member's texts; `done` once it was carried out. */
export interface ErasureRecord {
  /** The number of its event. */
  order: number;
  member: string;
  at: number;
  done?: { stream: string; event: string; seq: number; at: number; keyId?: string };
}

/** A price correction; `applied` once every principal's calls are costed anew. */
export interface PriceCorrectionRecord {
  /** The number of its event. */
  order: number;
  at: number;
  reason: string;
  terms: Omit<DataOf<"PriceCorrectionOrdered">, "reason">;
  applied?: Omit<DataOf<"PriceCorrectionApplied">, "order"> & { at: number };
}

/** A draft in the shadow, without its document: that is in the event `draft`. */
export interface ShadowRecord {
  /** The number of its event. */
  draft: number;
  base: number;
  hash: string;
  at: number;
  member: string;
  comment: string;
}

/** A named filter, who kept it last, and when. */
export type SavedViewRecord = DataOf<"SavedViewSet"> & { at: number };

export interface PolicyState {
  /** Events folded so far, which is the stream's last `seq`. */
  seq: number;
  organisation: string | undefined;
  ledgerShards: number;
  members: Map<string, MemberData>;
  /** Those who were removed in the last month, and when: a new budget counts what they spent. */
  departed: { member: MemberData; at: number }[];
  keys: Map<string, KeyRecord>;
  revoked: RevokedKey[];
  current: { version: number; hash: string; document: Record<string, unknown> } | undefined;
  versions: VersionRecord[];
  /** Versions that are published and wait until no lease on an older one is left. */
  pending: { version: number; dueAt: number }[];
  /** Of the current version only: what changes an older one is void. */
  proposals: ProposalRecord[];
  /** Members who were ever split, and into how many at most. */
  splits: SplitBook;
  /** Since when the current version's rules are there. */
  since?: SinceBook | undefined;
  /** The version whose limits hold at every shared budget. */
  limitsEffective: number;
  /** Oldest first; those that wait are never dropped. */
  erasures: ErasureRecord[];
  /** The same of price corrections. */
  corrections: PriceCorrectionRecord[];
  /** The draft that is decided beside the current version. */
  shadow?: ShadowRecord | undefined;
  /** The order to put an actor back that nobody has ended. */
  restoring?: { order: number; actor: string; at: number } | undefined;
  /** Named filters of the audit list, by name. */
  views?: SavedViewRecord[] | undefined;
}

export function initialState(): PolicyState {
  return {
    seq: 0,
    organisation: undefined,
    ledgerShards: 1,
    members: new Map(),
    departed: [],
    keys: new Map(),
    revoked: [],
    current: undefined,
    versions: [],
    pending: [],
    proposals: [],
    splits: [],
    limitsEffective: 0,
    erasures: [],
    corrections: [],
  };
}

type Evolvers = {
  [T in PolicyFact["type"]]: (
    state: PolicyState,
    data: Extract<PolicyFact, { type: T }>["data"],
    at: number,
  ) => void;
};

const evolvers: Evolvers = {
  OrganisationFounded: (state, { organisation, ledgerShards }) => {
    state.organisation = organisation;
    state.ledgerShards = ledgerShards;
  },
  MemberSet: (state, member) => {
    const teams = [...state.members.values()].map(({ team }) => team);
    // A team that is new has budgets that were told nothing yet.
    const isNewTeam = member.team !== undefined && !teams.includes(member.team);
    const { version = 0 } = state.current ?? {};
    if (isNewTeam)
      state.limitsEffective = Math.min(state.limitsEffective, Math.max(version - 1, 0));
    state.members.set(member.id, member);
    state.departed = state.departed.filter(({ member: { id } }) => id !== member.id);
  },
  MemberRemoved: (state, { id }, at) => {
    const member = state.members.get(id);
    state.members.delete(id);
    if (member === undefined) return;
    const recent = state.departed.filter((gone) => gone.at + departedKeepMs > at);
    state.departed = [...recent.slice(1 - departedMax), { member, at }];
  },
  KeyIssued: (state, data, at) => {
    const { keyId, member, label, secretHash, expiresAt, scope } = data;
    const record: KeyRecord = { keyId, member, label, secretHash, issuedAt: at };
    if (expiresAt !== undefined) record.expiresAt = expiresAt;
    if (scope !== undefined) record.scope = scope;
    state.keys.set(keyId, record);
  },
  KeyRevoked: (state, { keyId, reason }, at) => {
    const key = state.keys.get(keyId);
    if (key === undefined) return;
    state.keys.delete(keyId);
    const { member, label } = key;
    state.revoked.push({ keyId, member, label, reason, revokedAt: at });
    if (state.revoked.length > revokedShownMax) state.revoked.shift();
  },
  PolicyPublished: (state, { version, hash, document, comment, restores }, at) => {
    const before = state.current && { book: state.since, document: state.current.document };
    state.since = sinceAfter(before, document, at);
    state.current = { version, hash, document };
    state.splits = withSplits(state.splits, document["split"] as PolicyDocument["split"]);
    const record: VersionRecord = { version, hash, seq: state.seq, at, comment };
    if (restores !== undefined) record.restores = restores;
    state.versions.push(record);
    if (state.versions.length > versionsMax) state.versions.shift();
    state.pending.push({ version, dueAt: at + IN_FORCE_AFTER_MS });
    state.proposals = [];
    // The draft in the shadow is in force now.
    if (state.shadow?.hash === hash) state.shadow = undefined;
  },
  PolicyProposed: (state, { base, hash, member, comment, restores }, at) => {
    const record: ProposalRecord = { proposal: state.seq, base, hash, at, member, comment };
    if (restores !== undefined) record.restores = restores;
    state.proposals.push(record);
  },
  ProposalWithdrawn: (state, { proposal }) => {
    state.proposals = state.proposals.filter((record) => record.proposal !== proposal);
  },
  PolicyInForce: (state, { version }, at) => {
    state.pending = state.pending.filter((waiting) => waiting.version > version);
    for (const record of state.versions) {
      if (record.version <= version) record.inForceAt ??= at;
    }
  },
  BudgetLimitsEffective: (state, { version }) => {
    state.limitsEffective = Math.max(state.limitsEffective, version);
  },
  ErasureOrdered: (state, { member }, at) => {
    state.erasures.push({ order: state.seq, member, at });
  },
  ErasureCarriedOut: (state, { order, stream, event, seq, at, keyId }) => {
    const record = state.erasures.find((known) => known.order === order);
    if (record === undefined) return;
    record.done = { stream, event, seq, at };
    if (keyId !== undefined) record.done.keyId = keyId;
    const done = state.erasures.filter((known) => known.done !== undefined);
    if (done.length <= erasuresShownMax) return;
    state.erasures = state.erasures.filter((known) => known !== done[0]);
  },
  PriceCorrectionOrdered: (state, { reason, ...terms }, at) => {
    state.corrections.push({ order: state.seq, at, reason, terms });
  },
  PriceCorrectionApplied: (state, { order, ...applied }, at) => {
    const record = state.corrections.find((known) => known.order === order);
    if (record === undefined) return;
    record.applied = { ...applied, at };
    const done = state.corrections.filter((known) => known.applied !== undefined);
    if (done.length <= correctionsShownMax) return;
    state.corrections = state.corrections.filter((known) => known !== done[0]);
  },
  ShadowStarted: (state, { base, hash, member, comment }, at) => {
    state.shadow = { draft: state.seq, base, hash, at, member, comment };
  },
  ShadowStopped: (state) => {
    state.shadow = undefined;
  },
  SavedViewSet: (state, view, at) => {
    const others = (state.views ?? []).filter(({ name }) => name !== view.name);
    state.views = [...others, { ...view, at }].sort((a, b) => (a.name < b.name ? -1 : 1));
  },
  SavedViewDeleted: (state, { name: gone }) => {
    state.views = (state.views ?? []).filter(({ name }) => name !== gone);
  },
  RestoreOrdered: (state, { actor }, at) => {
    state.restoring = { order: state.seq, actor, at };
  },
  RestoreEnded: (state) => {
    state.restoring = undefined;
  },
  ViewsDiffered: () => {},
  CommandRefused: () => {},
};

/** Folds one fact into the state, in place. */
export function evolve(state: PolicyState, fact: PolicyFact, at: number): PolicyState {
  state.seq += 1;
  const evolver = evolvers[fact.type] as
    | ((state: PolicyState, data: PolicyFact["data"], at: number) => void)
    | undefined;
  evolver?.(state, fact.data, at);
  return state;
}

type Stored = Omit<PolicyState, "members" | "keys" | "organisation" | "current"> & {
  organisation: string | null;
  current: PolicyState["current"] | null;
  members: MemberData[];
  keys: KeyRecord[];
};

export function toSnapshot(state: PolicyState): Stored {
  return {
    ...state,
    organisation: state.organisation ?? null,
    current: state.current ?? null,
    members: [...state.members.values()],
    keys: [...state.keys.values()],
  };
}

export function fromSnapshot(json: unknown): PolicyState {
  const stored = json as Stored;
  return {
    ...stored,
    organisation: stored.organisation ?? undefined,
    current: stored.current ?? undefined,
    members: new Map(stored.members.map((member) => [member.id, member])),
    keys: new Map(stored.keys.map((key) => [key.keyId, key])),
  };
}

/** How many actors a member ever had. */
export function actorsOf({ splits }: Pick<PolicyState, "splits">, member: string): number {
  return splits.find(([id]) => id === member)?.[1] ?? 1;
}
