/** Lines read from bytes: the same as read from text and parsed in full, whatever they hold. */
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { canonicalJson } from "#events/canonical.ts";
import { hashBody, unseal } from "#events/envelope.ts";
import { Recall } from "#events/recall.ts";
import { SegmentScan, segmentOf, type Recalls } from "#events/segment-scan.ts";
import { eventLeaf, readLine, toLine } from "#events/segment.ts";
import { sha256Hex } from "#events/sha256.ts";
import { liveTogether } from "../support/archives.ts";

const lived = liveTogether(2, 14)
  .flat()
  .map((event) => toLine(event));
const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

type Read = { place: object; event: unknown; leaf: string } | undefined;

/** As the format says: the line as text, its hash over its body, its event by JSON.parse. */
function readPlainly(line: string): Read {
  const read = readLine(line);
  if (read === undefined) return undefined;
  const { body, hash, organisation, stream, epoch, seq, prev } = read;
  const [, type, v] = /"type":"([^"]*)","v":(\d+)\}$/.exec(body) ?? [];
  const [, at] = /^\{"at":(0|[1-9]\d{0,15}),/.exec(body) ?? [];
  const isAltered = hashBody(body) !== hash;
  const place = { hash, organisation, stream, epoch, seq, prev, isAltered, type, v: Number(v) };
  return {
    place: { ...place, at: Number(at) },
    event: tried(() => unseal(read)),
    leaf: eventLeaf(hash),
  };
}

function tried(read: () => unknown): unknown {
  try {
    return read();
  } catch {
    return "it is none";
  }
}

/** As a verifier reads them: with what the events of a type had in common. */
function readAll(lines: readonly string[]): Read[] {
  const scan = new SegmentScan(segmentOf(utf8(lines.map((line) => `${line}\n`).join(""))));
  const recalls = new Map<string, Recalls>();
  const read: Read[] = [];
  for (let index = 0; index < scan.size; index += 1) {
    const line = scan.read(index);
    if (line === undefined) {
      read.push(undefined);
      continue;
    }
    const { hash, organisation, stream, epoch, seq, prev, isAltered, type, v, at } = line;
    const kind = `${stream} ${type}`;
    const known = recalls.get(kind) ?? {
      cause: new Recall(new Set()),
      data: new Recall(new Set()),
    };
    recalls.set(kind, known);
    read.push({
      place: { hash, organisation, stream, epoch, seq, prev, isAltered, type, v, at },
      // What the next event is read into is this one's, as long as nobody reads it.
      event: structuredClone(tried(() => line.event(known))),
      leaf: sha256Hex(scan.leaf),
    });
  }
  return read;
}

test("what is read from bytes is what is read from text, and nothing is shared that is changed", () => {
  const read = readAll(lived);
  expect(read).toEqual(lived.map(readPlainly));
  expect(read.every((line) => line?.event !== "it is none")).toBe(true);
});

/** A line with something else at a place: a character, a part of another line, nothing. */
const change = fc.record({
  line: fc.nat(lived.length - 1),
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  gone: fc.nat(8),
  put: fc.oneof(
    fc.string({ maxLength: 4 }),
    fc.constantFrom('"', "\\", "{", "}", "[", ",", ":", "0", "-1", "1e3", "null", "ü", "\u2028"),
    fc.constantFrom('"budgets":[', ',"hash":"', ',"epoch":1', '\\"', "__proto__", "\\u0022"),
  ),
});

test("an altered line is read as its text says, and so are those after it", () => {
  fc.assert(
    fc.property(fc.array(change, { minLength: 1, maxLength: 8 }), (changes) => {
      const lines = [...lived];
      for (const { line, at, gone, put } of changes) {
        const text = lines[line] ?? "";
        const place = Math.floor(at * text.length);
        lines[line] = (text.slice(0, place) + put + text.slice(place + gone)).replaceAll("\n", "");
      }
      // An empty line would be one line less.
      const kept = lines.filter((line) => line.isWellFormed());
      expect(readAll(kept)).toEqual(kept.map(readPlainly));
    }),
    { numRuns: 400 },
  );
});

