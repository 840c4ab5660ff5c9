/** One HTTP call: sent, bounded by signal and time, and every way it can fail as a `GatewayError`. */
import { asciiJson } from "./ascii.ts";
import { asObject, brokenOff, type Dialect, type JsonObject } from "./dialect.ts";
import { errorOfResponse, GatewayError, requestIdOf, tryParse } from "./errors.ts";
import { createSseReader } from "./sse.ts";
import type { EventStream, Fetch, RunInput, RunOptions, RunResult, StreamEvent } from "./types.ts";

/** Where a call goes, and in which dialect. */
export interface Target {
  name: string;
  dialect: Dialect;
  /** Base URL without a slash at its end. */
  baseUrl: string;
  apiKey: string;
  /** Whether the gateway's own headers are understood there. */
  gateway: boolean;
  fetch: Fetch;
}

/** An abort that the caller's signal, a deadline or a cancelled stream can trigger, and what it was. */
class Leash {
  readonly #controller = new AbortController();
  readonly #outer: AbortSignal | undefined;
  readonly #timer: ReturnType<typeof setTimeout> | undefined;
  readonly #onAbort = (): void => this.pull();
  #late = false;

  constructor({ signal, timeoutMs }: RunOptions) {
    this.#outer = signal;
    if (signal?.aborted === true) this.pull();
    else signal?.addEventListener("abort", this.#onAbort, { once: true });
    if (timeoutMs !== undefined) {
      this.#timer = setTimeout(() => {
        this.#late = true;
        this.pull();
      }, timeoutMs);
    }
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  pull(): void {
    this.#controller.abort();
  }

  drop(): void {
    clearTimeout(this.#timer);
    this.#outer?.removeEventListener("abort", this.#onAbort);
  }

  /** What a failure of a call to `target` was, told by who pulled. */
  explain(error: unknown, target: Target): GatewayError {
    if (error instanceof GatewayError) return error;
    if (this.#late) {
      return new GatewayError("timeout", "The call took longer than its timeoutMs.", {
        retryable: true,
        cause: error,
      });
    }
    if (this.signal.aborted) {
      const cause: unknown = this.#outer?.reason ?? error;
      return new GatewayError("aborted", "The call was aborted.", { cause });
    }
    return unreached(target, error);
  }
}

/** A call that nobody answered. An address that is none stays none, however often it is called. */
function unreached({ name, baseUrl }: Target, cause: unknown): GatewayError {
  if (!URL.canParse(baseUrl)) {
    const message = `The base URL of ${name} is no address: give one as in https://gateway.example.`;
    return new GatewayError("network_error", message, { cause });
  }
  const message = `The connection to ${new URL(baseUrl).origin} failed: is ${name} running there?`;
  return new GatewayError("network_error", message, { retryable: true, cause });
}

function headersOf(target: Target, options: RunOptions): Record<string, string> {
  const headers: Record<string, string> = {
    ...options.headers,
    ...target.dialect.headers(target.apiKey),
    "content-type": "application/json",
  };
  if (!target.gateway) return headers;
  if (options.skipCache === true) headers["cf-aig-skip-cache"] = "true";
  if (options.cacheTtl !== undefined) headers["cf-aig-cache-ttl"] = String(options.cacheTtl);
  if (options.tags !== undefined) headers["x-tallygate-tags"] = options.tags.join(",");
  if (options.metadata !== undefined) {
    headers["x-tallygate-metadata"] = asciiJson(options.metadata);
  }
  return headers;
}

async function send(
  target: Target,
  body: JsonObject,
  options: RunOptions,
  leash: Leash,
): Promise<Response> {
  const response = await target.fetch(`${target.baseUrl}${target.dialect.path}`, {
    method: "POST",
    headers: headersOf(target, options),
    body: JSON.stringify(body),
    signal: leash.signal,
  });
  if (response.ok) return response;
  throw errorOfResponse(response, await response.text(), Date.now());
}

/** Calls and reads the whole answer. */
export async function callOnce(
  target: Target,
  model: string,
  input: RunInput,
  options: RunOptions,
): Promise<RunResult> {
  const leash = new Leash(options);
  try {
    const response = await send(target, target.dialect.encode(model, input, false), options, leash);
    const { headers } = response;
    const body = asObject(tryParse(await response.text()));
    if (body === undefined) throw brokenOff();
    const answer = target.dialect.decode(body);
    const requestId = requestIdOf(headers);
    return {
      ...answer,
      model: headers.get("x-tallygate-model") ?? (answer.model || model),
      provider: headers.get("x-tallygate-provider") ?? target.name,
      ...(requestId === undefined ? {} : { requestId }),
    };
  } catch (error) {
    throw leash.explain(error, target);
  } finally {
    leash.drop();
  }
}

/** Server-sent events as the caller's, one batch a read; ends after `done`. */
async function* readEvents(response: Response, target: Target): AsyncGenerator<StreamEvent[]> {
  if (response.body === null) throw brokenOff();
  const reader = response.body.getReader();
  const lines = createSseReader();
  const decoder = target.dialect.openStream();
  for (;;) {
    const { done, value } = await reader.read();
    const raw = done ? lines.end() : lines.push(value);
    const events: StreamEvent[] = [];
    for (const event of raw) if (!decoder.over) events.push(...decoder.push(event));
    // Some servers keep the connection open after the last event: nobody waits for them.
    const over = done || decoder.over;
    if (over) events.push(...decoder.end());
    if (events.length > 0) yield events;
    if (over && !done) await reader.cancel();
    if (over) return;
  }
}

/** Calls and answers at once; what goes wrong comes out of the stream. */
export function callStream(
  target: Target,
  model: string,
  input: RunInput,
  options: RunOptions,
): EventStream {
  const leash = new Leash(options);
  async function* run(): AsyncGenerator<StreamEvent[]> {
    const body = target.dialect.encode(model, input, true);
    yield* readEvents(await send(target, body, options, leash), target);
  }
  const batches = run();
  return new ReadableStream<StreamEvent>({
    async pull(controller) {
      try {
        const { done, value } = await batches.next();
        if (done !== true) for (const event of value) controller.enqueue(event);
        else {
          leash.drop();
          controller.close();
        }
      } catch (error) {
        leash.drop();
        controller.error(leash.explain(error, target));
      }
    },
    cancel() {
      leash.drop();
      leash.pull();
    },
  });
}
