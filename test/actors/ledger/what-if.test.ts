/** What-if over a shard's events as it is told: progress, an end, and an end before the end. */
import { expect, test } from "vitest";
import { streamWhatIf, type WhatIfFrame } from "#actors/ledger/what-if.ts";
import { unseal, type EventEnvelope } from "#events/envelope.ts";
import { PolicyDocument } from "#policy/document.ts";
import { liveTogether } from "../../support/archives.ts";

const document = PolicyDocument.parse({
  schema: 1,
  providers: { main: { kind: "openai", secret: "OPENAI_API_KEY" } },
  tiers: { standard: { candidates: [{ provider: "main", serves: ["*"] }] } },
});
const events = liveTogether(4, 400).flat();

/** The events in runs as the archive gives them, and how many runs were read. */
function counted() {
  const read = { runs: 0, isClosed: false };
  async function* runs(): AsyncGenerator<EventEnvelope[]> {
    try {
      for (let at = 0; at < events.length; at += 100) {
        read.runs += 1;
        yield events.slice(at, at + 100).map((event) => unseal(event));
      }
    } finally {
      read.isClosed = true;
    }
  }
  const stream = streamWhatIf({ document, from: 0, to: 9e15 }, runs(), events.length);
  return { read, reader: stream.getReader() };
}

const framesIn = (bytes: Uint8Array | undefined): WhatIfFrame[] =>
  new TextDecoder()
    .decode(bytes)
    .split("\n")
    .slice(0, -1)
    .map((line) => JSON.parse(line) as WhatIfFrame);

test("it says how far it is as it goes, and what came of it at the end", async () => {
  const { reader, read } = counted();
  const frames: WhatIfFrame[] = [];
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    frames.push(...framesIn(part.value));
  }
  const done = frames.flatMap((frame) => ("done" in frame ? [frame.done] : []));
  expect(done).toEqual(done.map((_n, index) => (index + 1) * 1_000));
  expect(done.length).toBe(Math.floor(events.length / 1_000));
  expect(frames.at(-1)).toMatchObject({ result: { requests: 4 * 400 } });
  expect(read.isClosed).toBe(true);
});

test("who stops reading stops it: no event more is read, and what it held is let go", async () => {
  const { reader, read } = counted();
  await reader.read();
  await reader.cancel();
  const { runs } = read;
  expect(runs * 100).toBeLessThan(events.length);
  expect(read).toEqual({ runs, isClosed: true });
});
