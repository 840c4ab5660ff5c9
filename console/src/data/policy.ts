/** The organisation's policy, members and keys, as the admin socket answers. */
import type { ErasureRecord, PriceCorrectionRecord } from "#actors/policy/state.ts";
import type { KeyScopeData, MemberData } from "#events/policy-events.ts";
import type { PolicyChange } from "#policy/diff.ts";
import type { PolicyDocument } from "#policy/document.ts";
import type { PolicyProblem } from "#policy/validate.ts";
import { useAdminLoad } from "./use-admin.ts";

export interface Version {
  version: number;
  hash: string;
  seq: number;
  at: number;
  comment: string;
  restores?: number;
  inForceAt?: number;
}

export type LivePolicy = Version & { document: PolicyDocument };

export interface Checked {
  valid: boolean;
  problems: PolicyProblem[];
  changes: PolicyChange[];
  hash?: string;
}

export interface Key {
  keyId: string;
  member: string;
  label: string;
  issuedAt: number;
  expiresAt?: number;
  scope?: KeyScopeData;
}

export interface RevokedKey {
  keyId: string;
  member: string;
  label: string;
  reason: string;
  revokedAt: number;
}

/** A version that waits for another admin. */
export interface Proposal {
  proposal: number;
  base: number;
  hash: string;
  at: number;
  member: string;
  comment: string;
  restores?: number;
}

const policyEvents = ["PolicyPublished", "PolicyInForce"];

export const usePolicy = () => useAdminLoad<LivePolicy>({ type: "GetPolicy" }, policyEvents);
export const useVersions = () =>
  useAdminLoad<{ versions: Version[] }>({ type: "ListVersions" }, policyEvents);
export const useProposals = () =>
  useAdminLoad<{ proposals: Proposal[] }>({ type: "ListProposals" }, [
    "PolicyPublished",
    "PolicyProposed",
    "ProposalWithdrawn",
  ]);
export const useMembers = () =>
  useAdminLoad<{ members: MemberData[] }>({ type: "ListMembers" }, ["MemberSet", "MemberRemoved"]);
export const useKeys = () =>
  useAdminLoad<{ keys: Key[]; revoked: RevokedKey[] }>({ type: "ListKeys" }, [
    "KeyIssued",
    "KeyRevoked",
    "MemberRemoved",
  ]);
export const useCorrections = () =>
  useAdminLoad<{ corrections: PriceCorrectionRecord[] }>({ type: "ListCorrections" }, [
    "PriceCorrectionOrdered",
    "PriceCorrectionApplied",
  ]);
export const useErasures = () =>
  useAdminLoad<{ erasures: ErasureRecord[] }>({ type: "ListErasures" }, [
    "ErasureOrdered",
    "ErasureCarriedOut",
  ]);
