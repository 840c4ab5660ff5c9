/**
 * Answers that are had in several steps: a provider's first one says where the rest is, and this asks
 * there until it is whole, or streams. All steps are one call, within its time: where that is ended,
 * by a caller who leaves or by us, the provider is told to end its work too.
 */
import { tryParseJson } from "#events/parse-json.ts";
import { isObject } from "#providers/json.ts";
import { OVER_EVENT } from "#providers/replicate-predictions/dialect.ts";
import type { Json, JsonObject, Provider } from "#providers/types.ts";
import { sseText } from "#providers/wire.ts";
import { readText } from "../body.ts";
import { GatewayError } from "../errors.ts";
import { answerBytesMax, cancelMs, followMs, followMsMax, lateRunMs } from "../limits.ts";
import type { Sent } from "./sign.ts";
import type { Send } from "./transport.ts";

/** Headers of the first step that mean nothing to those that follow. */
const FIRST_ONLY = new Set(["content-type", "prefer", "cancel-after"]);

/** What a step takes beside the answer before it. */
export interface Steps {
  /** Whose answer it is. */
  name: string;
  follow: NonNullable<Provider["follow"]>;
  baseUrl: string;
  stream: boolean;
  /** The stream is passed on as it comes, and who leaves it does not end the work. */
  passes?: boolean;
  sent: Sent;
  send: Send;
  signal: AbortSignal;
}

/** The answer that `first` leads to; throws `provider_error` where it leads nowhere. */
export async function followed(first: Response, steps: Steps): Promise<Response> {
  const { follow, stream, passes = false, send, signal, sent } = steps;
  const headers: Record<string, string> = {
    accept: stream ? "text/event-stream" : "application/json",
  };
  for (const [name, value] of Object.entries(sent.init.headers)) {
    if (!FIRST_ONLY.has(name)) headers[name] = value;
  }
  let response = first;
  let cancel: string | undefined;
  const end = (): void => {
    if (cancel === undefined) return;
    const told = send(
      { url: cancel, init: { method: "POST", headers } },
      AbortSignal.timeout(cancelMs),
    );
    // Nobody waits for it; the call that it ends is told of as it is.
    told.then((answer) => answer.body?.cancel()).catch(() => {});
  };
  if (!passes) signal.addEventListener("abort", end, { once: true });
  for (let round = 0; ; round += 1) {
    const answer = await objectOf(response);
    if (answer === undefined) throw failed(steps, "answered with something that is not an answer");
    const next = follow(answer, steps);
    if ("error" in next) throw failed(steps, `failed: ${next.error}`);
    if ("done" in next) {
      signal.removeEventListener("abort", end);
      return Response.json(answer);
    }
    ({ cancel } = next);
    // What takes long is asked for less often: each question is a call of its own.
    const waitMs = Math.min(followMs * (1 + round / 10), followMsMax);
    if (response !== first) await scheduler.wait(waitMs, { signal });
    response = await send({ url: next.url, init: { method: "GET", headers } }, signal);
    if (!response.ok) throw failed(steps, `failed with status ${response.status}`);
    if (!stream) continue;
    const whole = follow(answer, { ...steps, stream: false });
    if (passes || !("url" in whole)) return response;
    const ask = (): Promise<Response> =>
      send({ url: whole.url, init: { method: "GET", headers } }, signal);
    return told(response, steps, ask);
  }
}

async function objectOf(response: Response): Promise<JsonObject | undefined> {
  const text = await readText(response, answerBytesMax);
  const answer = tryParseJson(text ?? "") as Json | undefined;
  return isObject(answer) ? answer : undefined;
}

/** How often is asked, behind a stream, whether its prediction is over too. */
const TELL_ROUNDS = 4;

/** A stream, and behind it what says how much it used, where that is to be had. */
function told(response: Response, steps: Steps, ask: () => Promise<Response>): Response {
  const tail = new TransformStream<Uint8Array, Uint8Array>({
    async flush(controller) {
      for (let round = 0; round < TELL_ROUNDS; round += 1) {
        if (round > 0) await scheduler.wait(followMs);
        const answer = await ask()
          .then(objectOf)
          .catch(() => undefined);
        const next = answer && steps.follow(answer, { ...steps, stream: false });
        if (answer === undefined || next === undefined) return;
        if ("url" in next) continue;
        const text = sseText(JSON.stringify(answer), OVER_EVENT);
        controller.enqueue(new TextEncoder().encode(text));
        return;
      }
    },
  });
  return new Response(response.body?.pipeThrough(tail), response);
}

/** What a prediction is once it is over, however it ended, within the time that it may run. */
export async function untilOver(
  first: Response,
  steps: Pick<Steps, "name" | "follow" | "baseUrl" | "sent" | "send">,
  secondsMax: number,
): Promise<Response> {
  const follow: Steps["follow"] = (answer, to) => {
    const next = steps.follow(answer, to);
    return "error" in next ? { done: true } : next;
  };
  const signal = AbortSignal.timeout(secondsMax * 1000 + lateRunMs);
  return followed(first, { ...steps, follow, stream: false, signal });
}

function failed({ name }: Steps, what: string): GatewayError {
  return new GatewayError("provider_error", `${name} ${what}.`);
}
