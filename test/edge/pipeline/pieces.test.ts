/** Answers in pieces, read as the texts that they are. */
import { expect, it } from "vitest";
import { joinedTexts } from "#edge/pipeline/pieces.ts";
import type { JsonObject } from "#providers/types.ts";

function replaced(answer: JsonObject): [string[], JsonObject] {
  const slots = joinedTexts(answer);
  for (const slot of slots) slot.replace("two\nlines");
  return [slots.map(({ text }) => text), answer];
}

it("a list of pieces is one text, in a prediction and in a list of them", () => {
  expect(replaced({ output: ["a@", "b.c"] })).toEqual([["a@b.c"], { output: ["two\nlines"] }]);
  expect(replaced({ results: [{ output: ["a", "b"] }, { output: "c" }] })).toEqual([
    ["ab"],
    { results: [{ output: ["two\nlines"] }, { output: "c" }] },
  ]);
});

it("output events are one text, and become one event among the others", () => {
  const wire = "event: logs\ndata: x\n\nevent: output\ndata: a@\n\nevent:output\ndata: b.c\n\n";
  const [texts, answer] = replaced({ text: `${wire}event: done\ndata: {}\n\n` });
  expect(texts).toEqual(["a@b.c"]);
  expect(answer["text"]).toBe(
    "event: logs\ndata: x\n\nevent: output\ndata: two\ndata: lines\n\nevent: done\ndata: {}\n\n",
  );
});

it("what has one piece, or other things than texts, has none", () => {
  for (const answer of [{ output: ["a"] }, { output: ["a", 1] }, { text: "plain" }, {}]) {
    expect(replaced({ ...answer })).toEqual([[], answer]);
  }
});
