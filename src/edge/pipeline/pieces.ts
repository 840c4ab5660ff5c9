/**
 * Text that an answer has in pieces, as Replicate's language models write it: a list of strings, or
 * `output` events. What a rule looks for may stand across two of them, so they are read as one.
 */
import { objectsIn } from "#providers/json.ts";
import type { JsonObject, TextSlot } from "#providers/types.ts";
import { sseText, openSplitter } from "#providers/wire.ts";

/** The text of the pieces, where there are several; replaced, they become one piece. */
export function joinedTexts(answer: JsonObject): TextSlot[] {
  const { text } = answer;
  if (typeof text === "string" && /^event: ?output\r?$/m.test(text)) return ofEvents(answer, text);
  return [answer, ...objectsIn(answer["results"])].flatMap(ofList);
}

function ofList(answer: JsonObject): TextSlot[] {
  const { output } = answer;
  if (!Array.isArray(output) || output.length < 2) return [];
  if (!output.every((piece) => typeof piece === "string")) return [];
  const replace = (whole: string): void => {
    answer["output"] = [whole];
  };
  return [{ channel: "assistant", text: output.join(""), replace }];
}

function ofEvents(answer: JsonObject, wire: string): TextSlot[] {
  const splitter = openSplitter("sse");
  const events = [...splitter.push(wire), ...splitter.end()];
  const pieces = events.filter(({ event }) => event === "output");
  const replace = (whole: string): void => {
    const one = sseText(whole.replaceAll("\n", "\ndata: "), "output");
    answer["text"] = events
      .map((event) => (event === pieces[0] ? one : pieces.includes(event) ? "" : event.raw))
      .join("");
  };
  const text = pieces.map(({ data }) => data).join("");
  return [{ channel: "assistant", text, replace }];
}
