/**
 * Answers that are had in several steps: a provider's first one says where the rest is, and this asks
 * there until it is whole, or streams. All steps are one call, within its time: where that is ended,
 * by a caller who leaves or by us, the provider is told to end its work too.
 */
import { tryParseJson } from "#events/parse-json.ts";
import { isObject } from "#providers/json.ts";
import type { Json, Provider } from "#providers/types.ts";
import { readText } from "../body.ts";
import { GatewayError } from "../errors.ts";
import { answerBytesMax, cancelMs, followMs } from "../limits.ts";
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
  sent: Sent;
  send: Send;
  signal: AbortSignal;
}

/** The answer that `first` leads to; throws `provider_error` where it leads nowhere. */
export async function followed(first: Response, steps: Steps): Promise<Response> {
  const { follow, stream, send, signal, sent } = steps;
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
  signal.addEventListener("abort", end, { once: true });
  for (;;) {
    const text = await readText(response, answerBytesMax);
    const answer = tryParseJson(text ?? "") as Json | undefined;
    if (!isObject(answer)) throw failed(steps, "answered with something that is not an answer");
    const next = follow(answer, steps);
    if ("error" in next) throw failed(steps, `failed: ${next.error}`);
    if ("done" in next) {
      signal.removeEventListener("abort", end);
      return Response.json(answer);
    }
    ({ cancel } = next);
    if (response !== first) await scheduler.wait(followMs, { signal });
    response = await send({ url: next.url, init: { method: "GET", headers } }, signal);
    if (!response.ok) throw failed(steps, `failed with status ${response.status}`);
    if (stream) return response;
  }
}

function failed({ name }: Steps, what: string): GatewayError {
  return new GatewayError("provider_error", `${name} ${what}.`);
}
