/** `tallygate/client/worker`: for Workers that bind Tallygate's entrypoint `Gateway` as a service. */
import {
  decodeEvents,
  leashOf,
  toGatewayError,
  unreached,
  type BindingOptions,
  type BindingReply,
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
    const { signal } = options;
    if (signal === undefined) return resultOf(binding.tryRun(entries, input, toBinding(options)));
    if (signal.aborted) throw aborted(signal);
    const { leash, letGo } = leashOf(signal);
    let leave: (() => void) | undefined;
    const left = new Promise<never>((_resolve, reject) => {
      leave = () => reject(aborted(signal));
      signal.addEventListener("abort", leave, { once: true });
    });
    try {
      const reply = binding.tryRun(entries, input, { ...toBinding(options), leash });
      return await Promise.race([resultOf(reply), left]);
    } finally {
      if (leave !== undefined) signal.removeEventListener("abort", leave);
      letGo();
    }
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

async function resultOf(reply: Promise<BindingReply>): Promise<RunResult> {
  const answer = await reply.catch(unreached);
  if (answer.ok) return answer.result;
  throw toGatewayError(answer.error);
}

function toBinding({ skipCache, cacheTtl, metadata, ...options }: RunOptions): BindingOptions {
  const { provider, tags, timeoutMs, headers } = options;
  return {
    ...(provider === undefined ? {} : { provider }),
    ...(headers === undefined ? {} : { headers }),
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
