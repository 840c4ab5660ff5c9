/** What a ledger does with a batch, decided from what it knows. */
import { expect, test } from "vitest";
import { planIngest, type KnownStream } from "#actors/ledger/ingest.ts";
import { EMPTY_HEAD, unseal, type SealedEvent } from "#events/envelope.ts";
import { SampleStream, settled } from "../../support/sample-events.ts";

const stream = new SampleStream();
for (let n = 0; n < 3; n += 1) stream.request(n);

/** A ledger that has the first `count` events of a stream. */
function knowing(count: number, events: readonly SealedEvent[] = stream.events): KnownStream {
  const last = events[count - 1];
  return {
    head: last === undefined ? EMPTY_HEAD : { epoch: 1, seq: count, hash: last.hash },
    hashes: (from, to) => new Map(events.slice(from - 1, to).map(({ seq, hash }) => [seq, hash])),
  };
}

test("the next events are taken", () => {
  expect(planIngest(stream.batch(1, 6), knowing(0))).toEqual({
    outcome: "take",
    sealed: stream.events,
    events: stream.events.map(unseal),
  });
  expect(planIngest(stream.batch(3, 6), knowing(2))).toMatchObject({ outcome: "take" });
});

test("what is known already is skipped, from any place on", () => {
  for (let from = 1; from <= 4; from += 1) {
    expect(planIngest(stream.batch(from, 6), knowing(4))).toMatchObject({
      outcome: "take",
      sealed: stream.events.slice(4),
    });
  }
  expect(planIngest(stream.batch(1, 4), knowing(6))).toMatchObject({ sealed: [], events: [] });
  expect(planIngest({ ...stream.batch(), events: [] }, knowing(2))).toMatchObject({ events: [] });
});

test("a gap is answered with the event that is needed", () => {
  expect(planIngest(stream.batch(4, 6), knowing(2))).toEqual({ outcome: "need", seq: 3 });
  expect(planIngest(stream.batch(2, 2), knowing(0))).toEqual({ outcome: "need", seq: 1 });
});

test("another history of the same stream is a fork at its first differing event", () => {
  const other = new SampleStream();
  other.request(0);
  other.request(77);
  expect(planIngest(other.batch(1, 4), knowing(4))).toMatchObject({ outcome: "fork", seq: 3 });
  // A history that went on elsewhere does not follow, even if its numbers do.
  other.append(settled());
  expect(planIngest(other.batch(5, 5), knowing(4))).toMatchObject({
    outcome: "fork",
    seq: 5,
    message: "event 5 does not follow the event before it",
  });
});

test("an altered event, another epoch and another stream's event are forks", () => {
  const altered = stream.batch(1, 2);
  const events = altered.events.map((event) => ({
    ...event,
    body: event.body.replace("red", "x"),
  }));
  expect(planIngest({ ...altered, events }, knowing(0))).toMatchObject({ outcome: "fork", seq: 1 });
  const later = { ...stream.batch(1, 2), epoch: 2 };
  expect(planIngest(later, knowing(0))).toMatchObject({ outcome: "fork", seq: 1 });
  for (const claim of [{ stream: "u_bob" }, { organisation: "other" }]) {
    expect(planIngest({ ...stream.batch(1, 2), ...claim }, knowing(0))).toMatchObject({
      outcome: "fork",
      seq: 1,
      message: "event 1 belongs to another stream",
    });
  }
});

test("nothing that is sent makes it throw", () => {
  for (const event of [
    { seq: 1, body: "{", hash: "" },
    { seq: 1, body: "null", hash: "0" },
    { seq: 0, body: "", hash: "" },
    { seq: -5, body: "", hash: "" },
    { seq: 1.5, body: "", hash: "" },
    { seq: Number.NaN, body: "", hash: "" },
  ]) {
    const batch = { ...stream.batch(), events: [event] };
    expect(planIngest(batch, knowing(0)).outcome).toMatch(/fork|need/);
  }
});
