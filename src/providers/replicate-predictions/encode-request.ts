/**
 * A conversation as a prediction's input: the system's text beside one prompt. A single turn is the
 * prompt itself; of several it is the transcript, which ends where the assistant is to go on.
 */
import type { ChatMessage, ChatRequest } from "../chat.ts";
import { crossing, type Notes, refuse } from "../crossing.ts";
import { compact } from "../json.ts";
import type { JsonObject, Result } from "../types.ts";

export function encodeRequest(request: ChatRequest): Result<JsonObject> {
  return crossing((notes) => {
    checkUnsaid(request, notes);
    const system = request.system.map(({ text }) => text);
    const turns: { role: "User" | "Assistant"; text: string }[] = [];
    for (const message of request.messages) {
      const text = textOf(message, notes);
      if (message.role === "system") system.push(text);
      else turns.push({ role: message.role === "user" ? "User" : "Assistant", text });
    }
    const [first] = turns;
    if (first === undefined)
      return refuse("messages", "expected a message beside the system prompt");
    const isOne = turns.length === 1 && first.role === "User";
    const transcript = turns.map(({ role, text }) => `${role}: ${text}`).join("\n\n");
    const input = compact({
      prompt: isOne ? first.text : `${transcript}\n\nAssistant:`,
      system_prompt: system.length > 0 ? system.join("\n\n") : undefined,
      max_tokens: request.maxOutputTokens,
      temperature: request.temperature,
      top_p: request.topP,
      top_k: request.topK,
      frequency_penalty: request.frequencyPenalty,
      presence_penalty: request.presencePenalty,
      seed: request.seed,
    });
    return { input };
  });
}

function textOf(message: ChatMessage, notes: Notes): string {
  if (message.name !== undefined) {
    notes.push({ field: "messages.name", message: "left out: a prompt has no names" });
  }
  const texts: string[] = [];
  for (const part of message.parts) {
    if (part.type === "text") texts.push(part.text);
    else if (part.type === "reasoning") {
      notes.push({
        field: "messages.reasoning",
        message: "left out: a prompt has no place for it",
      });
    } else if (part.type === "image") {
      refuse("image_url", "each model names its images otherwise; call it at its own address");
    } else if (part.type === "file") {
      refuse("file", "a prompt takes text alone");
    } else refuse("tools", "a prompt has no tool calls and no results of them");
  }
  return texts.join("\n");
}

function checkUnsaid(request: ChatRequest, notes: Notes): void {
  if (request.tools.length > 0) refuse("tools", "a prompt has no tools");
  if (request.responseFormat !== undefined) refuse("response_format", "a prompt has no schema");
  if (request.stop !== undefined) refuse("stop", "each model names its stop sequences otherwise");
  if (request.reasoning?.enabled === true) {
    refuse("reasoning_effort", "each model names its reasoning otherwise");
  }
  for (const field of ["user", "metadata"] as const) {
    if (request[field] === undefined) continue;
    notes.push({ field, message: "left out: a prediction has no word for it" });
  }
}
