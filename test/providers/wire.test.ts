import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { WIRE_EVENT_CHARS_MAX } from "#providers/limits.ts";
import type { WireEvent } from "#providers/types.ts";
import { openSplitter, WireLimitError } from "#providers/wire.ts";

const SEED = 20_261_121;

function feed(framing: "sse" | "ndjson", chunks: string[]): WireEvent[] {
  const splitter = openSplitter(framing);
  return [...chunks.flatMap((chunk) => splitter.push(chunk)), ...splitter.end()];
}

/** What a reader sees: framing bytes between events may move from one event's raw to the next. */
const read = (events: WireEvent[]) =>
  events.filter((one) => one.data !== "").map(({ event, data }) => ({ event, data }));

const pieces = fc.array(
  fc.constantFrom(
    "data: a",
    "data:b",
    'data: {"x":1}',
    "event: ping",
    ": note",
    "id: 7",
    "\n",
    "\n\n",
    "\r\n",
    "\r\n\r\n",
    "\r",
    "\r\r",
    "é🌆",
  ),
  { maxLength: 24 },
);

describe("the stream splitter", () => {
  it("reads an event's name and joins its data lines", () => {
    expect(read(feed("sse", ["event: x\ndata: a\ndata:b\nid: 1\n\n"]))).toEqual([
      { event: "x", data: "a\nb" },
    ]);
  });

  it.each(["\n", "\r\n", "\r"])("ends lines with %j", (end) => {
    const wire = `event: x${end}data: a${end}${end}data: b${end}${end}`;
    expect(read(feed("sse", [wire]))).toEqual([
      { event: "x", data: "a" },
      { event: undefined, data: "b" },
    ]);
  });

  it("gives an event out as soon as its blank line is there", () => {
    expect(openSplitter("sse").push("data: a\n\n")).toHaveLength(1);
    expect(openSplitter("sse").push("data: a\r\n\r\n")).toHaveLength(1);
    expect(openSplitter("sse").push("data: a\r\r")).toHaveLength(1);
    expect(openSplitter("ndjson").push('{"a":1}\n')).toHaveLength(1);
  });

  it("passes comments on and a byte order mark over", () => {
    expect(feed("sse", [": keep-alive\n\n"])).toEqual([{ raw: ": keep-alive\n\n", data: "" }]);
    expect(read(feed("sse", ["\uFEFFdata: a\n\n"]))).toEqual([{ event: undefined, data: "a" }]);
  });

  it("gives out what is left when a stream ends without its terminator", () => {
    expect(feed("sse", ["data: a"])).toEqual([{ raw: "data: a", data: "a" }]);
    expect(feed("ndjson", ['{"a":1}'])).toEqual([{ raw: '{"a":1}', data: '{"a":1}' }]);
  });

  it("takes CR and LF that come in two chunks for one end of a line", () => {
    const wire = "data: a\r\ndata: b\r\n\r\n";
    for (let cut = 0; cut <= wire.length; cut += 1) {
      const events = feed("sse", [wire.slice(0, cut), wire.slice(cut)]);
      expect(read(events)).toEqual([{ event: undefined, data: "a\nb" }]);
    }
  });

  it("loses no character and reads the same for any chunking", () => {
    fc.assert(
      fc.property(
        pieces,
        fc.array(fc.nat(200)),
        fc.constantFrom("sse" as const, "ndjson" as const),
        (parts, cuts, framing) => {
          const wire = parts.join("");
          const chunks: string[] = [];
          let from = 0;
          for (const cut of cuts.map((at) => Math.min(at, wire.length)).sort((a, b) => a - b)) {
            chunks.push(wire.slice(from, cut));
            from = cut;
          }
          chunks.push(wire.slice(from));
          const events = feed(framing, chunks);
          expect(events.map((event) => event.raw).join("")).toBe(wire);
          expect(read(events)).toEqual(read(feed(framing, [wire])));
        },
      ),
      { seed: SEED, numRuns: 1000 },
    );
  });

  it("refuses an event past its bound instead of growing without end", () => {
    const chunk = "x".repeat(1 << 20);
    for (const framing of ["sse", "ndjson"] as const) {
      const splitter = openSplitter(framing);
      expect(() => {
        for (let sent = 0; sent <= WIRE_EVENT_CHARS_MAX; sent += chunk.length) splitter.push(chunk);
      }).toThrow(WireLimitError);
    }
  });
});
