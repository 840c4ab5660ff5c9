/**
 * Usage: how many requests, how they ended, what policy did about them, how long they took.
 *
 * A request counts once, when it ends, under the hour of its admission and the model that answered
 * (the one asked for when none did); refusals count at once.
 */
import type { EventEnvelope } from "#events/envelope.ts";
import type { UserFact } from "#events/user-events.ts";
import { guardBlocked } from "./blocked.ts";
import { dlpResult, type AuditEntry } from "./audit-entry.ts";
import { requestKey, sumsKey, type SumsKey, type SumsPatch } from "./sums.ts";

type DataOf<T extends UserFact["type"]> = Extract<UserFact, { type: T }>["data"];
type Sums = Record<string, number>;

/** What a refusal counts as beside `refused`, by its code; others are plain refusals. */
const refusalColumns: Readonly<Record<string, string>> = {
  dlp_blocked: "dlpBlocked",
  guard_blocked: "guardBlocked",
  rate_limited: "rateLimited",
  token_rate_limited: "rateLimited",
  spend_rate_limited: "rateLimited",
  concurrency_limited: "rateLimited",
  budget_exceeded: "budgetLimited",
};

function ended(
  event: EventEnvelope,
  data: DataOf<"RequestSettled">,
  request: AuditEntry | undefined,
): SumsPatch {
  const model = data.servedModel ?? request?.modelAsked ?? "";
  const key = requestKey(request, event, model, data.provider ?? "");
  const latencies = { latency: data.latencyMs, firstByte: data.firstByteMs };
  const hits = { hit: { cacheHits: 1 }, miss: { cacheMisses: 1 }, off: {} };
  const sums: Sums = {
    [data.outcome]: 1,
    ...hits[data.cache],
    savedNanos: data.savedNanos ?? 0,
    inputTokens: data.usage.inputTokens,
    outputTokens: data.usage.outputTokens,
    cachedTokens: data.usage.cachedReadTokens ?? 0,
    latencyMsSum: data.latencyMs,
    ...dlpSums(data, request),
    ...(guardBlocked(data) ? { guardBlocked: 1 } : {}),
  };
  return { ...count(key, sums), latencies };
}

/** What data rules did to a request, both ways: the strongest counts. */
function dlpSums(data: DataOf<"RequestSettled">, request: AuditEntry | undefined): Sums {
  const result = dlpResult([...(request?.findings ?? []), ...data.findings]);
  if (result === "redacted") return { dlpRedacted: 1 };
  return result === "blocked" ? { dlpBlocked: 1 } : {};
}

function unanswered(
  event: EventEnvelope,
  request: AuditEntry | undefined,
  outcome: "released" | "expired",
  by = 1,
): SumsPatch {
  const key = requestKey(request, event, request?.modelAsked ?? "", "");
  return count(key, { [outcome]: by }, by);
}

function refused(key: SumsKey, code: string, by: number): SumsPatch {
  const column = Object.hasOwn(refusalColumns, code) ? refusalColumns[code] : undefined;
  return count(key, { refused: by, ...(column === undefined ? {} : { [column]: by }) }, by);
}

function count(key: SumsKey, sums: Sums, requests = 1): SumsPatch {
  return { key, sums: { requests, ...sums } };
}

/** What an event adds to the usage. */
export function usagePatches(event: EventEnvelope, request: AuditEntry | undefined): SumsPatch[] {
  const fact = event as unknown as UserFact;
  if (fact.type === "RequestSettled") return [ended(event, fact.data, request)];
  if (fact.type === "RequestReleased") return [unanswered(event, request, "released")];
  if (fact.type === "HoldExpired") return [unanswered(event, request, "expired")];
  if (fact.type === "ExpiryCorrected") {
    return [unanswered(event, request, "expired", -1), ended(event, fact.data, request)];
  }
  if (fact.type === "RequestRefused") {
    const { member: user, team, keyId, tags, route, model, code } = fact.data;
    const subject = { user, team, keyId, tags, route: route?.name };
    return [refused(sumsKey(subject, event.at, model, ""), code, 1)];
  }
  if (fact.type === "RefusalsCounted") {
    const { member: user, code, firstAt } = fact.data;
    return [refused(sumsKey({ user }, firstAt, "", ""), code, fact.data.count)];
  }
  return [];
}
