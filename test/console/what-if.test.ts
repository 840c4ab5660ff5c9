/** What a draft would have changed, as people read it; lines of JSON as they come. */
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { linesOf } from "../../console/src/logic/ndjson.ts";
import {
  mayReread,
  ruleLines,
  textsSentence,
  whatIfLines,
  whatIfSentence,
  whatIfSpan,
} from "../../console/src/logic/what-if.ts";
import { emptyResult, noDifference } from "#projections/what-if/result.ts";
import { noTexts } from "#projections/what-if/texts.ts";

async function readAll(chunks: readonly Uint8Array[]): Promise<unknown[]> {
  const stream = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(chunk);
      controller.close();
    },
  });
  const values: unknown[] = [];
  for await (const value of linesOf<unknown>(stream)) values.push(value);
  return values;
}

test("lines are whole however their bytes are cut, with or without a last line break", async () => {
  const values = fc.array(fc.jsonValue(), { maxLength: 6 });
  await fc.assert(
    fc.asyncProperty(values, fc.boolean(), fc.nat({ max: 7 }), async (all, isEnded, size) => {
      const text = all.map((value) => JSON.stringify(value)).join("\n") + (isEnded ? "\n" : "");
      const bytes = new TextEncoder().encode(text);
      const chunks: Uint8Array[] = [];
      for (let at = 0; at < bytes.length; at += size + 1)
        chunks.push(bytes.slice(at, at + size + 1));
      expect(await readAll(chunks)).toEqual(JSON.parse(JSON.stringify(all)));
    }),
    { seed: 31, numRuns: 100 },
  );
});

test("who stops reading ends the stream", async () => {
  let isCancelled = false;
  const stream = new ReadableStream<Uint8Array>({
    pull(controller) {
      controller.enqueue(new TextEncoder().encode('{"done":1}\n'));
    },
    cancel() {
      isCancelled = true;
    },
  });
  for await (const line of linesOf<{ done: number }>(stream)) {
    expect(line).toEqual({ done: 1 });
    break;
  }
  expect(isCancelled).toBe(true);
});

test("a period has a beginning, and an end only when one is given", () => {
  const own = { from: 1_793_491_200_000, to: undefined };
  expect(whatIfSpan("all", 5, own)).toEqual({});
  expect(whatIfSpan("24h", 100_000_000, own)).toEqual({ from: "13600000" });
  expect(whatIfSpan("own", 5, own)).toEqual({ from: "1793491200000" });
});

test("what changes most comes first", () => {
  const lines = whatIfLines({
    quiet: { ...noDifference(), requests: 9 },
    dearer: { ...noDifference(), costNanosBefore: 1, costNanosAfter: 5 },
    refused: { ...noDifference(), newlyRefused: 2 },
  });
  expect(lines.map(({ name, deltaNanos }) => [name, deltaNanos])).toEqual([
    ["refused", 0],
    ["dearer", 4],
    ["quiet", 0],
  ]);
});

test("the result is one sentence", () => {
  const result = { ...emptyResult(), requests: 1_000, newlyRefused: 14, rerouted: 1 };
  expect(whatIfSentence(result)).toBe(
    "Of 1,000 requests, it would have refused 14 requests that passed, sent 1 request elsewhere first.",
  );
  expect(whatIfSentence({ ...emptyResult(), requests: 1 })).toBe(
    "Of 1 request none would have been decided otherwise.",
  );
  expect(whatIfSentence(emptyResult())).toMatch(/^Nothing was decided/);
});

test("a sentence about a sample says whom it is about", () => {
  const sample = { share: 0.1, members: 3, of: 29 };
  expect(whatIfSentence({ ...emptyResult(), requests: 40, newlyRefused: 2, sample })).toBe(
    "Of 40 requests by 3 of 29 members, it would have refused 2 requests that passed.",
  );
  expect(whatIfSentence({ ...emptyResult(), sample: { ...sample, members: 0 } })).toBe(
    "The sample has none of the members who asked in this time: take a larger one.",
  );
});

const roles = (document: Parameters<typeof mayReread>[1]) =>
  ["admin", "auditor"].filter((role) => mayReread(role, document));

test("kept texts are read again for the roles that policy names, auditors where it names none", () => {
  expect(roles({})).toEqual(["auditor"]);
  expect(roles({ payloads: { readers: ["admin"] } })).toEqual(["admin"]);
  expect(roles({ payloads: { readers: [] } })).toEqual([]);
});

test("which texts were read is said, and why others were not", () => {
  expect(textsSentence({ ...noTexts(), read: 1 })).toBe("Texts of 1 request were read again.");
  expect(textsSentence({ ...noTexts(), read: 1_200, erased: 3, over: 40 })).toBe(
    "Texts of 1,200 requests were read again; of others: 3 erased, 40 more than one question reads.",
  );
});

test("each rule says what it changes in prompts and answers, what changes most first", () => {
  const byRule = {
    cards: { newlyRefused: 1, newlyRedacted: 2 },
    quiet: { newlyRefused: 0, newlyRedacted: 0 },
  };
  const answersByRule = { cards: { blocked: 1, redacted: 0 }, emails: { blocked: 0, redacted: 9 } };
  const texts = { ...noTexts(), answersByRule };
  expect(ruleLines({ ...emptyResult(), byRule, texts })).toEqual([
    "emails: 9 answers with something hidden",
    "cards: 1 refused, 2 prompts with something hidden, 1 answers blocked",
  ]);
  expect(ruleLines({ ...emptyResult(), byRule })).toEqual([
    "cards: 1 refused, 2 prompts with something hidden",
  ]);
});
