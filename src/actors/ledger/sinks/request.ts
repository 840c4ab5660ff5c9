/**
 * One sending to one sink: address, headers, signature, body.
 *
 * Sources: Standard Webhooks 1.0 (HMAC-SHA256 over `id.timestamp.body`), Splunk HEC, Datadog logs
 * API v2, AWS Signature Version 4, the OTLP/HTTP specification.
 */
import { AwsV4Signer } from "aws4fetch";
import { createHmac } from "node:crypto";
import type { EventEnvelope } from "#events/envelope.ts";
import { sha256Hex } from "#events/sha256.ts";
import type { Sink } from "#policy/sinks.ts";
import type { AuditEntry } from "#projections/audit-entry.ts";
import { packMetrics } from "#projections/out/otlp-metrics.ts";
import { packTraces } from "#projections/out/otlp-traces.ts";
import { packEvents, type Packed } from "#projections/out/pack.ts";
import { tellEvent, type Telling } from "#projections/out/told.ts";

/** A sink, or one signal of it: what has a cursor of its own. */
export interface Lane {
  lane: string;
  sink: Sink;
  signal?: "traces" | "metrics";
}

/** Events that go out together, with their requests' entries. */
export interface Batch {
  organisation: string;
  shard: string;
  /** Position of the first of them, by which the batch is named. */
  pos: number;
  items: readonly { event: EventEnvelope; entry: AuditEntry | undefined }[];
}

export interface SinkRequest {
  url: string;
  method: "POST" | "PUT";
  headers: Record<string, string>;
  body: string;
}

/** Every sink's lanes, in order. */
export function lanesOf(sinks: readonly Sink[]): Lane[] {
  return sinks.flatMap((sink): Lane[] =>
    sink.kind === "otlp"
      ? sink.signals.map((signal) => ({ lane: `${sink.name}/${signal}`, sink, signal }))
      : [{ lane: sink.name, sink }],
  );
}

/** Builds the request; `undefined` when the events say nothing to this lane. `at`: milliseconds. */
export async function buildRequest(
  { sink, signal }: Lane,
  batch: Batch,
  secret: string | undefined,
  telling: Telling,
  at: number,
): Promise<SinkRequest | undefined> {
  if (sink.kind === "otlp") return otlpRequest(sink, signal ?? "traces", batch, secret, telling);
  const events = batch.items.map(({ event }) => tellEvent(event, telling));
  const packed = packEvents(sink, { shard: batch.shard, events });
  const key = secret ?? "";
  if (sink.kind === "s3") return s3Request(sink, batch, packed, key, at);
  if (sink.kind === "splunk") {
    return post(hecUrl(sink.url), packed, { authorization: `Splunk ${key}` });
  }
  if (sink.kind === "datadog") {
    const url = /\/api\/v\d+\//.test(sink.url) ? sink.url : joined(sink.url, "api/v2/logs");
    return post(url, packed, { "dd-api-key": key });
  }
  // The first event's id names the message: sent again, it is the same one to the receiver.
  const id = events[0]?.id ?? `${batch.shard}/${batch.pos}`;
  return post(sink.url, packed, signedHeaders(id, packed.body, key, at));
}

function post(
  url: string,
  { body, contentType }: Packed,
  headers: Record<string, string>,
): SinkRequest {
  const type = { "content-type": contentType, "user-agent": "tallygate" };
  return { url, method: "POST", headers: { ...type, ...headers }, body };
}

const joined = (base: string, path: string): string => `${base.replace(/\/+$/, "")}/${path}`;

const hecUrl = (url: string): string =>
  new URL(url).pathname === "/" ? joined(url, "services/collector/event") : url;

/** The headers of Standard Webhooks. A secret `whsec_...` is base64, any other is taken as it is. */
export function signedHeaders(
  id: string,
  body: string,
  secret: string,
  at: number,
): Record<string, string> {
  const key = secret.startsWith("whsec_")
    ? Buffer.from(secret.slice("whsec_".length), "base64")
    : Buffer.from(secret);
  const timestamp = String(Math.floor(at / 1_000));
  const signature = createHmac("sha256", key).update(`${id}.${timestamp}.${body}`).digest("base64");
  return {
    "webhook-id": id,
    "webhook-timestamp": timestamp,
    "webhook-signature": `v1,${signature}`,
  };
}

function otlpRequest(
  sink: Extract<Sink, { kind: "otlp" }>,
  signal: "traces" | "metrics",
  batch: Batch,
  secret: string | undefined,
  telling: Telling,
): SinkRequest | undefined {
  const body =
    signal === "traces" ? packTraces(batch.items, telling, batch) : packMetrics(batch.items, batch);
  if (body === undefined) return undefined;
  const headers: Record<string, string> = {};
  if (secret !== undefined && sink.header === undefined)
    headers["authorization"] = `Bearer ${secret}`;
  else if (secret !== undefined && sink.header !== undefined) headers[sink.header] = secret;
  const packed = { body, contentType: "application/json" };
  return post(joined(sink.url, `v1/${signal}`), packed, headers);
}

/** An object named by its first event's position: a batch that is sent again replaces itself. */
async function s3Request(
  { url, accessKeyId, region }: Extract<Sink, { kind: "s3" }>,
  { shard, pos, items }: Batch,
  { body, contentType }: Packed,
  secretAccessKey: string,
  at: number,
): Promise<SinkRequest> {
  const day = new Date(items[0]?.event.at ?? at).toISOString().slice(0, 10).replaceAll("-", "/");
  const name = `${shard}/${day}/${String(pos).padStart(12, "0")}.ndjson`;
  const signer = new AwsV4Signer({
    method: "PUT",
    url: joined(url, name),
    headers: { "content-type": contentType, "x-amz-content-sha256": sha256Hex(body) },
    body,
    accessKeyId,
    secretAccessKey,
    service: "s3",
    region,
    datetime: new Date(at).toISOString().replace(/[:-]|\.\d{3}/g, ""),
  });
  const signed = await signer.sign();
  return {
    url: signed.url.toString(),
    method: "PUT",
    headers: Object.fromEntries(new Headers(signed.headers)),
    body,
  };
}
