/**
 * Decides what becomes of an organisation's rules, members and keys.
 *
 * Invariants:
 * - an organisation is founded once
 * - versions are 1, 2, 3, ...; who publishes names the version they changed, or is refused
 * - a version is in force only when every lease on an older one has ended
 * - where the policy in use asks for two, a version is published by another admin than proposed it
 * - an organisation always has an admin
 * - an erasure that was ordered waits until its actor has confirmed it, and is confirmed once
 * - a price is corrected for a time that is over, and an order is confirmed once
 * - one actor is put back at a time, and what became of it is told once
 * - every live key belongs to a member, and every member's tier is in the current policy
 */
import type { Decider } from "#actors/kit/decider.ts";
import type { KeyScopeData, MemberData, PolicyFact } from "#events/policy-events.ts";
import type { PolicyDocument } from "#policy/document.ts";
import type { KeyDraft, PolicyCommand, PolicyDraft } from "./commands.ts";
import {
  correctionsPendingMax,
  erasuresPendingMax,
  keysMax,
  keysPerMemberMax,
  membersMax,
  proposalsMax,
  restoringMaxMs,
  savedViewsMax,
} from "./limits.ts";
import { evolve, fromSnapshot, initialState, toSnapshot, type PolicyState } from "./state.ts";

type CommandOf<T extends PolicyCommand["type"]> = Extract<PolicyCommand, { type: T }>;
type Deciders = {
  [T in PolicyCommand["type"]]: (state: PolicyState, command: CommandOf<T>) => PolicyFact[];
};

