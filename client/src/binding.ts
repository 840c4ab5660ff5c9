/** `tallygate/client/worker`: for Workers that bind Tallygate's entrypoint `Gateway` as a service. */
import {
  decodeEvents,
  toGatewayError,
  unreached,
  type BindingOptions,
  type GatewayBinding,
} from "./binding-wire.ts";
import { GatewayError } from "./errors.ts";
import { GATEWAY } from "./gateway.ts";
import type {
  FallbackEntry,
  Gateway,
  RunInput,
  RunOptions,
  RunResult,
  StreamEvent,
} from "./types.ts";

export {
  createAi,
  type AiAnswer,
  type AiBinding,
  type AiInputs,
  type AiOptions,
  type AiVectors,
} from "./ai.ts";
export type { BindingOptions, GatewayBinding } from "./binding-wire.ts";

/** The binding as a `Gateway`, with typed errors and events: every layer of the library fits on it. */
export function bindGateway(binding: Omit<GatewayBinding, "fetch">): Gateway {
  async function call(
    entries: readonly FallbackEntry[],
    input: RunInput,
    options: RunOptions = {},
  ): Promise<RunResult> {
    if (options.signal?.aborted === true) throw aborted(options.signal);
    const reply = await binding.tryRun(entries, input, toBinding(options)).catch(unreached);
    if (reply.ok) return reply.result;
    throw toGatewayError(reply.error);
  }
  return {
    run: (model, input, options) => call([{ model }], input, options),
    runFallback: call,
    stream: (model, input, options = {}) => {
      const events = decodeEvents(() => binding.stream(model, input, toBinding(options)));
      return options.signal === undefined ? events : untilAborted(events, options.signal);
    },
    providers: () => [GATEWAY],
    defaultProvider: () => GATEWAY,
  };
}

function toBinding({ skipCache, cacheTtl, metadata, tags, timeoutMs }: RunOptions): BindingOptions {
  return {
    gateway: {
      ...(skipCache === undefined ? {} : { skipCache }),
      ...(cacheTtl === undefined ? {} : { cacheTtl }),
      ...(metadata === undefined ? {} : { metadata }),
    },
    ...(tags === undefined ? {} : { tags }),
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
  };
}

function aborted(signal: AbortSignal): GatewayError {
  return new GatewayError("aborted", "The call was aborted.", { cause: signal.reason });
}

function untilAborted(
  events: ReadableStream<StreamEvent>,
  signal: AbortSignal,
): ReadableStream<StreamEvent> {
  const reader = events.getReader();
  return new ReadableStream<StreamEvent>({
    start(controller) {
      const leave = (): void => {
        controller.error(aborted(signal));
        void reader.cancel().catch(() => undefined);
      };
      if (signal.aborted) leave();
      else signal.addEventListener("abort", leave, { once: true });
    },
    async pull(controller) {
      const { done, value } = await reader.read();
      if (signal.aborted) return;
      if (done) controller.close();
      else controller.enqueue(value);
    },
    cancel: (reason) => reader.cancel(reason),
  });
}
