/** From an admin's command to the decider's: documents validated, keys drawn, answers shaped. */
import type { PolicyFact } from "#events/policy-events.ts";
import { type ApiKey, formatKey, hashSecret } from "#policy/api-key.ts";
import { diffPolicies } from "#policy/diff.ts";
import { IN_FORCE_AFTER_MS } from "#policy/lease.ts";
import { priceOf } from "#policy/price.ts";
import { type KnownFeatures, type PolicyProblem, validatePolicy } from "#policy/validate.ts";
import type { PolicyCommand, PolicyDraft } from "./commands.ts";
import { currentDocument } from "./documents.ts";
import { draftPolicy } from "./draft.ts";
import type { AdminCode, WriteFrame } from "./frames.ts";
import {
  documentAt,
  documentOf,
  noProposal,
  noVersion,
  type ReadEvents,
  versionOf,
} from "./reads.ts";
import type { PolicyState } from "./state.ts";

/** What a command is prepared with. */
export interface WriteContext {
  state: PolicyState;
  known: KnownFeatures;
  /** A fresh key, should the command issue one. */
  newKey: () => ApiKey;
  at: number;
  events: ReadEvents;
  /** The admin who asks. */
  by: string;
  /** Whether somebody of this id was a member and left. */
  wasMember: (id: string) => boolean;
}

export type Prepared =
  | {
      ok: true;
      command: PolicyCommand;
      /** The answer's result, from the facts that the command led to. */
      result(facts: readonly PolicyFact[]): object;
      /** Told with the first answer only, never kept. */
      once?: object;
    }
  | { ok: false; code: AdminCode; message: string; problems?: PolicyProblem[] };

type Preparers = {
  [T in WriteFrame["type"]]: (
    frame: Extract<WriteFrame, { type: T }>,
    context: WriteContext,
  ) => Prepared;
};

const preparers: Preparers = {
  PublishPolicy: ({ expectVersion, document, comment }, context) => {
    const draft = draftOf(document, comment, context.known);
    if (!draft.ok) return draft;
    const { policy } = draft;
    const { by } = context;
    const command: PolicyCommand = { type: "PublishPolicy", expectVersion, policy, by };
    return { ok: true, command, result: publishResult(policy, context) };
  },
  RollBackPolicy: ({ expectVersion, version, comment }, context) => {
    const record = versionOf(context.state, version);
    if (record === undefined) return noVersion(version);
    // Validated again: what a document names may be gone since it was published.
    const draft = draftOf(documentOf(record, context.events), comment, context.known);
    if (!draft.ok) return draft;
    const { policy } = draft;
    const { by } = context;
    const command: PolicyCommand = { type: "RollBackPolicy", expectVersion, version, policy, by };
    return { ok: true, command, result: publishResult(policy, context) };
  },
  ApprovePolicy: ({ expectVersion, proposal }, context) => {
    const record = context.state.proposals.find((known) => known.proposal === proposal);
    if (record === undefined) return noProposal(proposal);
    // Validated again, as for a version of old: what it names may be gone since.
    const draft = draftOf(documentAt(proposal, context.events), record.comment, context.known);
    if (!draft.ok) return draft;
    const { policy } = draft;
    const { by } = context;
    const command: PolicyCommand = { type: "ApprovePolicy", expectVersion, proposal, policy, by };
    return { ok: true, command, result: publishResult(policy, context) };
  },
  WithdrawProposal: ({ proposal, reason }) => ({
    ok: true,
    command: { type: "WithdrawProposal", proposal, reason },
    result: () => ({ proposal }),
  }),
  StartShadow: ({ expectVersion, document, comment }, context) => {
    const draft = draftOf(document, comment, context.known);
    if (!draft.ok) return draft;
    const { policy } = draft;
    const { by, state } = context;
    const before = state.current && currentDocument(state.current);
    const changes = diffPolicies(before, policy.document);
    return {
      ok: true,
      command: { type: "StartShadow", expectVersion, policy, by },
      result: () => ({ draft: state.shadow?.draft, hash: policy.hash, changes }),
    };
  },
  StopShadow: ({ draft, reason }) => ({
    ok: true,
    command: { type: "StopShadow", draft, reason },
    result: () => ({ draft }),
  }),
  PromoteShadow: ({ expectVersion, draft, comment }, context) => {
    const record = context.state.shadow;
    if (record?.draft !== draft) {
      const message = `The draft ${draft} is not in the shadow; GetShadow shows which is.`;
      return { ok: false, code: "shadow_not_found", message };
    }
    const said = comment === "" ? record.comment : comment;
    // Validated again, as for a proposal: what it names may be gone since.
    const checked = draftOf(documentAt(draft, context.events), said, context.known);
    if (!checked.ok) return checked;
    const { policy } = checked;
    const { by } = context;
    const command: PolicyCommand = { type: "PublishPolicy", expectVersion, policy, by };
    return { ok: true, command, result: publishResult(policy, context) };
  },
  SetMember: ({ member }) => ({
    ok: true,
    command: { type: "SetMember", member },
    result: () => ({ member }),
  }),
  RemoveMember: ({ member }) => ({
    ok: true,
    command: { type: "RemoveMember", member },
    result: (facts) => ({
      member,
      keysRevoked: facts.flatMap((fact) => (fact.type === "KeyRevoked" ? [fact.data.keyId] : [])),
    }),
  }),
  IssueKey: ({ member, label, expiresAt, scope }, { newKey, at }) => {
    const fresh = newKey();
    const { keyId } = fresh;
    const bounds = {
      ...(expiresAt === undefined ? {} : { expiresAt }),
      ...(scope === undefined ? {} : { scope }),
    };
    const key = { keyId, member, label, secretHash: hashSecret(fresh.secret), ...bounds };
    return {
      ok: true,
      command: { type: "IssueKey", key, at },
      result: () => ({ keyId, member, label, ...bounds }),
      once: { key: formatKey(fresh) },
    };
  },
  RevokeKey: ({ keyId, reason }) => ({
    ok: true,
    command: { type: "RevokeKey", keyId, reason },
    result: () => ({ keyId }),
  }),
  CorrectPrice: (frame, { state, at }) => ({
    ok: true,
    command: { type: "CorrectPrice", at, correction: correctionOf(frame) },
    result: () => ({ order: state.corrections.at(-1)?.order }),
  }),
  EraseMember: ({ member, confirm, reason }, { state, wasMember }) => {
    if (member !== confirm) {
      const message = `To erase "${member}", give that id twice, as \`member\` and as \`confirm\`; nothing was erased.`;
      return { ok: false, code: "not_confirmed", message };
    }
    if (!state.members.has(member) && !wasMember(member)) {
      const message = `There is no member "${member}", and there was none; nothing was erased.`;
      return { ok: false, code: "member_not_found", message };
    }
    return {
      ok: true,
      command: { type: "EraseMember", member, reason },
      result: () => ({ order: state.erasures.findLast((known) => known.member === member)?.order }),
    };
  },
};

