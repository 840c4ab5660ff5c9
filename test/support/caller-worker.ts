/** A Worker of somebody else's that binds the gateway as a service: each path one way to use it. */
import { bindGateway, createAi, type GatewayBinding } from "../../client/src/binding.ts";
import { GatewayError } from "../../client/src/errors.ts";
import { withRetry } from "../../client/src/with-retry.ts";
import type { StreamEvent } from "../../client/src/types.ts";

interface Env {
  GATEWAY: GatewayBinding;
  NOBODY: GatewayBinding;
  STRANGER: GatewayBinding;
}

const model = "gpt-4o-mini";
const input = { prompt: "hello" };

async function collect(stream: ReadableStream<StreamEvent>): Promise<StreamEvent[]> {
  const events: StreamEvent[] = [];
  for await (const event of stream) events.push(event);
  return events;
}

const failure = (error: unknown): object =>
  error instanceof GatewayError
    ? { code: error.code, status: error.status, requestId: error.requestId }
    : { message: String(error) };

const uses: Record<string, (env: Env) => Promise<unknown>> = {
  "/run": ({ GATEWAY }) =>
    GATEWAY.run(model, input, { gateway: { skipCache: true, metadata: { job: "nightly" } } }),
  "/fallback": ({ GATEWAY }) =>
    GATEWAY.runFallback([{ model: "nobody-serves-this" }, { model }], input),
  "/stream": ({ GATEWAY }) => collect(withRetry(bindGateway(GATEWAY)).stream(model, input)),
  "/refused": ({ GATEWAY }) => bindGateway(GATEWAY).run("nobody-serves-this", input).catch(failure),
  "/refused-stream": ({ GATEWAY }) =>
    collect(bindGateway(GATEWAY).stream("nobody-serves-this", input)).catch(failure),
  "/nobody": ({ NOBODY }) => bindGateway(NOBODY).run(model, input).catch(failure),
  "/stranger": ({ STRANGER }) => bindGateway(STRANGER).run(model, input).catch(failure),
  "/ai": ({ GATEWAY }) => createAi(GATEWAY).run(model, { ...input, max_tokens: 50 }),
  "/ai-stream": async ({ GATEWAY }) =>
    new Response(await createAi(GATEWAY).run(model, { ...input, stream: true })).text(),
  "/leave": async ({ GATEWAY }) => {
    const reader = bindGateway(GATEWAY).stream(model, input).getReader();
    const first = await reader.read();
    await reader.cancel();
    return first.value;
  },
};

export default {
  async fetch(request: Request, env: Env): Promise<Response> {
    const use = uses[new URL(request.url).pathname];
    return use === undefined ? new Response(null, { status: 404 }) : Response.json(await use(env));
  },
};
