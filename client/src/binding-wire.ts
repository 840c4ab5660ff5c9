/** What passes between a bound Worker and the gateway: calls over RPC, events as lines of JSON. */
import { tryParse, GatewayError, type GatewayErrorCode } from "./errors.ts";
import type {
  EventStream,
  FallbackEntry,
  RunInput,
  RunOptions,
  RunResult,
  StreamEvent,
} from "./types.ts";

export interface BindingOptions extends Pick<
  RunOptions,
  "provider" | "tags" | "timeoutMs" | "headers"
> {
  gateway?: Pick<RunOptions, "skipCache" | "cacheTtl" | "metadata">;
  /** What `bindGateway` makes of a signal, which does not pass between Workers: ends when it fires. */
  leash?: ReadableStream<Uint8Array>;
}

/** A `GatewayError` as a value. */
export interface BindingError {
  code: GatewayErrorCode;
  message: string;
  retryable: boolean;
  status?: number;
  retryAfterMs?: number;
  requestId?: string;
}

export type BindingReply = { ok: true; result: RunResult } | { ok: false; error: BindingError };

/** `env.GATEWAY`: a service binding to Tallygate's entrypoint `Gateway`. */
export interface GatewayBinding {
  run(model: string, input: RunInput, options?: BindingOptions): Promise<RunResult>;
  tryRun(
    entries: readonly FallbackEntry[],
    input: RunInput,
    options?: BindingOptions,
  ): Promise<BindingReply>;
  stream(
    model: string,
    input: RunInput,
    options?: BindingOptions,
  ): Promise<ReadableStream<Uint8Array>>;
  runFallback(
    entries: readonly FallbackEntry[],
    input: RunInput,
    options?: BindingOptions,
  ): Promise<RunResult>;
  /** Any address of the gateway, whatever host it names. */
  fetch(url: string, init?: RequestInit): Promise<Response>;
}

export function toGatewayError({ code, message, ...facts }: BindingError): GatewayError {
  return new GatewayError(code, message, facts);
}

/** Events as lines of JSON; a failure is the last line, `{"type":"error","error":{...}}`. */
export function encodeEvents(
  events: EventStream,
  factsOf: (error: unknown) => BindingError,
): ReadableStream<Uint8Array> {
  const reader = events.getReader();
  const encoder = new TextEncoder();
  const line = (value: unknown): Uint8Array => encoder.encode(`${JSON.stringify(value)}\n`);
  const source: UnderlyingByteSource = {
    type: "bytes",
    async pull(controller) {
      try {
        const { done, value } = await reader.read();
        if (done) close(controller);
        else controller.enqueue(line(value) as Uint8Array<ArrayBuffer>);
      } catch (error) {
        controller.enqueue(
          line({ type: "error", error: factsOf(error) }) as Uint8Array<ArrayBuffer>,
        );
        close(controller);
      }
    },
    cancel: (reason) => reader.cancel(reason),
  };
  return new ReadableStream(source);
}

/** A stream that never has anything, and ends when `signal` fires or it is let go. */
export function leashOf(signal: AbortSignal): {
  leash: ReadableStream<Uint8Array>;
  letGo: () => void;
} {
  let letGo: (() => void) | undefined;
  const source: UnderlyingByteSource = {
    type: "bytes",
    start(controller) {
      letGo = () => {
        signal.removeEventListener("abort", end);
        close(controller);
      };
    },
  };
  const end = (): void => {
    letGo?.();
    letGo = undefined;
  };
  signal.addEventListener("abort", end);
  return { leash: new ReadableStream(source), letGo: end };
}

/** The signal at the other end of a leash. */
export function signalOf(leash: ReadableStream<Uint8Array>): AbortSignal {
  const controller = new AbortController();
  const pull = (): void => controller.abort();
  void leash.getReader().read().then(pull, pull);
  return controller.signal;
}

/** A reader that brought its own buffer gets it back empty. */
function close(controller: ReadableByteStreamController): void {
  controller.close();
  controller.byobRequest?.respond(0);
}

/** The events of `encodeEvents` again, however their bytes were cut. */
export function decodeEvents(open: () => Promise<ReadableStream<Uint8Array>>): EventStream {
  const decoder = new TextDecoder();
  let reader: ReadableStreamDefaultReader<Uint8Array> | undefined;
  let rest = "";
  let over = false;

  function take(text: string): StreamEvent[] {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    return lines.map((line) => {
      const event = tryParse(line) as StreamEvent | { type: "error"; error: BindingError };
      if (event.type === "error") throw toGatewayError(event.error);
      over = event.type === "done";
      return event;
    });
  }

  return new ReadableStream<StreamEvent>({
    async pull(controller) {
      reader ??= (await open().catch(unreached)).getReader();
      for (;;) {
        const { done, value } = await reader.read();
        if (done) {
          if (over) controller.close();
          else controller.error(cutOff());
          return;
        }
        const events = take(decoder.decode(value, { stream: true }));
        for (const event of events) controller.enqueue(event);
        if (events.length > 0) return;
      }
    },
    cancel: async (reason) => reader?.cancel(reason),
  });
}

/** The binding itself failed: no gateway there, or one that refuses the binding. */
export function unreached(error: unknown): never {
  const message = error instanceof Error ? error.message : "The gateway's binding failed.";
  throw new GatewayError("network_error", message, { cause: error });
}

function cutOff(): GatewayError {
  return new GatewayError("provider_error", "The answer broke off before it was over.", {
    retryable: true,
  });
}