/** A corrected price in nano-dollars. */
function correctionOf(frame: Extract<WriteFrame, { type: "CorrectPrice" }>) {
  const { model, provider, from, to, price, reason } = frame;
  const terms = { model, from, to, price: priceOf(price), reason };
  return provider === undefined ? terms : { ...terms, provider };
}

/** Commands whose answer waits until every revocation is enforced. */
export const revoking: ReadonlySet<WriteFrame["type"]> = new Set(["RevokeKey", "RemoveMember"]);

/** Makes a decider's command of an admin's, or says why there is none. */
export function prepareWrite(frame: WriteFrame, context: WriteContext): Prepared {
  const preparer = preparers[frame.type] as (frame: WriteFrame, context: WriteContext) => Prepared;
  return preparer(frame, context);
}

function draftOf(
  input: unknown,
  comment: string,
  known: KnownFeatures,
): { ok: true; policy: PolicyDraft } | Extract<Prepared, { ok: false }> {
  const checked = validatePolicy(input, known);
  if (checked.ok) {
    return { ok: true, policy: draftPolicy(checked.document, comment) };
  }
  const { problems } = checked;
  const message = `The policy has ${problems.length} problem${problems.length === 1 ? "" : "s"}; nothing was published.`;
  return { ok: false, code: "invalid_policy", message, problems };
}

function publishResult(
  policy: PolicyDraft,
  { state, at }: WriteContext,
): (facts: readonly PolicyFact[]) => object {
  const before = state.current && currentDocument(state.current);
  const changes = diffPolicies(before, policy.document);
  return (facts) => {
    if (facts.some(({ type }) => type === "PolicyProposed")) {
      const { proposal } = state.proposals.at(-1) ?? {};
      return { proposal, hash: policy.hash, changes };
    }
    const fact = facts.find(({ type }) => type === "PolicyPublished");
    const version = fact?.type === "PolicyPublished" ? fact.data.version : 0;
    return { version, hash: policy.hash, changes, inForceBy: at + IN_FORCE_AFTER_MS };
  };
}
