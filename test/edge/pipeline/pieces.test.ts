/** Answers in pieces, read as the texts that they are. */
import { expect, it } from "vitest";
import { joinedTexts } from "#edge/pipeline/pieces.ts";
import { addLeaves } from "#providers/texts.ts";
import type { JsonObject, TextSlot } from "#providers/types.ts";

/** Every string and number, as an answer that the gateway does not look into is read. */
function leavesOf(answer: JsonObject): TextSlot[] {
  const slots: TextSlot[] = [];
  for (const key of Object.keys(answer)) addLeaves(slots, answer, key, "assistant");
  return slots;
}

function replaced(answer: JsonObject): [string[], JsonObject] {
  const slots = joinedTexts(answer, leavesOf);
  for (const slot of slots) if (slot.text.includes("@")) slot.replace("two\nlines");
  return [slots.map(({ text }) => text), answer];
}

it("a list of pieces is one text, in a prediction and in a list of them, read once", () => {
  expect(replaced({ output: ["a@", "b.c"], logs: "x@y" })).toEqual([
    ["a@b.c", "x@y"],
    { output: ["two\nlines"], logs: "two\nlines" },
  ]);
  expect(replaced({ results: [{ id: "p", output: ["a@", "b"] }, { output: "c" }] })).toEqual([
    ["a@b", "p", "c"],
    { results: [{ id: "p", output: ["two\nlines"] }, { output: "c" }] },
  ]);
  expect(Object.keys(replaced({ output: ["a@", "b"], id: "p" })[1])).toEqual(["output", "id"]);
});

it("output events are one text, and become one event among the others, which are read, too", () => {
  const wire = "event: logs\ndata: x@y\n\nevent: output\ndata: a@\n\nevent:output\ndata: b.c\n\n";
  const [texts, answer] = replaced({ text: `${wire}: no data\n\nevent: done\ndata: {}\n\n` });
  expect(texts).toEqual(["a@b.c", "x@y", ": no data\n\n", "{}"]);
  expect(answer["text"]).toBe(
    "event: logs\ndata: two\ndata: lines\n\nevent: output\ndata: two\ndata: lines\n\n: no data\n\nevent: done\ndata: {}\n\n",
  );
});

it("what nobody replaces stays; one piece, or other things than texts, are read as they stand", () => {
  expect(replaced({ output: ["a", "b"] })).toEqual([["ab"], { output: ["a", "b"] }]);
  expect(replaced({ output: ["a"] })).toEqual([["a"], { output: ["a"] }]);
  expect(replaced({ output: ["a", 1] })).toEqual([["a", "1"], { output: ["a", 1] }]);
  expect(replaced({ text: "plain" })).toEqual([["plain"], { text: "plain" }]);
  expect(replaced({})).toEqual([[], {}]);
});
