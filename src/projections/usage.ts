/**
 * The usage view: how many requests, how they ended, how long they took.
 *
 * A request counts once, when it ends, under the hour of its admission and the model that answered
 * (the one asked for when none did); refusals count at once.
 */
import type { EventEnvelope } from "#events/envelope.ts";
import type { UserFact } from "#events/user-events.ts";
import type { AuditEntry } from "./audit-entry.ts";
import { latencyColumn, latencyColumns } from "./histogram.ts";
import type { Change, Projection } from "./projection.ts";
import { add, sumsKey, sumsTable, type SumsKey } from "./sums.ts";

type DataOf<T extends UserFact["type"]> = Extract<UserFact, { type: T }>["data"];

/** `requests` counts all; the outcomes below it add up to it. */
export const usageColumns = [
  "requests",
  "completed",
  "failed",
  "aborted",
  "blocked",
  "cut",
  "refused",
  "released",
  "expired",
  "cacheHits",
  "inputTokens",
  "outputTokens",
  "cachedTokens",
  "latencyMsSum",
  ...latencyColumns,
] as const;

export const usageTable = sumsTable("usage", usageColumns);

function ended(
  event: EventEnvelope,
  data: DataOf<"RequestSettled">,
  request: AuditEntry | undefined,
): Change {
  const model = data.servedModel ?? request?.modelAsked ?? "";
  const key = sumsKey(request, event.at, event.cause.member, model, data.provider ?? "");
  return count(key, {
    [data.outcome]: 1,
    cacheHits: data.cache === "hit" ? 1 : 0,
    inputTokens: data.usage.inputTokens,
    outputTokens: data.usage.outputTokens,
    cachedTokens: data.usage.cachedReadTokens ?? 0,
    latencyMsSum: data.latencyMs,
    [latencyColumn(data.latencyMs)]: 1,
  });
}

function unanswered(
  event: EventEnvelope,
  request: AuditEntry | undefined,
  outcome: "released" | "expired",
  by = 1,
): Change {
  const key = sumsKey(request, event.at, event.cause.member, request?.modelAsked ?? "", "");
  return count(key, { [outcome]: by }, by);
}

function count(key: SumsKey, sums: Record<string, number>, requests = 1): Change {
  return add(usageTable.name, key, { requests, ...sums });
}

function fold(event: EventEnvelope, request: AuditEntry | undefined): readonly Change[] {
  const fact = event as unknown as UserFact;
  if (fact.type === "RequestSettled") return [ended(event, fact.data, request)];
  if (fact.type === "RequestReleased") return [unanswered(event, request, "released")];
  if (fact.type === "HoldExpired") return [unanswered(event, request, "expired")];
  if (fact.type === "ExpiryCorrected") {
    return [unanswered(event, request, "expired", -1), ended(event, fact.data, request)];
  }
  if (fact.type === "RequestRefused") {
    const { member, team, model } = fact.data;
    const key = { ...sumsKey(undefined, event.at, member, model, ""), team: team ?? "" };
    return [count(key, { refused: 1 })];
  }
  if (fact.type === "RefusalsCounted") {
    const key = sumsKey(undefined, fact.data.firstAt, fact.data.member, "", "");
    return [count(key, { refused: fact.data.count }, fact.data.count)];
  }
  return [];
}

/** How much was asked, and how it went. */
export const usage: Projection = { name: "usage", version: 1, tables: [usageTable], fold };
