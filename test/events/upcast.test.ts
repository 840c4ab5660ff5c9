/** Old events are lifted, new and unknown ones are kept. */
import { expect, test } from "vitest";
import { unseal, type EventEnvelope } from "#events/envelope.ts";
import { upcast, type Upcaster } from "#events/upcast.ts";
import { SampleStream, admitted } from "../support/sample-events.ts";

function event(change: Partial<EventEnvelope> = {}): EventEnvelope {
  const stream = new SampleStream();
  stream.append(admitted());
  return { ...unseal(stream.events[0] as never), ...change };
}

const fence = (data: object, v: number) => event({ type: "KeyFenced", v, data });

test("a known event is itself", () => {
  expect(upcast(event())).toEqual({ kind: "known", event: event() });
});

test("an old version is lifted step by step, and its envelope stays", () => {
  const chain: Upcaster[] = [
    { type: "KeyFenced", v: -1, lift: (data) => ({ key: (data as { k: string }).k }) },
    { type: "KeyFenced", v: 0, lift: (data) => ({ keyId: (data as { key: string }).key }) },
  ];
  const old = fence({ k: "k1" }, -1);
  expect(upcast(old, chain)).toEqual({
    kind: "known",
    event: { ...old, v: 1, data: { keyId: "k1" } },
  });
  expect(old.data).toEqual({ k: "k1" });
});

test("a newer version and an unknown type are kept as they are", () => {
  const newer = fence({ anything: 1 }, 2);
  expect(upcast(newer)).toEqual({ kind: "unknown", event: newer });
  const unknown = event({ type: "SubjectMoved", v: 1, data: {} });
  expect(upcast(unknown)).toEqual({ kind: "unknown", event: unknown });
});

test("a field that this code does not know does not hide the event", () => {
  expect(upcast(fence({ keyId: "k1", reason: "new here" }, 1)).kind).toBe("known");
});

test("data that its schema refuses is malformed, and the fault names the field", () => {
  expect(upcast(fence({}, 1))).toMatchObject({
    kind: "malformed",
    message: expect.stringContaining("keyId") as string,
  });
  expect(upcast(fence({ keyId: "k1" }, 0)).kind).toBe("malformed");
});
