/**
 * Costs: what was spent, on what and by whom.
 *
 * Booked to the hour of admission. The last attempt's cost counts for the model that answered,
 * earlier attempts for theirs, as does what the guard asked; what was charged for an expired hold moves when it is corrected.
 * A corrected price changes what a call costs where it is booked.
 * The sum of all rows is always the sum of the requests' costs.
 */
import { answeringAttempt } from "#events/attempts.ts";
import type { EventEnvelope } from "#events/envelope.ts";
import type { UserFact } from "#events/user-events.ts";
import type { AuditEntry } from "./audit-entry.ts";
import { requestKey, sumsKey, type SumsPatch } from "./sums.ts";

type DataOf<T extends UserFact["type"]> = Extract<UserFact, { type: T }>["data"];

function settled(
  event: EventEnvelope,
  data: DataOf<"RequestSettled">,
  request: AuditEntry | undefined,
): SumsPatch[] {
  const patches: SumsPatch[] = [];
  let rest = data.costNanos;
  const answering = answeringAttempt(data.attempts);
  for (const [index, { model, provider, costNanos }] of data.attempts.entries()) {
    if (index === answering || costNanos === 0) continue;
    rest -= costNanos;
    patches.push({ key: requestKey(request, event, model, provider), sums: { costNanos } });
  }
  const model = data.servedModel ?? request?.modelAsked ?? "";
  const key = requestKey(request, event, model, data.provider ?? "");
  patches.push({ key, sums: { charged: 1, costNanos: rest } });
  return patches;
}

/** What an expired hold is charged to: the model that was asked for; no provider is known. */
function expired(
  event: EventEnvelope,
  request: AuditEntry | undefined,
  costNanos: number,
): SumsPatch {
  const key = requestKey(request, event, request?.modelAsked ?? "", "");
  return { key, sums: { charged: Math.sign(costNanos), costNanos } };
}

/** A corrected price moves money alone, where the call was booked; the event says what was where. */
function corrected({ parts, member, ...call }: DataOf<"CostCorrected">): SumsPatch[] {
  const subject = { ...call, user: member };
  return parts.map(({ model, provider, oldNanos, newNanos }) => ({
    key: sumsKey(subject, call.admittedAt, model, provider),
    sums: { costNanos: newNanos - oldNanos },
  }));
}

/** What an event adds to the costs. */
export function costPatches(event: EventEnvelope, request: AuditEntry | undefined): SumsPatch[] {
  const fact = event as unknown as UserFact;
  if (fact.type === "RequestSettled") return settled(event, fact.data, request);
  if (fact.type === "HoldExpired") return [expired(event, request, fact.data.chargedNanos)];
  if (fact.type === "CostCorrected") return corrected(fact.data);
  if (fact.type === "ExpiryCorrected") {
    const charged = request?.costNanos ?? fact.data.costNanos + fact.data.refundNanos;
    return [expired(event, request, -charged), ...settled(event, fact.data, request)];
  }
  return [];
}
