/**
 * Tool calls of dialects without call ids (Google, Ollama): results name the function and come in
 * the order of the calls. Ids are made up on the way in and turned back into names on the way out.
 */
import type { ChatMessage } from "./chat.ts";

/** Gives calls ids, and results the id of the oldest unanswered call of their name. */
export class CallIds {
  readonly #open: { id: string; name: string }[] = [];
  #count = 0;

  called(name: string, given: string | undefined): string {
    this.#count += 1;
    const id = given ?? `call_${this.#count}`;
    this.#open.push({ id, name });
    return id;
  }

  answered(name: string, given: string | undefined): string {
    const at = this.#open.findIndex((call) =>
      given === undefined ? call.name === name : call.id === given,
    );
    const [call] = at === -1 ? [] : this.#open.splice(at, 1);
    return call?.id ?? given ?? `call_${name}`;
  }
}

/** Ids of letters, digits, _ and - alone (Anthropic, Bedrock): others become _ on both sides. */
export function safeId(id: string): string {
  return id.replaceAll(/[^a-zA-Z0-9_-]/g, "_");
}

/** The function names of all calls in a conversation by their ids. */
export function namesOfCalls(messages: ChatMessage[]): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  for (const message of messages) {
    if (message.role !== "assistant") continue;
    for (const part of message.parts) if (part.type === "tool-call") names.set(part.id, part.name);
  }
  return names;
}
