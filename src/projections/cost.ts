/**
 * The cost view: what was spent, on what and by whom.
 *
 * Booked to the hour of admission. The last attempt's cost counts for the model that answered,
 * earlier attempts for theirs; what was charged for an expired hold moves when it is corrected.
 * A corrected price changes what a call costs where it is booked.
 * The sum of all rows is always the sum of the requests' costs.
 */
import type { EventEnvelope } from "#events/envelope.ts";
import type { UserFact } from "#events/user-events.ts";
import type { AuditEntry } from "./audit-entry.ts";
import type { Change, Projection } from "./projection.ts";
import { add, HOUR_MS, sumsKey, sumsTable } from "./sums.ts";

type DataOf<T extends UserFact["type"]> = Extract<UserFact, { type: T }>["data"];

/** `requests` counts the requests that cost something or were answered; all else adds up. */
export const costColumns = [
  "requests",
  "costNanos",
  "inputTokens",
  "outputTokens",
  "cachedTokens",
] as const;

export const costTable = sumsTable("cost", costColumns);

function settled(
  event: EventEnvelope,
  data: DataOf<"RequestSettled">,
  request: AuditEntry | undefined,
): Change[] {
  const changes: Change[] = [];
  const { member } = event.cause;
  let rest = data.costNanos;
  for (const attempt of data.attempts.slice(0, -1)) {
    if (attempt.costNanos === 0) continue;
    rest -= attempt.costNanos;
    const key = sumsKey(request, event.at, member, attempt.model, attempt.provider);
    changes.push(add(costTable.name, key, { costNanos: attempt.costNanos }));
  }
  const model = data.servedModel ?? request?.modelAsked ?? "";
  const key = sumsKey(request, event.at, member, model, data.provider ?? "");
  changes.push(
    add(costTable.name, key, {
      requests: 1,
      costNanos: rest,
      inputTokens: data.usage.inputTokens,
      outputTokens: data.usage.outputTokens,
      cachedTokens: data.usage.cachedReadTokens ?? 0,
    }),
  );
  return changes;
}

/** What an expired hold is charged to: the model that was asked for; no provider is known. */
function expired(event: EventEnvelope, request: AuditEntry | undefined, costNanos: number): Change {
  const key = sumsKey(request, event.at, event.cause.member, request?.modelAsked ?? "", "");
  return add(costTable.name, key, { requests: Math.sign(costNanos), costNanos });
}

/** A corrected price moves money alone; the event says where each part is booked. */
function corrected(data: DataOf<"CostCorrected">): Change[] {
  const { member: user, team = "", admittedAt } = data;
  const hour = Math.floor(admittedAt / HOUR_MS);
  return data.parts.map(({ model, provider, oldNanos, newNanos }) =>
    add(costTable.name, { hour, model, provider, user, team }, { costNanos: newNanos - oldNanos }),
  );
}

function fold(event: EventEnvelope, request: AuditEntry | undefined): readonly Change[] {
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

/** What it cost. */
export const cost: Projection = { name: "cost", version: 1, tables: [costTable], fold };
