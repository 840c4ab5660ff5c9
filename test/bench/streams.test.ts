/** What the bench says of streams: every translated one is measured, and beside its own tap. */
import { expect, test } from "vitest";
import { printStreams, streamFigures } from "../../bench/streams.ts";

test("every pair has a ratio to the tap of the dialect that its provider speaks", () => {
  const all = streamFigures(1);
  expect(all.length).toBeGreaterThan(5);
  for (const { from, to, ratio, chunkUs, tapUs } of all) {
    expect(from).not.toBe(to);
    expect([ratio.median, chunkUs, tapUs].every((figure) => figure > 0)).toBe(true);
  }
});

test("a pair over the target is called so", () => {
  const spread = { median: 2.5, min: 2, max: 3 };
  const figures = { chunkUs: 5, tapUs: 2, ratio: spread };
  const text = printStreams([
    { from: "openai-chat", to: "anthropic-messages", ...figures, ok: false },
    { from: "anthropic-messages", to: "openai-chat", ...figures, ok: true },
  ]);
  expect(text.match(/over 2x/g)).toHaveLength(1);
});
