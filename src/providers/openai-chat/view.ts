/** What the gateway itself needs of a chat completions request, and how it readies one. */
import * as z from "zod";
import { asObject, isObject, lookup, objectsIn } from "../json.ts";
import { CHOICES_MAX, MESSAGES_MAX, TOOLS_MAX } from "../limits.ts";
import { check } from "../parse.ts";
import type { Json, JsonObject, RequestView, Result, TextChannel } from "../types.ts";

const tokens = z.int().min(0).nullish();

const requestSchema = z.looseObject({
  model: z.string().min(1).max(256),
  messages: z
    .array(z.looseObject({ role: z.string() }))
    .min(1)
    .max(MESSAGES_MAX),
  stream: z.boolean().nullish(),
  max_tokens: tokens,
  max_completion_tokens: tokens,
  n: z.int().min(1).max(CHOICES_MAX).nullish(),
  user: z.string().nullish(),
  tools: z.array(z.looseObject({})).max(TOOLS_MAX).nullish(),
  stream_options: z.looseObject({ include_usage: z.boolean().nullish() }).nullish(),
});

export function parseRequest(body: Json): Result<RequestView> {
  const checked = check(requestSchema, body);
  if (!checked.ok) return checked;
  const request = checked.value;
  const view: RequestView = {
    model: request.model,
    stream: request.stream ?? false,
    choices: request.n ?? 1,
    images: countParts(body, "image_url"),
    files: countParts(body, "file") + countParts(body, "input_audio"),
    tools: request.tools?.length ?? 0,
  };
  const maxOutputTokens = request.max_completion_tokens ?? request.max_tokens;
  if (typeof maxOutputTokens === "number") view.maxOutputTokens = maxOutputTokens;
  if (typeof request.user === "string") view.user = request.user;
  return { ok: true, value: view };
}

function countParts(body: Json, type: string): number {
  let count = 0;
  for (const message of objectsIn(asObject(body)?.["messages"])) {
    for (const part of objectsIn(message["content"])) {
      if (part["type"] === type) count += 1;
    }
  }
  return count;
}

/**
 * OpenAI's reasoning models (o-series, gpt-5 and later) refuse `max_tokens`; other hosts of this
 * dialect know only that one.
 */
export function takesMaxCompletionTokens(model: string): boolean {
  const name = model.slice(model.lastIndexOf("/") + 1);
  const generation = /^gpt-(\d+)/.exec(name)?.[1];
  if (generation !== undefined) return Number(generation) >= 5;
  return /^o\d/.test(name) || name.startsWith("codex-");
}

/** A shallow copy with the model, the forced cap and usage asked for in streams. */
export function prepare(
  body: JsonObject,
  to: { model: string; maxOutputTokens: number; stream: boolean },
): JsonObject {
  const { max_tokens: _old, max_completion_tokens: asked, stream_options: options, ...rest } = body;
  const usesNew = typeof asked === "number" || takesMaxCompletionTokens(to.model);
  const prepared: JsonObject = { ...rest, model: to.model };
  prepared[usesNew ? "max_completion_tokens" : "max_tokens"] = to.maxOutputTokens;
  if (to.stream) {
    prepared["stream"] = true;
    prepared["stream_options"] = { ...(isObject(options) ? options : {}), include_usage: true };
  } else {
    delete prepared["stream"];
  }
  return prepared;
}

const CHANNELS: Readonly<Record<string, TextChannel>> = {
  system: "system",
  developer: "system",
  assistant: "assistant",
  tool: "tool-results",
  function: "tool-results",
};

/** The channel of a message's text by its role; an unknown role is read as the user's. */
export function channelOf(role: Json | undefined): TextChannel {
  return lookup(CHANNELS, role) ?? "user";
}
