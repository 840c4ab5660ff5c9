/**
 * Events as the bodies that log collectors take. The same events give the same bytes, so a batch
 * that is sent again is the same batch.
 *
 * Sources: Splunk "Format events for HTTP Event Collector", Datadog "Send logs" (API v2), Standard
 * Webhooks 1.0 (payload of `type`, `timestamp`, `data`).
 */
import type { Sink } from "#policy/sinks.ts";
import type { ToldEvent } from "./told.ts";

/** A body and its type. */
export interface Packed {
  body: string;
  contentType: string;
}

/** What a packed body is about. */
export interface Parcel {
  shard: string;
  events: readonly ToldEvent[];
}

/** Packs events for a sink of logs. */
export function packEvents(sink: Exclude<Sink, { kind: "otlp" }>, parcel: Parcel): Packed {
  const { events } = parcel;
  if (sink.kind === "splunk") return lines(events.map((event) => hecEvent(sink, parcel, event)));
  if (sink.kind === "datadog") return json(events.map((event) => datadogLog(sink, event)));
  if (sink.kind === "webhook") return json(events[0] === undefined ? {} : hookOf(events[0]));
  return lines(events);
}

const lines = (values: readonly object[]): Packed => ({
  body: values.map((value) => `${JSON.stringify(value)}\n`).join(""),
  contentType: "application/x-ndjson",
});

const json = (value: object): Packed => ({
  body: JSON.stringify(value),
  contentType: "application/json",
});

function hecEvent(
  { index }: Extract<Sink, { kind: "splunk" }>,
  { shard }: Parcel,
  event: ToldEvent,
): object {
  return {
    time: Date.parse(event.time) / 1_000,
    host: "tallygate",
    source: shard,
    sourcetype: "tallygate:event",
    ...(index === undefined ? {} : { index }),
    event,
    // Indexed fields, so that an event that came twice can be told by its id.
    fields: { event_id: event.id, event_type: event.type },
  };
}

function datadogLog({ tags }: Extract<Sink, { kind: "datadog" }>, event: ToldEvent): object {
  return {
    ddsource: "tallygate",
    service: "tallygate",
    ddtags: ["organisation:" + event.organisation, ...(tags === undefined ? [] : [tags])].join(","),
    message: `${event.type} ${event.id}`,
    status: event.topics.includes("errors") ? "error" : "info",
    timestamp: Date.parse(event.time),
    tallygate: event,
  };
}

function hookOf(event: ToldEvent): object {
  return { type: event.type, timestamp: event.time, data: event };
}
