/**
 * What hosts of OpenAI's chat completions take otherwise, where it is a matter of names or of
 * bookkeeping. What changes an answer is never taken out: the host refuses it by its name. Sources
 * (November 2026): the types of `@mistralai/mistralai` 2.7.0, console.groq.com/docs/openai and
 * inference-docs.cerebras.ai/resources/openai.
 */
import { compact, objectsIn } from "./json.ts";
import type { Json, JsonObject } from "./types.ts";

/** Messages without the members that a host refuses, where there are any. */
function messagesWithout(body: JsonObject, members: readonly string[]): JsonObject {
  const messages = objectsIn(body["messages"]);
  if (!messages.some((message) => members.some((name) => message[name] !== undefined))) return body;
  const kept = messages.map((message) =>
    Object.fromEntries(Object.entries(message).filter(([name]) => !members.includes(name))),
  );
  return { ...body, messages: kept };
}

/** Of what OpenAI's answers say of themselves, when they come back as a conversation's past. */
const PAST = ["reasoning", "reasoning_content", "reasoning_details", "refusal", "annotations"];

/**
 * Mistral answers 422 to every field that it does not know. Its cap has the old name, its seed a name
 * of its own; it always tells usage in the last chunk of a stream and is not asked for it.
 */
export function forMistral(body: JsonObject): JsonObject {
  const {
    max_completion_tokens: newer,
    seed,
    stream_options: _options,
    user: _user,
    store: _store,
    ...rest
  } = messagesWithout(body, [...PAST, "name", "audio"]);
  return withToolNames(
    compact({
      ...rest,
      max_tokens: rest["max_tokens"] ?? newer,
      random_seed: rest["random_seed"] ?? seed,
    }),
    body,
  );
}

/** Results of tools may have a name there, other messages may not. */
function withToolNames(body: JsonObject, before: JsonObject): JsonObject {
  const named = objectsIn(before["messages"]);
  if (!named.some(({ role, name }) => role === "tool" && name !== undefined)) return body;
  const messages = objectsIn(body["messages"]).map((message, at): Json => {
    const name = named[at]?.["name"];
    return message["role"] === "tool" && name !== undefined ? { ...message, name } : message;
  });
  return { ...body, messages };
}

/** Groq answers 400 to names of messages. */
export function forGroq(body: JsonObject): JsonObject {
  return messagesWithout(body, ["name"]);
}

/** Cerebras answers 400 to penalties, also to those that do nothing, and to tiers of service. */
export function forCerebras(body: JsonObject): JsonObject {
  const { service_tier: _tier, ...rest } = body;
  for (const name of ["frequency_penalty", "presence_penalty"]) {
    if (rest[name] === 0 || rest[name] === null) delete rest[name];
  }
  return rest;
}
