/** An answer of the pipeline as messages of Cloudflare's WebSocket API. */
import { openFrames, type Frames } from "#providers/frames.ts";
import { tryParseJson } from "#events/parse-json.ts";
import { readBytes } from "../body.ts";
import { GatewayError } from "../errors.ts";
import { answerBytesMax } from "../limits.ts";
import { message, metadataOf } from "./socket-messages.ts";

type Framing = Parameters<typeof openFrames>[0];

/** Sends an answer as it comes; throws when it breaks off, or is larger than one message may be. */
export async function sendAnswer(
  response: Response,
  eventId: string | undefined,
  send: (text: string) => void,
): Promise<void> {
  const metadata = metadataOf(response, eventId);
  const framing = framingOf(metadata.contentType);
  if (framing === undefined || response.body === null) {
    const body = await wholeOf(response);
    send(message("created", { ...metadata, ...body.said }, body.response));
    return;
  }
  send(message("created", metadata));
  const named = eventId === undefined ? {} : { eventId };
  const frames = openFrames(framing);
  const say = (events: ReturnType<Frames["end"]>): void => {
    for (const { data } of events) {
      // A comment, or OpenAI's last word, for which there is `universal.done`.
      if (data === "" || data === "[DONE]") continue;
      send(message("stream", named, jsonOr(data)));
    }
  };
  for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
    say(frames.push(chunk));
  }
  say(frames.end());
  send(message("done", metadata));
}

function framingOf(contentType: string): Framing | undefined {
  if (contentType.startsWith("text/event-stream")) return "sse";
  return contentType.startsWith("application/x-ndjson") ? "ndjson" : undefined;
}

/** A whole body: its JSON, its text, or its bytes in base64. */
async function wholeOf(response: Response): Promise<{ response: unknown; said?: object }> {
  const bytes = await readBytes(response, answerBytesMax);
  if (bytes === undefined) {
    const message = `The answer is over ${answerBytesMax} bytes; ask for it by POST.`;
    throw new GatewayError("unsupported_feature", message);
  }
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: false }).decode(bytes);
    return { response: jsonOr(text) };
  } catch {
    return {
      response: Buffer.from(bytes).toString("base64"),
      said: { encoding: "base64" },
    };
  }
}

function jsonOr(text: string): unknown {
  return tryParseJson(text) ?? text;
}
