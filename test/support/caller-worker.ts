/** A Worker of somebody else's that binds the gateway as a service: each path one way to use it. */
import { bindGateway, createAi, type GatewayBinding } from "../../client/src/binding.ts";
import { GatewayError } from "../../client/src/errors.ts";
import { withRetry } from "../../client/src/with-retry.ts";
import type { StreamEvent } from "../../client/src/types.ts";

interface Env {
  GATEWAY: GatewayBinding;
  AUDITOR: GatewayBinding;
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

const completion = (authorization: string): RequestInit => ({
  method: "POST",
  headers: { "content-type": "application/json", authorization },
  body: JSON.stringify({ model, messages: [{ role: "user", content: "hello" }] }),
});

/** One message over MCP, as an assistant that runs in a Worker sends it. */
async function mcp(binding: GatewayBinding, method: string, params: object): Promise<unknown> {
  const answer = await binding.fetch("https://gateway/mcp", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }),
  });
  return { status: answer.status, body: await answer.json() };
}

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
  "/ai": ({ GATEWAY }) =>
    createAi(GATEWAY).run(
      model,
      { ...input, max_tokens: 50, tools: [{ name: "weather", parameters: {} }] },
      { gateway: { id: "main", metadata: { job: "nightly" } } },
    ),
  "/ai-refused": ({ GATEWAY }) => createAi(GATEWAY).run("nobody-serves-this", input).catch(failure),
  "/ai-stream": async ({ GATEWAY }) =>
    new Response(await createAi(GATEWAY).run(model, { ...input, stream: true })).text(),
  "/fetch": async ({ GATEWAY }) => {
    const answer = await GATEWAY.fetch(
      "https://any.host/v1/chat/completions",
      completion("Bearer x"),
    );
    return { status: answer.status, id: answer.headers.get("x-request-id") };
  },
  "/fetch-nobody": async ({ NOBODY }) =>
    (await NOBODY.fetch("https://any.host/v1/chat/completions", completion("Bearer x"))).status,
  "/mcp": ({ AUDITOR }) => mcp(AUDITOR, "tools/call", { name: "costs", arguments: {} }),
  "/mcp-member": ({ GATEWAY }) => mcp(GATEWAY, "tools/list", {}),
  "/provider": ({ GATEWAY }) =>
    bindGateway(GATEWAY).run(model, input, { provider: "nobody" }).catch(failure),
  "/abort": async ({ GATEWAY }) => {
    const signal = AbortSignal.timeout(1_500);
    return bindGateway(GATEWAY).run(model, input, { signal }).catch(failure);
  },
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
