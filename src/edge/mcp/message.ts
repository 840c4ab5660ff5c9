/**
 * JSON-RPC 2.0 as MCP narrows it (https://modelcontextprotocol.io/specification/2025-11-25/basic):
 * one message a POST, ids are strings or numbers and never null, params are objects.
 */
import * as z from "zod";
import { tryParseJson } from "#events/parse-json.ts";
import { nameCharsMax } from "./limits.ts";

const Message = z.looseObject({
  jsonrpc: z.literal("2.0"),
  method: z.string().min(1).max(nameCharsMax),
  id: z.union([z.string().max(nameCharsMax), z.number()]).exactOptional(),
  params: z.looseObject({}).exactOptional(),
});

export type Message = z.output<typeof Message>;
type Id = NonNullable<Message["id"]>;

/** JSON-RPC's codes. */
export const RPC_CODES = {
  notJson: -32_700,
  notAMessage: -32_600,
  noSuchMethod: -32_601,
  wrongParams: -32_602,
} as const;

/** A failure of the protocol, as opposed to a tool that says no. */
export class RpcError extends Error {
  readonly code: number;

  constructor(problem: keyof typeof RPC_CODES, message: string) {
    super(message);
    this.name = "RpcError";
    this.code = RPC_CODES[problem];
  }
}

/** Reads one message; throws an `RpcError`. */
export function readMessage(text: string): Message {
  const value = tryParseJson(text);
  if (value === undefined) throw new RpcError("notJson", "The body is not JSON.");
  const parsed = Message.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new RpcError("notAMessage", "The body is not one JSON-RPC 2.0 request or notification.");
}

const noStore = { "cache-control": "no-store" };

/** The answer to a request. */
export function resultOf(id: Id, result: object): Response {
  return Response.json({ jsonrpc: "2.0", id, result }, { headers: noStore });
}

/** A failure; without an id the message itself could not be read, which is the sender's 400. */
export function failureOf(id: Id | undefined, { code, message }: RpcError): Response {
  const body = { jsonrpc: "2.0", id: id ?? null, error: { code, message } };
  return Response.json(body, { status: id === undefined ? 400 : 200, headers: noStore });
}
