/** Reads bodies whole and bounded: a length header is a claim, so what comes is counted. */
import { nestingMax, tryParseJson } from "#events/parse-json.ts";
import type { JsonObject } from "#providers/types.ts";
import { GatewayError } from "./errors.ts";
import { discardBytesMax } from "./limits.ts";
import { plainHeaders } from "./plain-headers.ts";

/** The text of a body of at most `bytesMax` bytes; `undefined` when it is larger. */
export async function readText(
  body: Request | Response,
  bytesMax: number,
  claimed = body.headers.get("content-length"),
): Promise<string | undefined> {
  // The runtime holds a sender to the length it claimed, so a small claim needs no counting.
  if (claimed !== null) return Number(claimed) <= bytesMax ? body.text() : undefined;
  if (body.body === null) return "";
  const reader = body.body.getReader() as ReadableStreamDefaultReader<Uint8Array>;
  const decoder = new TextDecoder();
  let text = "";
  let bytes = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return text + decoder.decode();
    bytes += value.byteLength;
    if (bytes > bytesMax) {
      await reader.cancel();
      return undefined;
    }
    text += decoder.decode(value, { stream: true });
  }
}

/** A body of at most `bytesMax` bytes; `undefined` when it is larger. */
export async function readBytes(
  body: Request | Response,
  bytesMax: number,
): Promise<ArrayBuffer | undefined> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of (body.body ?? []) as unknown as AsyncIterable<Uint8Array>) {
    bytes += chunk.byteLength;
    if (bytes > bytesMax) return undefined;
    chunks.push(chunk);
  }
  const all = new Uint8Array(bytes);
  let at = 0;
  for (const chunk of chunks) {
    all.set(chunk, at);
    at += chunk.byteLength;
  }
  return all.buffer;
}

/** A body as its sender meant it: unpacked where it came packed. Bounds count what is unpacked. */
function unpacked(request: Request, packed: string | undefined): Request {
  const encoding = packed?.trim().toLowerCase() ?? "";
  if (encoding === "" || encoding === "identity" || request.body === null) return request;
  const format = encoding === "x-gzip" ? "gzip" : encoding;
  if (format !== "gzip" && format !== "deflate") {
    const message = `The request's body is packed as "${encoding.slice(0, 40)}". Send it plain, or as gzip or deflate.`;
    throw new GatewayError("invalid_request", message);
  }
  const headers = new Headers(request.headers);
  headers.delete("content-encoding");
  headers.delete("content-length");
  const body = request.body.pipeThrough(new DecompressionStream(format));
  return new Request(request.url, { method: "POST", headers, body });
}

/** Reads with `read`; what breaks off is its sender's fault. */
async function readWhole<T>(
  request: Request,
  packed: string | undefined,
  read: (body: Request) => Promise<T>,
): Promise<T> {
  const body = unpacked(request, packed);
  try {
    return await read(body);
  } catch (error) {
    const message =
      body === request
        ? "The request's body ended before its length."
        : "The request's body ended early, or is not packed as its content-encoding says.";
    throw new GatewayError("invalid_request", message, { cause: error });
  }
}

/** The request's body as bytes; throws `body_too_large`. */
export async function readRequestBytes(request: Request, bytesMax: number): Promise<ArrayBuffer> {
  const packed = request.headers.get("content-encoding") ?? undefined;
  const bytes = await readWhole(request, packed, (body) => readBytes(body, bytesMax));
  if (bytes !== undefined) return bytes;
  throw new GatewayError(
    "body_too_large",
    `The request's body is over ${bytesMax} bytes. Send it in parts.`,
  );
}

/**
 * Reads on without keeping anything, for a while: most clients look for an answer only once they
 * have sent their body, and see a broken connection when it is refused before.
 */
async function discard(request: Request): Promise<void> {
  if (request.body === null || request.body.locked) return;
  let bytes = 0;
  try {
    for await (const chunk of request.body as unknown as AsyncIterable<Uint8Array>) {
      bytes += chunk.byteLength;
      if (bytes > discardBytesMax) return;
    }
  } catch {
    // The caller gave up first.
  }
}

/** The request's body as text; throws `body_too_large`. */
export async function readRequestText(
  request: Request,
  bytesMax: number,
  headers = plainHeaders(request),
): Promise<string> {
  const text = await readWhole(request, headers["content-encoding"], (body) => {
    const claimed = body === request ? (headers["content-length"] ?? null) : null;
    return readText(body, bytesMax, claimed);
  });
  if (text === undefined) {
    await discard(request);
    throw new GatewayError(
      "body_too_large",
      `The request's body is over ${bytesMax} bytes. Send less, or refer to files by URL.`,
    );
  }
  return text;
}

/** The body as an object of its own, free to be changed. */
export function parseBody(text: string): JsonObject {
  const body = tryParseJson(text);
  if (body === undefined) {
    throw new GatewayError(
      "invalid_json",
      text.trim() === ""
        ? "The request has no body: send a JSON object."
        : `The request's body is not JSON, or is nested more than ${nestingMax} levels deep.`,
    );
  }
  if (typeof body !== "object" || body === null || Array.isArray(body)) {
    throw new GatewayError("invalid_request", "The request's body must be a JSON object.");
  }
  return body as JsonObject;
}
