/**
 * An audit entry as Cloudflare's AI Gateway shows a log.
 * Source: developers.cloudflare.com/api/resources/ai_gateway/subresources/logs.
 */
import { NANOS_PER_DOLLAR } from "#events/money.ts";
import type { AuditEntry } from "#projections/audit-entry.ts";
import { GATEWAY_CODES, toGatewayCode } from "../errors.ts";

/** A log; what nobody knows is null or empty, as there. */
export interface CloudflareLog {
  id: string;
  created_at: string;
  provider: string;
  model: string;
  model_type: string;
  path: string;
  request_type: string;
  success: boolean;
  cached: boolean;
  /** Milliseconds. */
  duration: number;
  status_code: number;
  tokens_in: number | null;
  tokens_out: number | null;
  /** US dollars. */
  cost: number;
  custom_cost: boolean;
  /** JSON of a flat object. */
  metadata: string;
  request_content_type: string;
  response_content_type: string;
  feedback: number | null;
  score: number | null;
}

/** Whether an entry is what they call a log: one request that has ended. */
export function isLog({ kind, outcome }: AuditEntry): boolean {
  return kind === "request" && outcome !== "admitted" && outcome !== "orphaned";
}

/** The log of an entry. */
export function toLog(entry: AuditEntry): CloudflareLog {
  return {
    id: entry.id,
    created_at: new Date(entry.at).toISOString(),
    provider: entry.provider ?? "",
    model: entry.modelServed ?? entry.modelAsked ?? "",
    model_type: "",
    path: entry.dialect ?? "",
    request_type: entry.action,
    success: entry.outcome === "completed",
    cached: entry.cache === "hit",
    duration: entry.latencyMs ?? 0,
    status_code: statusOf(entry),
    tokens_in: entry.inputTokens ?? null,
    tokens_out: entry.outputTokens ?? null,
    cost: (entry.costNanos ?? 0) / NANOS_PER_DOLLAR,
    custom_cost: false,
    metadata: JSON.stringify(metadataOf(entry)),
    request_content_type: "application/json",
    response_content_type: entry.streaming === true ? "text/event-stream" : "application/json",
    feedback: entry.feedback?.value ?? null,
    score: entry.feedback?.score ?? null,
  };
}

/** The caller's metadata, with what feedback put beside it. */
export function metadataOf({ metadata, feedback }: AuditEntry): Record<string, unknown> {
  return { ...metadata, ...feedback?.metadata };
}

/** A refusal has no status in the books: its code says it. */
function statusOf({ status, outcome, code }: AuditEntry): number {
  if (status !== undefined) return status;
  return outcome === "refused" ? GATEWAY_CODES[toGatewayCode(code ?? "")].status : 0;
}

/** What they call the data rules' action. */
function dlpAction({ dlp }: AuditEntry): string | undefined {
  const actions = { none: undefined, warned: "FLAG", redacted: "REDACT", blocked: "BLOCK" };
  return actions[dlp];
}

type Scalar = string | number | boolean;

/** What each of their filter keys looks at; more than one value where there are several. */
export const FIELDS: Readonly<
  Record<string, (log: CloudflareLog, entry: AuditEntry) => (Scalar | null | undefined)[]>
> = {
  id: ({ id }) => [id],
  created_at: (_log, { at }) => [at],
  provider: ({ provider }) => [provider],
  model: ({ model }) => [model],
  model_type: ({ model_type }) => [model_type],
  path: ({ path }) => [path],
  request_type: ({ request_type }) => [request_type],
  request_content_type: ({ request_content_type }) => [request_content_type],
  response_content_type: ({ response_content_type }) => [response_content_type],
  success: ({ success }) => [success],
  cached: ({ cached }) => [cached],
  duration: ({ duration }) => [duration],
  status_code: ({ status_code }) => [status_code],
  tokens_in: ({ tokens_in }) => [tokens_in],
  tokens_out: ({ tokens_out }) => [tokens_out],
  tokens: ({ tokens_in, tokens_out }) => [(tokens_in ?? 0) + (tokens_out ?? 0)],
  cost: ({ cost }) => [cost],
  feedback: ({ feedback }) => [feedback],
  event_id: (_log, { metadata }) => [metadata?.["cf.event_id"]],
  "metadata.key": (_log, entry) => Object.keys(metadataOf(entry)),
  "metadata.value": (_log, entry) => Object.values(metadataOf(entry)) as Scalar[],
  dlp_action: (_log, entry) => [dlpAction(entry)],
  user_agent: (_log, { userAgent }) => [userAgent],
};
