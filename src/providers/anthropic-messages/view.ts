/** What the gateway itself needs of a messages request, and how it readies one. */
import * as z from "zod";
import { asObject, isObject, objectsIn } from "../json.ts";
import { MESSAGES_MAX, TOOLS_MAX } from "../limits.ts";
import { check } from "../parse.ts";
import type { Json, JsonObject, RequestView, Result } from "../types.ts";

const requestSchema = z.looseObject({
  model: z.string().min(1).max(256),
  messages: z
    .array(z.looseObject({ role: z.string() }))
    .min(1)
    .max(MESSAGES_MAX),
  // Required by the API; the gateway fills in its own cap when a caller leaves it out.
  max_tokens: z.int().min(0).nullish(),
  stream: z.boolean().nullish(),
  tools: z.array(z.looseObject({})).max(TOOLS_MAX).nullish(),
  metadata: z.looseObject({ user_id: z.string().nullish() }).nullish(),
});

export function parseRequest(body: Json): Result<RequestView> {
  const checked = check(requestSchema, body);
  if (!checked.ok) return checked;
  const request = checked.value;
  const view: RequestView = {
    model: request.model,
    stream: request.stream ?? false,
    choices: 1,
    images: countBlocks(asObject(body)?.["messages"], "image"),
    files: countBlocks(asObject(body)?.["messages"], "document"),
    tools: request.tools?.length ?? 0,
  };
  if (typeof request.max_tokens === "number") view.maxOutputTokens = request.max_tokens;
  if (typeof request.metadata?.user_id === "string") view.user = request.metadata.user_id;
  return { ok: true, value: view };
}

/** Blocks of a type in messages and in the tool results inside them. */
function countBlocks(messages: Json | undefined, type: string): number {
  let count = 0;
  for (const message of objectsIn(messages)) {
    for (const block of objectsIn(message["content"])) {
      if (block["type"] === type) count += 1;
      for (const inner of objectsIn(block["content"])) if (inner["type"] === type) count += 1;
    }
  }
  return count;
}

export function prepare(
  body: JsonObject,
  to: { model: string; maxOutputTokens: number; stream: boolean },
): JsonObject {
  const prepared: JsonObject = { ...body, model: to.model, max_tokens: to.maxOutputTokens };
  if (to.stream) prepared["stream"] = true;
  else delete prepared["stream"];
  const messages = withoutForeignThinking(body["messages"]);
  if (messages) prepared["messages"] = messages;
  return prepared;
}

/**
 * Thinking that another provider did carries an empty signature (this gateway wrote it so), which
 * Anthropic would refuse. Undefined when there is none, so that nothing is copied.
 */
function withoutForeignThinking(messages: Json | undefined): Json[] | undefined {
  if (!Array.isArray(messages)) return undefined;
  if (!messages.some(hasForeign)) return undefined;
  return messages.map((message) => {
    if (!isObject(message) || !Array.isArray(message["content"])) return message;
    return { ...message, content: message["content"].filter((block) => !isForeign(block)) };
  });
}

function isForeign(block: Json): boolean {
  return isObject(block) && block["type"] === "thinking" && block["signature"] === "";
}

function hasForeign(message: Json): boolean {
  return (
    isObject(message) && Array.isArray(message["content"]) && message["content"].some(isForeign)
  );
}
