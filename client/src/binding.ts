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
  Message,
  RunInput,
  RunOptions,
  RunResult,
  StreamEvent,
  Tool,
} from "./types.ts";

export type { BindingOptions, GatewayBinding } from "./binding-wire.ts";

/** The binding as a `Gateway`, with typed errors and events: every layer of the library fits on it. */
export function bindGateway(binding: GatewayBinding): Gateway {
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

/** What Workers AI's text models take. */
export interface AiInputs {
  messages?: readonly Message[];
  prompt?: string;
  stream?: boolean;
  max_tokens?: number;
  temperature?: number;
  tools?: readonly {
    name: string;
    description?: string;
    parameters: Record<string, unknown>;
  }[];
  response_format?: { type: "json_object" } | { type: "json_schema"; json_schema: object };
}

/** What they answer. */
export interface AiAnswer {
  response: string;
  tool_calls?: { name: string; arguments: Record<string, unknown> }[];
  usage?: { prompt_tokens: number; completion_tokens: number; total_tokens: number };
}

/** The part of the Workers AI binding that text models use. */
export interface AiBinding {
  run(
    model: string,
    inputs: AiInputs & { stream: true },
    options?: BindingOptions,
  ): Promise<ReadableStream<Uint8Array>>;
  run(model: string, inputs: AiInputs, options?: BindingOptions): Promise<AiAnswer>;
}

/** `env.AI` for code written for Workers AI: `const ai = createAi(env.GATEWAY)`. */
export function createAi(binding: GatewayBinding): AiBinding {
  const gateway = bindGateway(binding);
  async function run(model: string, inputs: AiInputs, options: BindingOptions = {}) {
    const { gateway: cache, ...rest } = options;
    const input = inputOf(inputs);
    const all = { ...rest, ...cache };
    if (inputs.stream === true) return sseOf(gateway.stream(model, input, all));
    return answerOf(await gateway.run(model, input, all));
  }
  return { run } as AiBinding;
}

function inputOf(inputs: AiInputs): RunInput {
  const { messages, prompt, max_tokens, temperature, tools, response_format } = inputs;
  const said = messages === undefined ? { prompt: prompt ?? "" } : { messages };
  const named = tools?.map(({ name, description, parameters }): Tool => ({
    name,
    inputSchema: parameters,
    ...(description === undefined ? {} : { description }),
  }));
  return {
    ...said,
    ...(max_tokens === undefined ? {} : { maxOutputTokens: max_tokens }),
    ...(temperature === undefined ? {} : { temperature }),
    ...(named === undefined ? {} : { tools: named }),
    ...formatOf(response_format),
  };
}

function formatOf(format: AiInputs["response_format"]): Pick<RunInput, "responseFormat"> {
  if (format === undefined) return {};
  if (format.type === "json_object") return { responseFormat: "json" };
  const schema = format.json_schema as Record<string, unknown>;
  return { responseFormat: { name: "answer", schema } };
}

function answerOf({ text, toolCalls, usage }: RunResult): AiAnswer {
  return {
    response: text,
    ...(toolCalls.length === 0
      ? {}
      : { tool_calls: toolCalls.map(({ name, input }) => ({ name, arguments: input })) }),
    ...(usage === undefined
      ? {}
      : {
          usage: {
            prompt_tokens: usage.inputTokens,
            completion_tokens: usage.outputTokens,
            total_tokens: usage.inputTokens + usage.outputTokens,
          },
        }),
  };
}

/** Server-sent events as Workers AI sends them: `data: {"response": "..."}`, then `data: [DONE]`. */
function sseOf(events: ReadableStream<StreamEvent>): ReadableStream<Uint8Array> {
  const reader = events.getReader();
  const encoder = new TextEncoder();
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      const { done, value } = await reader.read();
      if (done) {
        controller.enqueue(encoder.encode("data: [DONE]\n\n"));
        controller.close();
        return;
      }
      controller.enqueue(encoder.encode(`data: ${JSON.stringify(aiEvent(value))}\n\n`));
    },
    cancel: (reason) => reader.cancel(reason),
  });
}

function aiEvent(event: StreamEvent): object {
  if (event.type === "text") return { response: event.text };
  if (event.type === "tool_use") {
    return { response: "", tool_calls: [{ name: event.name, arguments: event.input }] };
  }
  const { usage } = answerOf({ text: "", toolCalls: [], model: "", provider: "", ...event });
  return { response: "", ...(usage === undefined ? {} : { usage }) };
}
