/** Frames are made by the AWS SDK's own codec, which shares no code with the reader here. */
import { EventStreamCodec } from "@smithy/eventstream-codec";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { openFrames } from "#providers/frames.ts";
import type { WireEvent } from "#providers/types.ts";

const codec = new EventStreamCodec(
  (bytes) => new TextDecoder().decode(bytes as Uint8Array),
  (text) => new TextEncoder().encode(text),
);

function message(headers: Record<string, string>, payload: string): Uint8Array {
  const entries = Object.entries(headers).map(
    ([name, value]) => [name, { type: "string", value }] as const,
  );
  return codec.encode({
    headers: {
      ...Object.fromEntries(entries),
      // Types that mean nothing here are stepped over.
      flag: { type: "boolean", value: true },
      count: { type: "integer", value: 7 },
      bytes: { type: "binary", value: new Uint8Array([1, 2, 3]) },
      at: { type: "timestamp", value: new Date(0) },
    },
    body: new TextEncoder().encode(payload),
  });
}

const event = (type: string, payload: string): Uint8Array =>
  message(
    { ":message-type": "event", ":event-type": type, ":content-type": "application/json" },
    payload,
  );

const stream = Buffer.concat([
  event("messageStart", '{"role":"assistant"}'),
  event("contentBlockDelta", '{"delta":{"text":"¡hola! 👋"},"contentBlockIndex":0}'),
  event("messageStop", '{"stopReason":"end_turn"}'),
]);

const read = (...chunks: Uint8Array[]): WireEvent[] => {
  const frames = openFrames("aws-eventstream");
  return [...chunks.flatMap((chunk) => frames.push(chunk)), ...frames.end()];
};

describe("an Amazon event stream", () => {
  it("is read as its events, split at every byte", () => {
    const whole = read(stream);
    expect(whole.map(({ event, data }) => [event, data])).toEqual([
      ["messageStart", '{"role":"assistant"}'],
      ["contentBlockDelta", '{"delta":{"text":"¡hola! 👋"},"contentBlockIndex":0}'],
      ["messageStop", '{"stopReason":"end_turn"}'],
    ]);
    for (let cut = 0; cut <= stream.length; cut += 1) {
      expect(read(stream.subarray(0, cut), stream.subarray(cut))).toEqual(whole);
    }
    expect(read(...[...stream.values()].map((byte) => Uint8Array.of(byte)))).toEqual(whole);
  });

  it("names exceptions by their type, and errors by their code", () => {
    const exception = message(
      { ":message-type": "exception", ":exception-type": "throttlingException" },
      '{"message":"slow"}',
    );
    const error = message(
      { ":message-type": "error", ":error-code": "InternalError", ":error-message": "gone" },
      "",
    );
    expect(read(exception)[0]).toMatchObject({
      event: "throttlingException",
      data: '{"message":"slow"}',
    });
    expect(read(error)[0]).toMatchObject({
      event: "error",
      data: '{"code":"InternalError","message":"gone"}',
    });
  });

  it("ends at any damaged byte, and gives nothing out from there on", () => {
    const whole = read(stream);
    for (let at = 0; at < stream.length; at += 1) {
      const damaged = Buffer.from(stream);
      damaged[at] = (damaged[at] ?? 0) ^ 0x10;
      const events = read(damaged);
      const last = events.at(-1);
      const before = last?.event === "damaged" ? events.slice(0, -1) : events;
      expect(before).toEqual(whole.slice(0, before.length));
      expect(before.length).toBeLessThan(whole.length);
    }
  });

  it("gives out nothing of a message that did not come whole", () => {
    for (let cut = 0; cut < stream.length; cut += 1) {
      expect(read(stream.subarray(0, cut)).every(({ event }) => event !== "messageStop")).toBe(
        true,
      );
    }
  });

  it("takes any bytes without a throw", () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 60 }), { maxLength: 4 }), (chunks) => {
        for (const { data } of read(...chunks)) expect(typeof data).toBe("string");
      }),
      { seed: 20_261_121, numRuns: 300 },
    );
  });

  it("is text for the other framings, with characters that were cut in two", () => {
    const bytes = new TextEncoder().encode("data: 👋\n\ndata: rest");
    for (let cut = 0; cut <= bytes.length; cut += 1) {
      const frames = openFrames("sse");
      const events = [...frames.push(bytes.subarray(0, cut)), ...frames.push(bytes.subarray(cut))];
      expect([...events, ...frames.end()].map(({ data }) => data)).toEqual(["👋", "rest"]);
    }
  });
});