const deciders: Deciders = {
  Found: (state, command) => {
    if (state.organisation !== undefined) {
      return refused("Found", "organisation_exists", "This organisation was set up before.");
    }
    const { organisation, ledgerShards, members, keys, policy } = command;
    return [
      { type: "OrganisationFounded", v: 1, data: { organisation, ledgerShards } },
      ...members.map(memberSet),
      ...keys.map(keyIssued),
      published(1, policy),
      // Nobody holds a lease on an older version: there is none.
      inForce(1),
    ];
  },

  PublishPolicy: (state, { expectVersion, policy, by }) =>
    publishFault("PublishPolicy", state, expectVersion, policy.document) ??
    proposed("PublishPolicy", state, policy, by) ?? [published(expectVersion + 1, policy)],

  RollBackPolicy: (state, { expectVersion, version, policy, by }) =>
    publishFault("RollBackPolicy", state, expectVersion, policy.document) ??
    proposed("RollBackPolicy", state, policy, by, version) ?? [
      published(expectVersion + 1, policy, version),
    ],

  ApprovePolicy: (state, { expectVersion, proposal, policy, by }) => {
    const record = state.proposals.find((known) => known.proposal === proposal);
    if (record === undefined) return noProposal("ApprovePolicy", proposal);
    if (record.member === by) {
      const message = "A proposal is approved by another admin than the one who made it.";
      return refused("ApprovePolicy", "own_proposal", message);
    }
    const fault = publishFault("ApprovePolicy", state, expectVersion, policy.document);
    if (fault !== undefined) return fault;
    const fact = published(expectVersion + 1, policy, record.restores);
    return [{ ...fact, data: { ...fact.data, proposal, proposedBy: record.member } }];
  },

  WithdrawProposal: (state, { proposal, reason }) =>
    state.proposals.some((known) => known.proposal === proposal)
      ? [{ type: "ProposalWithdrawn", v: 1, data: { proposal, reason } }]
      : noProposal("WithdrawProposal", proposal),

  StartShadow: (state, { expectVersion, policy, by }) => {
    const { document, hash, comment } = policy;
    const data = { base: expectVersion, hash, document, comment, member: by };
    return (
      publishFault("StartShadow", state, expectVersion, document) ?? [
        { type: "ShadowStarted", v: 1, data },
      ]
    );
  },

  StopShadow: (state, { draft, reason }) =>
    state.shadow?.draft === draft
      ? [{ type: "ShadowStopped", v: 1, data: { draft, reason } }]
      : refused("StopShadow", "shadow_not_found", noShadow(draft)),

  SaveView: ({ views = [] }, { view, member }) => {
    const isNew = !views.some(({ name }) => name === view.name);
    return isNew && views.length >= savedViewsMax
      ? refused("SaveView", "too_many", `At most ${savedViewsMax} views are kept: delete one.`)
      : [{ type: "SavedViewSet", v: 1, data: { ...view, member } }];
  },

  DeleteView: ({ views = [] }, { name, member }) =>
    views.some((view) => view.name === name)
      ? [{ type: "SavedViewDeleted", v: 1, data: { name, member } }]
      : refused("DeleteView", "view_not_found", `There is no view "${name}".`),

  SetMember: (state, { member }) => {
    const known = state.members.get(member.id);
    if (known === undefined && state.members.size >= membersMax) {
      return refused("SetMember", "too_many", `An organisation has at most ${membersMax} members.`);
    }
    if (!tierExists(state.current?.document, member.tier)) {
      const message = `There is no tier "${member.tier}" in the current policy.`;
      return refused("SetMember", "unknown_tier", message);
    }
    if (known?.role === "admin" && member.role !== "admin" && isLastAdmin(state, member.id)) {
      return refused("SetMember", "last_admin", "The last admin cannot become anything else.");
    }
    return [memberSet(member)];
  },

  RemoveMember: (state, { member: id }) => {
    if (!state.members.has(id)) {
      return refused("RemoveMember", "member_not_found", `There is no member "${id}".`);
    }
    if (isLastAdmin(state, id)) {
      return refused("RemoveMember", "last_admin", "The last admin cannot be removed.");
    }
    const keys = [...state.keys.values()].filter(({ member }) => member === id);
    return [
      ...keys.map(({ keyId }) => keyRevoked(keyId, "member removed")),
      { type: "MemberRemoved", v: 1, data: { id } },
    ];
  },

  IssueKey: (state, { key, at }) => {
    if (!state.members.has(key.member)) {
      return refused("IssueKey", "member_not_found", `There is no member "${key.member}".`);
    }
    if (key.expiresAt !== undefined && key.expiresAt <= at) {
      return refused("IssueKey", "expires_in_past", "A key must expire in the future.");
    }
    const nowhere = scopeFault(state.current?.document, key.scope);
    if (nowhere !== undefined) return nowhere;
    const own = [...state.keys.values()].filter(({ member }) => member === key.member).length;
    if (own >= keysPerMemberMax || state.keys.size >= keysMax) {
      const message = `At most ${keysPerMemberMax} keys a member and ${keysMax} in all: revoke some first.`;
      return refused("IssueKey", "too_many", message);
    }
    return [keyIssued(key)];
  },

  RevokeKey: (state, { keyId, reason }) => {
    if (state.keys.has(keyId)) return [keyRevoked(keyId, reason)];
    // Sent again after a lost answer: it is revoked, as asked.
    if (state.revoked.some((key) => key.keyId === keyId)) return [];
    return refused("RevokeKey", "key_not_found", `There is no key "${keyId}".`);
  },

  BringIntoForce: (state, { at }) =>
    state.pending.filter(({ dueAt }) => dueAt <= at).map(({ version }) => inForce(version)),

  SayLimitsEffective: (state, { version, budgets, rates }) => {
    if (version !== state.current?.version || version <= state.limitsEffective) return [];
    const data = { version, budgets: [...budgets] };
    const told = rates.length === 0 ? data : { ...data, rates: [...rates] };
    return [{ type: "BudgetLimitsEffective", v: 1, data: told }];
  },

  EraseMember: (state, { member, reason }) => {
    const waiting = state.erasures.filter(({ done }) => done === undefined);
    // Ordered, and not carried out yet: one key is destroyed once.
    if (waiting.some((record) => record.member === member)) return [];
    if (waiting.length >= erasuresPendingMax) {
      const message = `${erasuresPendingMax} erasures wait already: try again once some are done.`;
      return refused("EraseMember", "too_many", message);
    }
    return [{ type: "ErasureOrdered", v: 1, data: { member, reason } }];
  },

  ConfirmErasure: (state, { done }) =>
    state.erasures.some((record) => record.order === done.order && record.done === undefined)
      ? [{ type: "ErasureCarriedOut", v: 1, data: done }]
      : [],

  CorrectPrice: (state, { at, correction }) => {
    const { from, to } = correction;
    if (from >= to || to > at) {
      const message =
        "A price is corrected for a time that is over: from before to, to not in the future.";
      return refused("CorrectPrice", "invalid_period", message);
    }
    const waiting = state.corrections.filter(({ applied }) => applied === undefined);
    if (waiting.length >= correctionsPendingMax) {
      const message = `${correctionsPendingMax} corrections wait already: try again once some are applied.`;
      return refused("CorrectPrice", "too_many", message);
    }
    return [{ type: "PriceCorrectionOrdered", v: 1, data: correction }];
  },

  ConfirmCorrection: (state, { applied }) =>
    state.corrections.some((known) => known.order === applied.order && known.applied === undefined)
      ? [{ type: "PriceCorrectionApplied", v: 1, data: applied }]
      : [],

  OrderRestore: ({ restoring }, { at, order }) =>
    restoring !== undefined && at < restoring.at + restoringMaxMs
      ? refused("OrderRestore", "restore_under_way", `${restoring.actor} is being restored.`)
      : [{ type: "RestoreOrdered", v: 1, data: order }],

  EndRestore: ({ restoring }, { end }) =>
    restoring?.order === end.order ? [{ type: "RestoreEnded", v: 1, data: end }] : [],

  NoteDifference: (_state, { difference }) => [{ type: "ViewsDiffered", v: 1, data: difference }],

  Refuse: (_state, { command, code, message }) => refused(command, code, message),
};

