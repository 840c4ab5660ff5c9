/** Tries again what may succeed later, waiting as long as the answer asked for. */
import { GatewayError } from "./errors.ts";
import { layer } from "./layer.ts";
import type { EventStream, Gateway, StreamEvent } from "./types.ts";

export interface RetryOptions {
  /** Calls in all, the first included. */
  attempts?: number;
  /** The first wait without a word from the gateway; doubled each time, with full jitter. */
  baseDelayMs?: number;
  /** No wait is longer: a gateway that asks for more gets its error passed on. */
  maxDelayMs?: number;
  onRetry?: (error: GatewayError, attempt: number, waitMs: number) => void;
  /** For tests: waits, and numbers from 0 to 1. */
  sleep?: (ms: number, signal?: AbortSignal) => Promise<void>;
  random?: () => number;
}

/** Every method retried; a stream only until its first event. */
export function withRetry<G extends Gateway>(gateway: G, options: RetryOptions = {}): G {
  const { attempts = 3, baseDelayMs = 250, maxDelayMs = 30_000, onRetry } = options;
  const { sleep = sleepFor, random = Math.random } = options;

  async function retried<T>(call: () => Promise<T>, signal: AbortSignal | undefined): Promise<T> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await call();
      } catch (error) {
        if (!(error instanceof GatewayError) || !error.retryable || attempt >= attempts)
          throw error;
        const waitMs = error.retryAfterMs ?? random() * baseDelayMs * 2 ** (attempt - 1);
        if (error.retryAfterMs !== undefined && waitMs > maxDelayMs) throw error;
        onRetry?.(error, attempt, waitMs);
        await sleep(Math.min(waitMs, maxDelayMs), signal);
        if (signal?.aborted === true) throw aborted(signal);
      }
    }
  }

  const over: Partial<Gateway> = {
    run: (model, input, options) =>
      retried(() => gateway.run(model, input, options), options?.signal),
    runFallback: (entries, input, options) =>
      retried(() => gateway.runFallback(entries, input, options), options?.signal),
    stream: (model, input, options) =>
      laterStream((opened, left) =>
        retried(
          async () => {
            const reader = gateway.stream(model, input, options).getReader();
            opened(reader);
            try {
              return { reader, first: await reader.read() };
            } catch (error) {
              opened(undefined);
              throw error;
            }
          },
          anyOf(left, options?.signal),
        ),
      ),
  };
  return layer(gateway, over as Partial<G>);
}

type Reader = ReadableStreamDefaultReader<StreamEvent>;
type Read = Awaited<ReturnType<Reader["read"]>>;

/** A stream that is there before what it reads from; `left` fires when nobody waits for it any more. */
function laterStream(
  open: (
    opened: (reader: Reader | undefined) => void,
    left: AbortSignal,
  ) => Promise<{ reader: Reader; first: Read }>,
): EventStream {
  const leaving = new AbortController();
  let current: Reader | undefined;
  let first: Read | undefined;
  let started = false;
  return new ReadableStream<StreamEvent>({
    async pull(controller) {
      if (!started) {
        started = true;
        const opening = await open((reader) => (current = reader), leaving.signal);
        ({ first } = opening);
      }
      const read = first ?? (await (current as Reader).read());
      first = undefined;
      if (leaving.signal.aborted) return;
      if (read.done) controller.close();
      else controller.enqueue(read.value);
    },
    async cancel(reason) {
      leaving.abort(reason);
      await current?.cancel(reason);
    },
  });
}

/** Fires as soon as one of them does. */
function anyOf(left: AbortSignal, signal: AbortSignal | undefined): AbortSignal {
  return signal === undefined ? left : AbortSignal.any([left, signal]);
}

function aborted(signal: AbortSignal): GatewayError {
  return new GatewayError("aborted", "The call was aborted.", { cause: signal.reason });
}

/** Waits; an abort ends the wait with the abort's own error. */
function sleepFor(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => {
      clearTimeout(timer);
      if (signal !== undefined) reject(aborted(signal));
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", onAbort);
      resolve();
    }, ms);
    if (signal?.aborted === true) onAbort();
    else signal?.addEventListener("abort", onAbort, { once: true });
  });
}
