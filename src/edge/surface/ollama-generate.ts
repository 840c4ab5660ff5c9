/**
 * Ollama's `/api/generate`: a single prompt, read as a conversation of one turn and answered in its
 * own words (`response` where `/api/chat` has `message`). Format: docs.ollama.com/api/generate.
 */
import { tryParseJson } from "#events/parse-json.ts";
import { asObject, asString, compact } from "#providers/json.ts";
import type { JsonObject } from "#providers/types.ts";
import { GatewayError } from "../errors.ts";
import type { Reframe } from "../pipeline/endpoint.ts";

/** Fields that a conversation has no place for. */
const REFUSED = ["suffix", "template", "context", "raw"];

/** The body as `/api/chat` takes it; throws for what would be lost on the way. */
export function generateToChat(body: JsonObject): JsonObject {
  for (const name of REFUSED) {
    const value = body[name];
    if (value === undefined || value === null || value === false || value === "") continue;
    throw new GatewayError(
      "unsupported_feature",
      `Invalid field "${name}": /api/generate takes a prompt and a system text here; use /api/chat for more.`,
      { problems: [{ path: name, message: "not supported" }] },
    );
  }
  const { prompt, system, images, ...rest } = body;
  const system_ = asString(system) ?? "";
  const user = compact({ role: "user", content: asString(prompt) ?? "", images });
  const messages = system_ === "" ? [user] : [{ role: "system", content: system_ }, user];
  return { ...rest, messages };
}

/** One answer, or one line of a stream, in the words of `/api/generate`. */
export function chatToGenerate(answer: JsonObject): JsonObject {
  const { message, ...rest } = answer;
  const turn = asObject(message);
  if (turn === undefined) return answer;
  return compact({ ...rest, response: turn["content"] ?? "", thinking: turn["thinking"] });
}

/** Each line of a stream, turned. */
export function generateReframe(): Reframe & { contentType: string } {
  return {
    contentType: "application/x-ndjson",
    push: (text) =>
      text
        .split("\n")
        .filter((line) => line.trim() !== "")
        .map((line) => {
          const event = asObject(tryParseJson(line) as JsonObject | undefined);
          return `${event === undefined ? line : JSON.stringify(chatToGenerate(event))}\n`;
        })
        .join(""),
    end: () => "",
  };
}
