/**
 * Text that an answer has in pieces, as Replicate's language models write it: a list of strings, or
 * `output` events. What a rule looks for may stand across two of them, so they are read as one, and
 * not once more by themselves.
 */
import { objectsIn } from "#providers/json.ts";
import type { JsonObject, TextSlot } from "#providers/types.ts";
import { sseText, openSplitter } from "#providers/wire.ts";

/** All texts of an answer: those in pieces joined, the rest as `leavesOf` finds them. */
export function joinedTexts(
  answer: JsonObject,
  leavesOf: (answer: JsonObject) => TextSlot[],
): TextSlot[] {
  const { text } = answer;
  if (typeof text === "string" && /^event: ?output\r?$/m.test(text)) return ofEvents(answer, text);
  const lists = [answer, ...objectsIn(answer["results"])].flatMap(ofList);
  for (const { holder } of lists) holder["output"] = [];
  const leaves = leavesOf(answer);
  for (const { holder, pieces } of lists) holder["output"] = pieces;
  return [...lists.map(({ slot }) => slot), ...leaves];
}

function ofList(holder: JsonObject) {
  const { output: pieces } = holder;
  if (!Array.isArray(pieces) || pieces.length < 2) return [];
  if (!pieces.every((piece) => typeof piece === "string")) return [];
  const replace = (whole: string): void => {
    holder["output"] = [whole];
  };
  const slot: TextSlot = { channel: "assistant", text: pieces.join(""), replace };
  return [{ holder, pieces, slot }];
}

function ofEvents(answer: JsonObject, wire: string): TextSlot[] {
  const splitter = openSplitter("sse");
  const events = [...splitter.push(wire), ...splitter.end()];
  const raws = events.map(({ raw }) => raw);
  const write = (index: number, raw: string): void => {
    raws[index] = raw;
    answer["text"] = raws.join("");
  };
  const slots: TextSlot[] = [];
  const pieces = [...events.keys()].filter((index) => events[index]?.event === "output");
  const replace = (whole: string): void => {
    for (const [at, index] of pieces.entries()) {
      write(index, at === 0 ? eventOf(whole, "output") : "");
    }
  };
  const text = pieces.map((index) => events[index]?.data ?? "").join("");
  slots.push({ channel: "assistant", text, replace });
  for (const [index, { event, data, raw }] of events.entries()) {
    if (pieces.includes(index)) continue;
    const replaceOne = (one: string): void => write(index, data === "" ? one : eventOf(one, event));
    slots.push({ channel: "assistant", text: data === "" ? raw : data, replace: replaceOne });
  }
  return slots;
}

const eventOf = (text: string, event: string | undefined): string =>
  sseText(text.replaceAll("\n", "\ndata: "), event);