test("an altered line whose hash was made anew is read as its text says", () => {
  fc.assert(
    fc.property(
      fc.array(fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 2 }), { maxKeys: 5 }), {
        minLength: 1,
        maxLength: 12,
      }),
      fc.array(fc.dictionary(fc.constantFrom("a", "b", "c"), fc.jsonValue({ maxDepth: 1 })), {
        minLength: 12,
        maxLength: 12,
      }),
      (strange, alike) => {
        const lines = [...alike, ...strange, ...alike].map((data, seq) => {
          const base = unseal(readLine(lived[0] ?? "") ?? { seq: 0, body: "", hash: "" });
          const { hash: _hash, ...event } = base;
          const body = canonicalJson({ ...event, data, cause: data, seq: seq + 1 });
          return toLine({ seq: seq + 1, body, hash: hashBody(body) });
        });
        expect(readAll(lines)).toEqual(lines.map(readPlainly));
      },
    ),
    { numRuns: 200 },
  );
});

test("a line that says something twice means what it says last, and teaches nothing else", () => {
  const [first = "", ...rest] = lived.slice(0, 12);
  const twice = rest.map((line, n) =>
    n % 3 === 0 ? line : line.replace(',"epoch":1', ',"cause":{"command":"x"},"data":{},"epoch":1'),
  );
  const lines = [first, ...twice, ...rest];
  expect(readAll(lines)).toEqual(lines.map(readPlainly));
});

test("a recalled object is the one before with what is new in it, and shares what is the same", () => {
  const recall = new Recall(new Set());
  const read = (value: object) => {
    const text = JSON.stringify(value);
    const source = { bytes: utf8(text), text, base: 0 };
    const known = recall.read(source, 0);
    if (known === undefined) recall.learn(source, 0);
    return known;
  };
  read({ a: [1], b: { c: 1 }, d: 7 });
  expect(read({ a: [2], b: { c: 1 }, d: 7 })).toBeUndefined();
  const third = read({ a: [3], b: { c: 1 }, d: 7 });
  const { a, b } = third ?? {};
  expect(third).toEqual({ a: [3], b: { c: 1 }, d: 7 });
  const fourth = read({ a: [4], b: { c: 1 }, d: 7 });
  expect(fourth).toBe(third);
  expect(fourth).toEqual({ a: [4], b: { c: 1 }, d: 7 });
  expect(fourth?.["b"]).toBe(b);
  expect(a).toEqual([3]);
  expect(recall.end).toBe('{"a":[4],"b":{"c":1},"d":7}'.length);
});

const sourceOf = (value: object) => {
  const text = JSON.stringify(value);
  return { bytes: utf8(text), text, base: 0 };
};

test("what was read of an object that ends otherwise is not told of by the next", () => {
  const recall = new Recall(new Set());
  recall.learn(sourceOf({ a: 1, b: 1, c: 1 }), 0);
  recall.learn(sourceOf({ a: 2, b: 1, c: 2 }), 0);
  expect(recall.read(sourceOf({ a: 3, b: 1, d: 3 }), 0)).toBeUndefined();
  expect(recall.read(sourceOf({ a: 4, b: 1, c: 5 }), 0)).toEqual({ a: 4, b: 1, c: 5 });
});

test("a number with a zero before it is none, and a hash with other digits makes no line", () => {
  const spoiled = lived.map((line, n) => {
    if (n % 3 === 1)
      return line.replace(/"costNanos":(\d+),"estimated"/, '"costNanos":0$1,"estimated"');
    return n % 3 === 2 ? line.replace(/"prev":"[0-9a-f]/, '"prev":"A') : line;
  });
  const read = readAll(spoiled);
  expect(read).toEqual(spoiled.map(readPlainly));
  expect(read.filter((line) => line?.event === "it is none").length).toBeGreaterThan(1);
  expect(read.filter((line) => line === undefined).length).toBeGreaterThan(5);
});
