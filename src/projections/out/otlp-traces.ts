/**
 * Requests as traces: one span for the request as the gateway served it, one below it for every call
 * to a provider.
 *
 * A request's id is its trace, and spans are numbered, so what is sent twice is the same span. When
 * a call began is not recorded: calls are laid end to end, the last ending with the answer.
 */
import { answeringAttempt } from "#events/attempts.ts";
import type { EventEnvelope } from "#events/envelope.ts";
import type { AttemptData, UserFact } from "#events/user-events.ts";
import type { AuditEntry } from "../audit-entry.ts";
import {
  attributes,
  operationOf,
  providerName,
  resourceOf,
  scope,
  unixNanos,
  type Attribute,
} from "./otlp.ts";
import { nameOf, type Telling } from "./told.ts";

type Settlement = Extract<UserFact, { type: "RequestSettled" }>["data"];
type Refusal = Extract<UserFact, { type: "RequestRefused" }>["data"];

const SERVER = 2;
const CLIENT = 3;
const ERROR = 2;

interface Span {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  name: string;
  kind: number;
  startTimeUnixNano: string;
  endTimeUnixNano: string;
  attributes: Attribute[];
  status: { code?: number; message?: string };
}

/** An event with the audit entry of its request, as it stands. */
export interface Traced {
  event: EventEnvelope;
  entry: AuditEntry | undefined;
}

/** The spans that an event ends: none for most. */
export function spansOf({ event, entry }: Traced, telling: Telling): Span[] {
  const fact = event as unknown as UserFact;
  if (fact.type === "RequestSettled" || fact.type === "ExpiryCorrected") {
    return entry === undefined ? [] : settledSpans(event, fact.data, entry, telling);
  }
  if (fact.type !== "RequestRefused") return [];
  return [refusedSpan(event, fact.data, telling)];
}

/** A request to `/v1/traces`; `undefined` when no span ends. */
export function packTraces(
  traced: readonly Traced[],
  telling: Telling,
  { organisation, shard }: { organisation: string; shard: string },
): string | undefined {
  const spans = traced.flatMap((one) => spansOf(one, telling));
  if (spans.length === 0) return undefined;
  const resource = resourceOf(organisation, shard);
  return JSON.stringify({ resourceSpans: [{ resource, scopeSpans: [{ scope, spans }] }] });
}

const traceIdOf = (requestId: string): string =>
  requestId.replaceAll("-", "").toLowerCase().padStart(32, "0").slice(-32);

/** Eight bytes out of the trace's own random part and a number; never all zero. */
function spanIdOf(requestId: string, number: number): string {
  const tail = traceIdOf(requestId).slice(-14);
  return `${tail}${(number + 1).toString(16).padStart(2, "0")}`.slice(-16);
}

/** The trace that a caller named, and their span, as the edge has noted them in the metadata. */
function callersSpan({ metadata = {} }: AuditEntry): Partial<Span> {
  const [traceId, parentSpanId] = [
    metadata["cf.otel_trace_id"],
    metadata["cf.otel_parent_span_id"],
  ];
  if (typeof traceId !== "string" || !/^[\da-f]{32}$/.test(traceId)) return {};
  const isSpan = typeof parentSpanId === "string" && /^[\da-f]{16}$/.test(parentSpanId);
  return { traceId, ...(isSpan && { parentSpanId }) };
}

function settledSpans(
  event: EventEnvelope,
  data: Settlement,
  entry: AuditEntry,
  telling: Telling,
): Span[] {
  const startAt = entry.at;
  const endAt = Math.max(startAt, startAt + data.latencyMs);
  const operation = operationOf(entry);
  const failed = !["completed"].includes(data.outcome);
  const parent: Span = {
    traceId: traceIdOf(data.requestId),
    spanId: spanIdOf(data.requestId, 0),
    ...callersSpan(entry),
    name: `${operation} ${entry.modelAsked ?? ""}`.trim(),
    kind: SERVER,
    startTimeUnixNano: unixNanos(startAt),
    endTimeUnixNano: unixNanos(endAt),
    attributes: attributes({
      ...servedBy(event, entry, telling),
      "http.response.status_code": data.status,
      "error.type": failed ? data.outcome : undefined,
      "tallygate.outcome": data.outcome,
      "tallygate.cost.nanos": data.costNanos,
      "tallygate.cost.estimated": data.estimated,
      "tallygate.cache": data.cache,
      "tallygate.usage.input_tokens": data.usage.inputTokens,
      "tallygate.usage.output_tokens": data.usage.outputTokens,
      "tallygate.dlp": entry.dlp,
    }),
    status: failed ? { code: ERROR, message: data.outcome } : {},
  };
  return [parent, ...callSpans(data, entry, operation, parent, endAt)];
}