function decide(state: PolicyState, command: PolicyCommand): PolicyFact[] {
  const decider = deciders[command.type] as (
    state: PolicyState,
    command: PolicyCommand,
  ) => PolicyFact[];
  return decider(state, command);
}

/** The pure core of every PolicyActor. */
export const policyDecider: Decider<PolicyState, PolicyCommand, PolicyFact> = {
  initialState,
  decide,
  evolve,
  snapshotVersion: 8,
  toSnapshot,
  fromSnapshot,
};

function publishFault(
  command: string,
  state: PolicyState,
  expectVersion: number,
  document: PolicyDocument,
): PolicyFact[] | undefined {
  const version = state.current?.version ?? 0;
  if (version !== expectVersion) {
    const message = `You changed version ${expectVersion}, but version ${version} is current. Load it and make your change to it.`;
    return refused(command, "version_conflict", message);
  }
  const orphan = [...state.members.values()].find(({ tier }) => !tierExists(document, tier));
  if (orphan === undefined) return undefined;
  const message = `The tier "${orphan.tier}" is in use by ${orphan.id}: keep it, or give its members another tier first.`;
  return refused(command, "tier_in_use", message);
}

/** Whether a member may have this tier; the empty one stands for the document's default. */
function tierExists(document: object | undefined, tier: string): boolean {
  const { tiers } = (document ?? {}) as Partial<PolicyDocument>;
  return tier === "" || Object.hasOwn(tiers ?? {}, tier);
}

/** A scope that names what the current policy does not have: a key that nobody could use. */
function scopeFault(
  document: Partial<PolicyDocument> | undefined,
  { tiers = [], routes = [] }: KeyScopeData = {},
): PolicyFact[] | undefined {
  const tier = tiers.find((name) => !tierExists(document, name));
  if (tier !== undefined) {
    const message = `There is no tier "${tier}" in the current policy.`;
    return refused("IssueKey", "unknown_tier", message);
  }
  const known = document?.routes ?? [];
  const route = routes.find((name) => !known.some((other) => other.name === name));
  if (route === undefined) return undefined;
  return refused(
    "IssueKey",
    "unknown_route",
    `There is no route "${route}" in the current policy.`,
  );
}

function isLastAdmin(state: PolicyState, id: string): boolean {
  if (state.members.get(id)?.role !== "admin") return false;
  return ![...state.members.values()].some((other) => other.role === "admin" && other.id !== id);
}

function memberSet(member: MemberData): PolicyFact {
  return { type: "MemberSet", v: 1, data: member };
}

function keyIssued(key: KeyDraft): PolicyFact {
  return { type: "KeyIssued", v: 1, data: key };
}

function keyRevoked(keyId: string, reason: string): PolicyFact {
  return { type: "KeyRevoked", v: 1, data: { keyId, reason } };
}

/** A proposal in a version's place, where the policy in use asks for a second approval. */
function proposed(
  command: string,
  state: PolicyState,
  { document, hash, comment }: PolicyDraft,
  member: string,
  restores?: number,
): PolicyFact[] | undefined {
  const { approvals } = (state.current?.document ?? {}) as Partial<PolicyDocument>;
  if (approvals?.publish !== 2) return undefined;
  if (state.proposals.length >= proposalsMax) {
    const message = `${proposalsMax} proposals wait already: approve or withdraw some first.`;
    return refused(command, "too_many", message);
  }
  const base = state.current?.version ?? 0;
  const data = { base, hash, document, comment, member };
  return [
    {
      type: "PolicyProposed",
      v: 1,
      data: restores === undefined ? data : { ...data, restores },
    },
  ];
}

function noShadow(draft: number): string {
  return `The draft ${draft} is not in the shadow: it was stopped, published or replaced.`;
}

function noProposal(command: string, proposal: number): PolicyFact[] {
  const message = `There is no proposal ${proposal} that waits: it was approved or withdrawn, or another version was published meanwhile.`;
  return refused(command, "proposal_not_found", message);
}

type Published = Extract<PolicyFact, { type: "PolicyPublished" }>;

function published(version: number, policy: PolicyDraft, restores?: number): Published {
  const data = { version, ...policy };
  return {
    type: "PolicyPublished",
    v: 1,
    data: restores === undefined ? data : { ...data, restores },
  };
}

function inForce(version: number): PolicyFact {
  return { type: "PolicyInForce", v: 1, data: { version } };
}

function refused(command: string, code: string, message: string): PolicyFact[] {
  return [{ type: "CommandRefused", v: 1, data: { command, code, message } }];
}
