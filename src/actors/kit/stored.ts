/**
 * Reads an actor's own events as the code of today folds them.
 *
 * A stream is the state that decisions are made from, so an event that this code does not know, which a
 * newer version of it wrote before it was rolled back, is not passed over: nothing is decided then.
 */
import { lookUpEvent } from "#events/catalogue.ts";
import type { EventEnvelope } from "#events/envelope.ts";
import { upcast, upcasters } from "#events/upcast.ts";

/** The event, lifted to its newest version; throws with its name when there is no such event here. */
export function readStored(event: EventEnvelope): EventEnvelope {
  const { type, v, seq, stream } = event;
  const isLifted = upcasters.some((upcaster) => upcaster.type === type && upcaster.v === v);
  // Its data was checked when it was written; a schema that grew must not stop old streams.
  if (!isLifted && lookUpEvent(type, v) !== undefined) return event;
  const read = upcast(event);
  if (read.kind === "known") return read.event;
  throw new Error(
    `event ${seq} of stream ${stream} is ${type} version ${v}, which this Worker does not know: deploy the version that wrote it, or a newer one`,
  );
}
