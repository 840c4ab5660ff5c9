/** What the client needs of a provider's way of speaking: a request out, an answer or events back. */
import { GatewayError } from "./errors.ts";
import type { ServerEvent } from "./sse.ts";
import type { RunInput, RunResult, StreamEvent } from "./types.ts";

export type Json = string | number | boolean | null | Json[] | JsonObject;
export interface JsonObject {
  [key: string]: Json;
}

/** An answer, without what only the caller of the dialect knows. */
export type Answer = Omit<RunResult, "provider" | "requestId">;

export interface StreamDecoder {
  /** Whether the last event of the answer has come. */
  readonly over: boolean;
  /** The caller's events that one server-sent event makes. */
  push(event: ServerEvent): StreamEvent[];
  /** Throws when the answer is not over; else what is still due, `done` included. */
  end(): StreamEvent[];
}

export interface Dialect {
  /** The path under the provider's base URL. */
  path: string;
  headers(apiKey: string): Record<string, string>;
  encode(model: string, input: RunInput, stream: boolean): JsonObject;
  decode(body: JsonObject): Answer;
  openStream(): StreamDecoder;
}

export function asObject(value: unknown): JsonObject | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as JsonObject)
    : undefined;
}

export function asArray(value: Json | undefined): Json[] {
  return Array.isArray(value) ? value : [];
}

export function asText(value: Json | undefined): string {
  return typeof value === "string" ? value : "";
}

export function asCount(value: Json | undefined): number {
  return typeof value === "number" && value > 0 ? value : 0;
}

/** An object without the members that are undefined. */
export function compact(members: Record<string, Json | undefined>): JsonObject {
  const object: JsonObject = {};
  for (const [name, value] of Object.entries(members)) {
    if (value !== undefined) object[name] = value;
  }
  return object;
}

/** A tool's arguments as text; throws when they are not a JSON object. */
export function parseToolInput(name: string, text: string): Record<string, unknown> {
  if (text.trim() === "") return {};
  try {
    const value = asObject(JSON.parse(text));
    if (value !== undefined) return value;
  } catch {
    // The sentence below says it.
  }
  throw new GatewayError(
    "invalid_response",
    `The model called "${name}" with arguments that are not a JSON object.`,
    { retryable: true },
  );
}

/** The end of a stream that ended before its answer did. */
export function brokenOff(): GatewayError {
  return new GatewayError("provider_error", "The answer broke off before it was over.", {
    retryable: true,
  });
}

/** The conversation that a prompt is short for. */
export function messagesOf(input: RunInput): readonly NonNullable<RunInput["messages"]>[number][] {
  if (input.messages !== undefined) return input.messages;
  return [{ role: "user", content: input.prompt ?? "" }];
}