function callSpans(
  data: Settlement,
  entry: AuditEntry,
  operation: string,
  parent: Span,
  endAt: number,
): Span[] {
  const total = data.attempts.reduce((sum, { latencyMs }) => sum + latencyMs, 0);
  const answering = answeringAttempt(data.attempts);
  let at = Math.max(entry.at, endAt - total);
  return data.attempts.map((attempt, index) => {
    const from = at;
    at += attempt.latencyMs;
    const isLast = index === answering;
    return {
      traceId: parent.traceId,
      spanId: spanIdOf(data.requestId, index + 1),
      parentSpanId: parent.spanId,
      name: `${operation} ${attempt.model}`,
      kind: CLIENT,
      startTimeUnixNano: unixNanos(from),
      endTimeUnixNano: unixNanos(at),
      attributes: callAttributes(attempt, data, entry, operation, isLast),
      status: hasFailed(attempt) ? { code: ERROR } : {},
    };
  });
}

const hasFailed = ({ status }: AttemptData): boolean => status < 200 || status >= 400;

function callAttributes(
  attempt: AttemptData,
  data: Settlement,
  entry: AuditEntry,
  operation: string,
  isLast: boolean,
): Attribute[] {
  const usage = attempt.usage ?? (isLast ? data.usage : undefined);
  return attributes({
    "gen_ai.operation.name": operation,
    "gen_ai.provider.name": providerName(attempt.provider),
    "gen_ai.request.model": attempt.model,
    "gen_ai.request.stream": entry.streaming === true ? true : undefined,
    "gen_ai.response.model": isLast ? data.servedModel : undefined,
    "gen_ai.response.finish_reasons":
      isLast && data.finish !== undefined ? [data.finish] : undefined,
    "gen_ai.response.time_to_first_chunk":
      isLast && entry.streaming === true && data.firstByteMs !== undefined
        ? data.firstByteMs / 1_000
        : undefined,
    "gen_ai.usage.input_tokens": usage?.inputTokens,
    "gen_ai.usage.output_tokens": usage?.outputTokens,
    "gen_ai.usage.cache_read.input_tokens": usage?.cachedReadTokens,
    "gen_ai.usage.cache_write.input_tokens": writtenTokens(usage),
    "gen_ai.usage.reasoning.output_tokens": usage?.reasoningTokens,
    "error.type": hasFailed(attempt) ? (attempt.code ?? String(attempt.status)) : undefined,
    "tallygate.cost.nanos": attempt.costNanos,
  });
}

/** Tokens that a provider kept for later calls, for however long; undefined where it says none. */
function writtenTokens(usage: AttemptData["usage"]): number | undefined {
  const { cacheWrite5mTokens: short, cacheWrite1hTokens: long } = usage ?? {};
  return short === undefined && long === undefined ? undefined : (short ?? 0) + (long ?? 0);
}

function servedBy(
  event: EventEnvelope,
  { team, tier, keyId, user, policyVersion }: Partial<AuditEntry>,
  telling: Telling,
): Record<string, string | number | undefined> {
  return {
    "tallygate.event.id": `${event.stream}/${event.epoch}/${event.seq}`,
    "enduser.pseudo.id": user === undefined || user === "" ? undefined : nameOf(user, telling),
    "tallygate.team": team,
    "tallygate.tier": tier,
    "tallygate.key.id": keyId,
    "tallygate.policy.version": policyVersion,
  };
}

function refusedSpan(event: EventEnvelope, data: Refusal, telling: Telling): Span {
  const operation = operationOf(data);
  const { team, tier, keyId, policyVersion } = data;
  return {
    traceId: traceIdOf(data.requestId),
    spanId: spanIdOf(data.requestId, 0),
    name: `${operation} ${data.model}`,
    kind: SERVER,
    startTimeUnixNano: unixNanos(event.at),
    endTimeUnixNano: unixNanos(event.at),
    attributes: attributes({
      ...servedBy(
        event,
        {
          user: data.member,
          tier,
          policyVersion,
          ...(team === undefined ? {} : { team }),
          ...(keyId === undefined ? {} : { keyId }),
        },
        telling,
      ),
      "error.type": data.code,
      "tallygate.outcome": "refused",
      "tallygate.refused.by": data.by,
    }),
    status: { code: ERROR, message: data.code },
  };
}
