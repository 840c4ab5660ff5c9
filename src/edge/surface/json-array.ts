/**
 * Gemini streams one JSON array, an answer an element, unless `alt=sse` asks for events. Source:
 * ai.google.dev/api/generate-content#method:-models.streamgeneratecontent.
 */
import type { Reframe } from "../pipeline/endpoint.ts";

/** Whole SSE events to elements of an array. */
export function jsonArrayReframe(): Reframe & { contentType: string } {
  let open = false;
  return {
    contentType: "application/json; charset=utf-8",
    push(text) {
      let out = "";
      for (const line of text.split(/\r?\n/)) {
        if (!line.startsWith("data:")) continue;
        out += `${open ? ",\r\n" : "["}${line.slice(5).trim()}`;
        open = true;
      }
      return out;
    },
    end: () => (open ? "]" : "[]"),
  };
}
