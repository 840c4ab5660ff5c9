/**
 * Admins' acts in the audit list: what each event of a policy stream reads like there, and a fork of
 * any stream.
 */
import type { EventEnvelope } from "#events/envelope.ts";
import type { KeyScopeData, PolicyFact } from "#events/policy-events.ts";
import type { StreamForked } from "#events/stream-events.ts";
import type { AuditEntry } from "./audit-entry.ts";

type ActFact = PolicyFact | StreamForked;
type DataOf<T extends ActFact["type"]> = Extract<ActFact, { type: T }>["data"];

interface Act {
  base: Pick<AuditEntry, "kind" | "action" | "outcome">;
  set: { [K in keyof AuditEntry]?: AuditEntry[K] | undefined };
}

function act(action: string, set: Act["set"] = {}): Act {
  return { base: { kind: "act", action, outcome: "completed" }, set };
}

/** A key's scope as entries' metadata: one word list for each of its parts. */
function scopeWords(scope: KeyScopeData | undefined): Record<string, string> {
  const parts = Object.entries(scope ?? {});
  return Object.fromEntries(parts.map(([part, list]) => [`scope.${part}`, (list ?? []).join(" ")]));
}

/** Without what is not there. */
function given(
  values: Record<string, string | number | boolean | undefined>,
): Record<string, string | number | boolean> {
  const there = Object.entries(values).filter(([, value]) => value !== undefined);
  return Object.fromEntries(there) as Record<string, string | number | boolean>;
}

const acts: { [T in ActFact["type"]]: (data: DataOf<T>) => Act } = {
  OrganisationFounded: (data) =>
    act("organisation.founded", {
      resource: data.organisation,
      metadata: { ledgerShards: data.ledgerShards },
    }),
  MemberSet: (data) =>
    act("member.set", { resource: data.id, metadata: { role: data.role, tier: data.tier } }),
  MemberRemoved: (data) => act("member.removed", { resource: data.id }),
  KeyIssued: (data) =>
    act("key.issued", {
      resource: data.keyId,
      metadata: { member: data.member, label: data.label, ...scopeWords(data.scope) },
    }),
  KeyRevoked: (data) =>
    act("key.revoked", { resource: data.keyId, metadata: { reason: data.reason } }),
  PolicyPublished: (data) =>
    act("policy.published", {
      resource: `policy/${data.version}`,
      policyVersion: data.version,
      policyHash: data.hash,
      metadata: {
        comment: data.comment,
        ...(data.restores === undefined ? {} : { restores: data.restores }),
        ...(data.proposedBy === undefined ? {} : { proposedBy: data.proposedBy }),
      },
    }),
  PolicyProposed: (data) =>
    act("policy.proposed", {
      resource: `policy/${data.base + 1}`,
      policyHash: data.hash,
      metadata: { comment: data.comment },
    }),
  ProposalWithdrawn: (data) =>
    act("policy.proposal-withdrawn", {
      resource: `proposal/${data.proposal}`,
      metadata: { reason: data.reason },
    }),
  PolicyInForce: (data) =>
    act("policy.in-force", { resource: `policy/${data.version}`, policyVersion: data.version }),
  BudgetLimitsEffective: (data) =>
    act("budget.limits-effective", {
      resource: `policy/${data.version}`,
      policyVersion: data.version,
      metadata: {
        budgets: data.budgets.map(({ budget }) => budget).join(" "),
        ...(data.rates === undefined
          ? {}
          : { rates: data.rates.map(({ rate }) => rate).join(" ") }),
      },
    }),
  ErasureOrdered: (data) =>
    act("erasure.ordered", { resource: data.member, metadata: { reason: data.reason } }),
  ErasureCarriedOut: (data) =>
    act("erasure.carried-out", {
      resource: data.member,
      metadata: { order: data.order, event: data.event, seq: data.seq, erasedAt: data.at },
    }),
  PriceCorrectionOrdered: ({ model, provider, from, to, price, reason }) =>
    act("price.correction-ordered", {
      resource: provider === undefined ? model : `${provider}/${model}`,
      metadata: {
        from,
        to,
        inputNanosPerMtok: price.inputNanosPerMtok,
        outputNanosPerMtok: price.outputNanosPerMtok,
        reason,
      },
    }),
  PriceCorrectionApplied: ({ order, ...sums }) =>
    act("price.correction-applied", { resource: `correction/${order}`, metadata: sums }),
  ViewsDiffered: ({ shard, differences, first, events }) =>
    act("views.differed", { resource: shard, metadata: { differences, first, events } }),
  StreamForked: ({ restored, ledger, own, carried, setAside = [] }) =>
    act("stream.forked", {
      metadata: {
        restoredTo: restored.seq,
        ledgerHead: ledger.seq,
        ownHead: own.seq,
        carried,
        setAside: setAside.length,
      },
    }),
  ShadowStarted: ({ base, hash, comment }) =>
    act("shadow.started", {
      resource: `policy/${base}`,
      policyHash: hash,
      metadata: { comment },
    }),
  ShadowStopped: ({ draft, reason }) =>
    act("shadow.stopped", { resource: `shadow/${draft}`, metadata: { reason } }),
  SavedViewSet: ({ name }) => act("view.saved", { resource: name }),
  SavedViewDeleted: ({ name }) => act("view.deleted", { resource: name }),
  RestoreOrdered: ({ actor, stream, to, bookmark, loseUncollected, reason }) =>
    act("restore.ordered", {
      resource: actor,
      metadata: given({ stream, to, bookmark, loseUncollected, reason }),
    }),
  RestoreEnded: ({ actor, outcome, ...rest }) => ({
    base: {
      kind: "act",
      action: `restore.${outcome}`,
      outcome: outcome === "refused" ? "refused" : "completed",
    },
    set: { resource: actor, code: rest.code, metadata: given(rest) },
  }),
  CommandRefused: (data) => ({
    base: { kind: "act", action: "command.refused", outcome: "refused" },
    set: { resource: data.command, code: data.code, metadata: { message: data.message } },
  }),
};

/** How such an event reads; `undefined` for a type that is not known (yet). */
export function actOf(event: EventEnvelope): Act | undefined {
  if (!Object.hasOwn(acts, event.type)) return undefined;
  return (acts[event.type as ActFact["type"]] as (data: object) => Act)(event.data);
}
