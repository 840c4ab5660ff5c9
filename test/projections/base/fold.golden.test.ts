/** A base's states as they were first written: every form stays readable, for good. */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { parseBaseLine } from "#events/base.ts";
import { unseal } from "#events/envelope.ts";
import { readLine } from "#events/segment.ts";
import { snapshotVersion, toSnapshot } from "#actors/user/snapshot.ts";
import { BaseFold, inThisForm, stateOf, streamKey } from "#projections/base/fold.ts";

/**
 * The hash of each golden line, by the form of its state. One is added when `snapshotVersion` is
 * raised; none is ever changed or removed: archives begin with bases of that form.
 */
const hashes: Record<number, string> = {
  6: "4f8427837e7a8e6d040c7dbe0da7e67a028aa14bfb37ff58bb1006b9e6a1416d",
};

const folder = path.resolve(import.meta.dirname, "../../golden/bases");

function golden(version: number) {
  const name = path.join(folder, `stream.v${version}.ndjson`);
  const texts = readFileSync(name, "utf8").slice(0, -1).split("\n");
  const line = parseBaseLine(texts.pop() ?? "");
  const events = texts.map((text) => readLine(text)).filter((event) => event !== undefined);
  if (line?.kind !== "stream") throw new Error(`${name} does not end with a stream's line`);
  return { line, events };
}

test("there is a golden line of the form that is written today", () => {
  const versions = Object.keys(hashes).map(Number);
  expect(versions).toContain(snapshotVersion);
  expect(readdirSync(folder).sort()).toEqual(versions.map((v) => `stream.v${v}.ndjson`).sort());
  for (const version of versions) {
    const bytes = readFileSync(path.join(folder, `stream.v${version}.ndjson`));
    expect(createHash("sha256").update(bytes).digest("hex")).toBe(hashes[version]);
  }
});

describe.each(Object.keys(hashes).map(Number))("the state of form %i", (version) => {
  const { line, events } = golden(version);
  const lines = new Map<string, string>();
  const fold = new BaseFold((key) => lines.get(key));
  for (const event of events) fold.take(event);
  for (const [key, text] of fold.end()) if (text !== undefined) lines.set(key, text);
  const today = parseBaseLine(lines.get(streamKey(line.stream)) ?? "");
  const state = today?.kind === "stream" ? today.state : undefined;

  test("is of a life with all that a state can hold open", () => {
    const types = new Set(events.map((event) => unseal(event).type));
    for (const type of ["RequestAdmitted", "RequestRefused", "RequestSettled", "RequestReleased"])
      expect(types).toContain(type);
    expect(line.open.length).toBeGreaterThan(0);
    expect(line.tally?.accounts.length).toBeGreaterThan(0);
  });

  test("is read, and is what the events before it come to today", () => {
    // Undefined here: bases of this form are out there, and this code has to read them, too.
    const read = stateOf(structuredClone(line), version);
    expect(read && toSnapshot(read)).toEqual(state);
  });

  test("goes on in today's form as what today's code makes of the events", () => {
    expect(inThisForm(structuredClone(line), version)).toEqual(today);
  });
});

test("a state whose form is not known is left out, whole", () => {
  const { line } = golden(snapshotVersion);
  expect(stateOf(line, snapshotVersion + 1)).toBeUndefined();
  const { stream, epoch, seq, hash, at, carried } = line;
  expect(inThisForm(line, snapshotVersion + 1)).toEqual({
    kind: "stream",
    stream,
    epoch,
    seq,
    hash,
    at,
    carried,
    state: null,
    tally: null,
    open: [],
  });
});
