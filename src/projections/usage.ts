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
  const sums: Sums = {
    requests: 1,
    savedNanos: data.savedNanos ?? 0,
    inputTokens: data.usage.inputTokens,
    outputTokens: data.usage.outputTokens,
    cachedTokens: data.usage.cachedReadTokens ?? 0,
    latencyMsSum: data.latencyMs,
  };
  sums[data.outcome] = 1;
  if (data.cache === "hit") sums["cacheHits"] = 1;
  if (data.cache === "miss") sums["cacheMisses"] = 1;
  const dlp = dlpColumn(data, request);
  if (dlp !== undefined) sums[dlp] = 1;
  if (guardBlocked(data)) sums["guardBlocked"] = 1;
  return { key, sums, latencies };
}

/** What data rules did to a request, both ways: the strongest counts. */
function dlpColumn(
  data: DataOf<"RequestSettled">,
  request: AuditEntry | undefined,
): string | undefined {
  const asked = request?.findings ?? [];
  if (asked.length === 0 && data.findings.length === 0) return undefined;
  const result = dlpResult([...asked, ...data.findings]);
  if (result === "redacted") return "dlpRedacted";
  return result === "blocked" ? "dlpBlocked" : undefined;
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
