/**
 * What a PolicyActor's decider is asked. The shell has checked shapes, validated documents, drawn
 * the randomness and read the clock.
 */
import type { KeyScopeData, MemberData, PolicyFact } from "#events/policy-events.ts";
import type { RestoreEnd, RestoreOrder } from "#events/restore-events.ts";
import type { SavedViewData } from "#events/view-events.ts";
import type { PolicyDocument } from "#policy/document.ts";

type DataOf<T extends PolicyFact["type"]> = Extract<PolicyFact, { type: T }>["data"];

/** A key about to be issued; the secret itself never comes here. */
export interface KeyDraft {
  keyId: string;
  member: string;
  label: string;
  secretHash: string;
  expiresAt?: number;
  scope?: KeyScopeData;
}

/** A validated document and its hash. */
export interface PolicyDraft {
  document: PolicyDocument;
  hash: string;
  comment: string;
  /** Cost class of each rule's own pattern, by rule; absent where no rule has one. */
  patternCosts?: Record<string, "small" | "medium" | "large">;
}

/** What is done with a proposal. */
export type ProposalCommand =
  /** `policy` is the proposal's document, validated again. */
  | {
      type: "ApprovePolicy";
      expectVersion: number;
      proposal: number;
      policy: PolicyDraft;
      by: string;
    }
  | { type: "WithdrawProposal"; proposal: number; reason: string };

/** What is done with a draft in the shadow. */
export type ShadowCommand =
  | { type: "StartShadow"; expectVersion: number; policy: PolicyDraft; by: string }
  | { type: "StopShadow"; draft: number; reason: string };

export type PolicyCommand =
  | {
      type: "Found";
      organisation: string;
      ledgerShards: number;
      members: MemberData[];
      keys: KeyDraft[];
      policy: PolicyDraft;
    }
  /** `by` is the admin who asks. */
  | { type: "PublishPolicy"; expectVersion: number; policy: PolicyDraft; by: string }
  | {
      type: "RollBackPolicy";
      expectVersion: number;
      version: number;
      policy: PolicyDraft;
      by: string;
    }
  | ProposalCommand
  | ShadowCommand
  /** A named filter is kept, or forgotten. */
  | { type: "SaveView"; view: SavedViewData; member: string }
  | { type: "DeleteView"; name: string; member: string }
  | { type: "SetMember"; member: MemberData }
  | { type: "RemoveMember"; member: string }
  | { type: "IssueKey"; key: KeyDraft; at: number }
  | { type: "RevokeKey"; keyId: string; reason: string }
  /** Time has come for versions that wait to be in force. */
  | { type: "BringIntoForce"; at: number }
  /** Every shared budget has said that this version's limits hold. */
  | {
      type: "SayLimitsEffective";
      version: number;
      budgets: readonly { budget: string; scope: string; limitNanos: number }[];
      rates: readonly { rate: string; scope: string; limit: number }[];
    }
  /** What is kept of a member's texts, or of a former one's, is to be readable by nobody. */
  | { type: "EraseMember"; member: string; reason: string }
  /** The member's own actor has done it. */
  | { type: "ConfirmErasure"; done: DataOf<"ErasureCarriedOut"> }
  /** Settled calls are to be costed anew. */
  | { type: "CorrectPrice"; at: number; correction: DataOf<"PriceCorrectionOrdered"> }
  /** Every principal's have been. */
  | { type: "ConfirmCorrection"; applied: DataOf<"PriceCorrectionApplied"> }
  /** An actor is to be put back to an earlier moment; what became of it. */
  | { type: "OrderRestore"; at: number; order: RestoreOrder }
  | { type: "EndRestore"; end: RestoreEnd }
  /** A shard's views were not the fold of its log. */
  | { type: "NoteDifference"; difference: DataOf<"ViewsDiffered"> }
  /** The shell turned an admin's command away before it got here. */
  | { type: "Refuse"; command: string; code: string; message: string };
