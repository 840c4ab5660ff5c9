/**
 * Messages of Cloudflare's WebSocket API for whoever has none: `universal.create` comes in;
 * `universal.created`, and for streams `universal.stream` and `universal.done`, go out. Source:
 * developers.cloudflare.com/ai-gateway/usage/websockets-api/non-realtime-api (November 2026).
 *
 * The documentation shows no failure. Here a refused call is a `universal.created` whose metadata has
 * its `status`, so that who waits for that message sees it; what is no call is `universal.error`.
 */
import * as z from "zod";
import { tryParseJson } from "#events/parse-json.ts";
import { GatewayError } from "../errors.ts";
import { bodyBytesMax } from "../limits.ts";
import { cloudflareRefusal } from "../surface/cloudflare.ts";
import { eventIdCharsMax } from "./limits.ts";

const EventId = z.string().max(eventIdCharsMax);
const Create = z.looseObject({ type: z.literal("universal.create"), request: z.unknown() });
const Named = z.object({ request: z.object({ eventId: EventId }) });

/** A call that a message asks for. */
export interface Create {
  /** The caller's own name for it, in every message about it. */
  eventId?: string;
  /** One attempt, or a list of them, as the universal endpoint takes it. */
  attempts: unknown;
  /** How many attempts there are at most. */
  count: number;
}

/** What a message about a call says of it; `step` is text, as Cloudflare writes it. */
export interface Metadata {
  cacheStatus: string;
  eventId?: string;
  logId: string;
  step: string;
  contentType: string;
  /** The status of a refusal; absent from answers. */
  status?: number;
  /** Set where `response` is bytes in base64. */
  encoding?: "base64";
}

/** Reads a message; throws `invalid_request` for what asks for nothing. */
export function readCreate(data: unknown): Create {
  if (typeof data !== "string") {
    throw new GatewayError("invalid_request", "Messages are JSON text, not bytes.");
  }
  if (data.length > bodyBytesMax) {
    const message = `A message is at most ${bodyBytesMax} characters. Refer to files by URL.`;
    throw new GatewayError("invalid_request", message, { status: 413 });
  }
  const parsed = tryParseJson(data);
  const create = Create.safeParse(parsed);
  if (!create.success) {
    throw new GatewayError(
      "invalid_request",
      'Expected {"type": "universal.create", "request": {eventId, provider, endpoint, headers, query}}.',
    );
  }
  const { request } = create.data;
  const count = Array.isArray(request) ? request.length : 1;
  const eventId = eventIdIn(parsed);
  return { attempts: request, count, ...(eventId === undefined ? {} : { eventId }) };
}

/** The name that a message gives its call, where it can be read. */
export function eventIdOf(data: unknown): string | undefined {
  const small = typeof data === "string" && data.length <= bodyBytesMax;
  return small ? eventIdIn(tryParseJson(data)) : undefined;
}

function eventIdIn(parsed: unknown): string | undefined {
  return Named.safeParse(parsed).data?.request.eventId;
}

/** What an answer's headers say, for its messages. */
export function metadataOf({ headers, status }: Response, eventId: string | undefined): Metadata {
  return {
    cacheStatus: headers.get("cf-aig-cache-status") ?? "MISS",
    ...(eventId === undefined ? {} : { eventId }),
    logId: headers.get("cf-aig-log-id") ?? "",
    step: headers.get("cf-aig-step") ?? "0",
    contentType: headers.get("content-type") ?? "application/json",
    ...(status < 400 ? {} : { status }),
  };
}

/** A message as it is sent; `response` is left out where there is none. */
export function message(
  type: "created" | "stream" | "done",
  metadata: Metadata | Pick<Metadata, "eventId">,
  response?: unknown,
): string {
  return JSON.stringify({ type: `universal.${type}`, metadata, response });
}

/** A failure that belongs to no answer, in Cloudflare's envelope. */
export function errorMessage(error: GatewayError, eventId: string | undefined): string {
  const said = cloudflareRefusal(error, error.message, false);
  const status = said?.status ?? error.status;
  const entry = { code: error.code, message: error.message };
  const response = said?.body ?? { success: false, result: [], messages: [], errors: [entry] };
  const metadata = { ...(eventId === undefined ? {} : { eventId }), status };
  return JSON.stringify({ type: "universal.error", metadata, response });
}
