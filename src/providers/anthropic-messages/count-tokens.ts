/**
 * POST /v1/messages/count_tokens answered without Anthropic: an estimate for upstreams that cannot
 * count. Format: platform.claude.com/docs/en/api/messages-count-tokens.
 */
import { asObject, objectsIn } from "../json.ts";
import type { JsonObject } from "../types.ts";
import { requestTexts } from "./texts.ts";

/** Claude's tokens of English prose and code run to about 3.5 bytes. */
const BYTES_PER_TOKEN = 3.5;

/** Marks around each message, and the instructions Anthropic puts before tools. */
const TOKENS_PER_MESSAGE = 4;
const TOOL_PREAMBLE_TOKENS = 350;

/** Anthropic's figure for an image of the largest size it does not shrink. */
const TOKENS_PER_IMAGE = 1600;

/** The body of the answer. An estimate, not a bound: holds are made of `inputTokenBound`. */
export function estimateTokens(body: JsonObject): { input_tokens: number } {
  const encoder = new TextEncoder();
  let bytes = 0;
  for (const slot of requestTexts(body)) bytes += encoder.encode(slot.text).length;
  const tools = objectsIn(body["tools"]);
  if (tools.length > 0) bytes += encoder.encode(JSON.stringify(tools)).length;
  const messages = objectsIn(body["messages"]);
  const images = messages
    .flatMap((message) => objectsIn(message["content"]))
    .flatMap((block) => [block, ...objectsIn(block["content"])])
    .filter((block) => block["type"] === "image" && asObject(block["source"]));
  const fixed =
    messages.length * TOKENS_PER_MESSAGE +
    images.length * TOKENS_PER_IMAGE +
    (tools.length > 0 ? TOOL_PREAMBLE_TOKENS : 0);
  return { input_tokens: Math.ceil(bytes / BYTES_PER_TOKEN) + fixed };
}
