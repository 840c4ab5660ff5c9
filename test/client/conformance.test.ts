/** One suite for everything the client can stand in front of: this gateway, and providers directly. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startDevUpstream, type DevUpstream } from "../../scripts/dev-upstream.ts";
import {
  createGateway,
  GatewayError,
  type Gateway,
  type StreamEvent,
} from "../../client/src/client.ts";
import { startGateway, type TestGateway } from "../support/gateway.ts";
import {
  openAiChunks,
  scriptedPolicy,
  startScriptedUpstream,
  type ScriptedUpstream,
} from "../support/scripted-upstream.ts";

let served: TestGateway;
let upstream: DevUpstream;
let scripted: ScriptedUpstream;
let behind: TestGateway;

beforeAll(async () => {
  scripted = await startScriptedUpstream();
  upstream = await startDevUpstream(0);
  served = await startGateway();
  behind = await startGateway({ policy: scriptedPolicy(scripted.url) });
});
afterAll(async () => {
  await Promise.all([served.stop(), behind.stop()]);
  await Promise.all([upstream.stop(), scripted.stop()]);
});

const direct = (kind: "openai" | "anthropic"): Gateway => {
  const baseUrl = kind === "openai" ? `${upstream.url}/v1` : upstream.url;
  return createGateway({ providers: { [kind]: { kind, baseUrl, apiKey: "any" } } });
};

const weather = {
  name: "weather",
  description: "The weather in a city",
  inputSchema: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
};

async function collect(stream: ReadableStream<StreamEvent>): Promise<StreamEvent[]> {
  const events: StreamEvent[] = [];
  for await (const event of stream as unknown as AsyncIterable<StreamEvent>) events.push(event);
  return events;
}

const textOf = (events: readonly StreamEvent[]): string =>
  events.map((event) => (event.type === "text" ? event.text : "")).join("");

const setups: [string, string, () => Gateway][] = [
  [
    "the gateway",
    "gpt-4o-mini",
    () => createGateway({ baseUrl: served.url, apiKey: served.keys.alice }),
  ],
  [
    "the gateway, with a model of another dialect",
    "claude-sonnet-4-5",
    () => createGateway({ baseUrl: `${served.url}/v1/`, apiKey: served.keys.bob }),
  ],
  ["a provider in OpenAI's dialect", "gpt-4o-mini", () => direct("openai")],
  ["a provider in Anthropic's dialect", "claude-sonnet-4-5", () => direct("anthropic")],
];

describe.each(setups)("the client before %s", (_name, model, open) => {
  it("answers a prompt with text, usage and how it ended", async () => {
    const result = await open().run(model, { prompt: "hello", system: "Be kind." });
    expect(result).toMatchObject({ finish: "stop", toolCalls: [] });
    expect(result.text).toContain("development upstream");
    expect(result.usage?.inputTokens).toBeGreaterThan(0);
    expect(result.usage?.outputTokens).toBeGreaterThan(0);
    expect(result.model).not.toBe("");
  });

  it("streams the same text and ends in exactly one done", async () => {
    const gateway = open();
    const input = {
      prompt: "echo one two three four five six",
      cacheControl: "ephemeral",
    } as const;
    const events = await collect(gateway.stream(model, input));
    expect(textOf(events)).toBe((await gateway.run(model, input)).text);
    expect(events.filter(({ type }) => type === "done")).toHaveLength(1);
    expect(events.at(-1)).toMatchObject({ type: "done", finish: "stop" });
    expect(events.filter(({ type }) => type === "text").length).toBeGreaterThan(1);
  });

  it("gives tool calls parsed, whole and streamed, and takes their results", async () => {
    const gateway = open();
    const input = { prompt: "the weather?", tools: [weather], toolChoice: "auto" } as const;
    const { toolCalls, finish } = await gateway.run(model, input);
    expect(finish).toBe("tool_calls");
    expect(toolCalls).toMatchObject([{ name: "weather", input: { city: "Paris" } }]);
    const events = await collect(gateway.stream(model, input));
    const call = events.find((event) => event.type === "tool_use");
    expect(call).toMatchObject({ name: "weather", input: { city: "Paris" } });
    expect(events.at(-1)).toMatchObject({ type: "done", finish: "tool_calls" });
    const answer = await gateway.run(model, {
      tools: [weather],
      messages: [
        { role: "user", content: "the weather?" },
        { role: "assistant", content: "", toolCalls },
        { role: "tool", toolCallId: toolCalls[0]?.id ?? "", content: "Sunny" },
      ],
    });
    expect(answer.text).not.toBe("");
  });

  it("falls back past an entry that fails, and gives up with the last error", async () => {
    const gateway = open();
    const entries = [{ model, provider: "nobody" }, { model }];
    expect((await gateway.runFallback(entries, { prompt: "hello" })).finish).toBe("stop");
    const none = gateway.runFallback([{ model, provider: "nobody" }], { prompt: "hello" });
    // A gateway has providers of its own, and is asked for them.
    const code = gateway.providers().includes("tallygate")
      ? "model_not_allowed"
      : "unknown_provider";
    await expect(none).rejects.toMatchObject({ code, retryable: false });
  });

  it("takes tools, calls and marked prompts in one form, and gives JSON where it is asked to", async () => {
    const gateway = open();
    const schema = { type: "object", properties: { n: { type: "integer" } }, required: ["n"] };
    const messages = [
      { role: "system", content: "Be short." },
      { role: "user", content: [{ type: "text", text: "echo 7", cacheControl: "ephemeral" }] },
    ] as const;
    const format = { name: "number", schema };
    const whole = await gateway.run(model, { messages, responseFormat: format });
    expect([whole.finish, whole.text === ""]).toEqual(["stop", false]);
    const plain = gateway.run(model, { messages, responseFormat: "json" });
    // Nothing is dropped in silence: a gateway says what the other dialect has no word for.
    const crosses = gateway.providers().includes("tallygate") && model.startsWith("claude");
    if (crosses) await expect(plain).rejects.toThrow("no plain JSON mode");
    else expect((await plain).finish).toBe("stop");
  });

  it("refuses an aborted call as its own error", async () => {
    const signal = AbortSignal.abort();
    const run = open().run(model, { prompt: "hello" }, { signal });
    await expect(run).rejects.toMatchObject({ name: "GatewayError", code: "aborted" });
    const stream = open().stream(model, { prompt: "hello" }, { signal });
    await expect(collect(stream)).rejects.toMatchObject({ code: "aborted", retryable: false });
  });
});

describe("a gateway that is asked for one of its own providers", () => {
  it("asks that one, as the default or for one call, whole and streamed", async () => {
    const { url, keys } = served;
    const config = { baseUrl: url, apiKey: keys.alice, defaultProvider: "anthropic" };
    const gateway = createGateway(config);
    expect(gateway.defaultProvider()).toBe("anthropic");
    expect(gateway.providers()).toEqual(["tallygate"]);
    const model = "claude-sonnet-4-5";
    expect(await gateway.run(model, { prompt: "hello" })).toMatchObject({ provider: "anthropic" });
    const events = await collect(gateway.stream(model, { prompt: "hello" }));
    expect(events.at(-1)).toMatchObject({ type: "done", finish: "stop" });
    const other = await gateway.run("gpt-4o-mini", { prompt: "hello" }, { provider: "openai" });
    expect(other.provider).toBe("openai");
    const chosen = await gateway.run("gpt-4o-mini", { prompt: "hi" }, { provider: "tallygate" });
    expect(chosen.finish).toBe("stop");
  });
});

describe("what is asked for is on the wire", () => {
  const sent: Record<string, unknown>[] = [];
  const record = async (_url: string, init: RequestInit): Promise<Response> => {
    sent.push(JSON.parse(init.body as string) as Record<string, unknown>);
    return new Response("{}", { status: 400 });
  };
  const schema = { type: "object" };
  const input = {
    prompt: "hello",
    cacheControl: "ephemeral",
    responseFormat: { name: "answer", schema },
    tools: [weather],
    toolChoice: "required",
  } as const;
  const wire = async (kind: "openai" | "anthropic", isGateway = false) => {
    const target = { baseUrl: "https://p.test", apiKey: "any" };
    const gateway = isGateway
      ? createGateway({ ...target, fetch: record })
      : createGateway({ providers: { it: { kind, ...target } }, fetch: record });
    await gateway.run("m", input).catch(() => undefined);
    return sent.pop();
  };

  it("in OpenAI's dialect, which has no mark for caching of its own", async () => {
    const body = await wire("openai");
    expect(body).toMatchObject({
      response_format: { type: "json_schema", json_schema: { name: "answer", schema } },
      tools: [{ type: "function", function: { name: "weather" } }],
      tool_choice: "required",
    });
    expect(JSON.stringify(body)).not.toContain("cache_control");
  });

  it("in the gateway's, which takes the mark on", async () => {
    expect(JSON.stringify(await wire("openai", true))).toContain(
      '"cache_control":{"type":"ephemeral"}',
    );
  });

  it("in Anthropic's", async () => {
    const body = await wire("anthropic");
    expect(body).toMatchObject({
      output_config: { format: { type: "json_schema", schema } },
      tools: [{ name: "weather", input_schema: weather.inputSchema }],
      tool_choice: { type: "any" },
    });
    expect(JSON.stringify(body)).toContain('"cache_control":{"type":"ephemeral"}');
  });
});

describe("a call that nobody waits for any more", () => {
  const targets: [string, () => Gateway][] = [
    [
      "through the gateway",
      () => createGateway({ baseUrl: behind.url, apiKey: behind.keys.alice }),
    ],
    [
      "direct",
      () =>
        createGateway({
          providers: { scripted: { kind: "openai", baseUrl: `${scripted.url}/v1`, apiKey: "any" } },
        }),
    ],
  ];
  const leaves: [
    string,
    (stream: ReadableStream<StreamEvent>, abort: AbortController) => unknown,
  ][] = [
    ["cancelled", (stream) => stream.cancel()],
    ["aborted", (_stream, abort) => abort.abort()],
  ];
  const cases = targets.flatMap(([where, open]) =>
    leaves.map(([how, leave]) => ({ where, how, open, leave })),
  );

  it.each(cases)("$how, $where, reaches the provider", async ({ open, leave }) => {
    const [head = "", hello = ""] = openAiChunks(["Hello"]);
    scripted.script = (_seen, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.write(head);
      const talk = setInterval(() => response.write(hello), 10);
      response.on("close", () => clearInterval(talk));
    };
    const abort = new AbortController();
    const stream = open().stream("gpt-4o-mini", { prompt: "hi" }, { signal: abort.signal });
    const reader = stream.getReader();
    expect(await reader.read()).toMatchObject({ value: { type: "text", text: "Hello" } });
    const seen = scripted.seen.at(-1);
    reader.releaseLock();
    await leave(stream, abort);
    await expect.poll(() => seen?.left, { timeout: 60_000 }).toBe(true);
  });
});

describe("what the gateway refuses", () => {
  it("arrives with its code, status, id, and whether to try again", async () => {
    const gateway = createGateway({ baseUrl: served.url, apiKey: served.keys.alice });
    const error = await gateway
      .run("nobody-serves-this", { prompt: "hi" })
      .catch((e: unknown) => e);
    expect(error).toBeInstanceOf(GatewayError);
    expect(error).toMatchObject({ code: "model_not_found", status: 404, retryable: false });
    expect((error as GatewayError).requestId).toMatch(/^[0-9a-f-]{36}$/);
    const stranger = createGateway({ baseUrl: served.url, apiKey: "tg_dev_nobodynobody_0" });
    await expect(stranger.run("gpt-4o-mini", { prompt: "hi" })).rejects.toMatchObject({
      code: "unauthenticated",
      status: 401,
    });
  });

  it("says for how long, when a limit is used up", async () => {
    const limit = { name: "one", metric: "requests", limit: 1, windowMs: 60_000 };
    const tight = await startGateway({ policy: scriptedPolicy(scripted.url, { limits: [limit] }) });
    try {
      scripted.script = (_seen, response) => {
        response.writeHead(200, { "content-type": "text/event-stream" });
        response.end(openAiChunks(["Hi"]).join(""));
      };
      const gateway = createGateway({ baseUrl: tight.url, apiKey: tight.keys.alice });
      expect(await collect(gateway.stream("gpt-4o-mini", { prompt: "hi" }))).toHaveLength(2);
      const again = collect(gateway.stream("gpt-4o-mini", { prompt: "hi" }));
      const error = (await again.catch((e: unknown) => e)) as GatewayError;
      expect(error).toMatchObject({ code: "rate_limited", status: 429, retryable: true });
      expect(error.retryAfterMs).toBeGreaterThan(0);
    } finally {
      await tight.stop();
    }
  });
});
