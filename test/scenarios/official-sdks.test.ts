/** The official SDKs, unmodified, against the gateway and the development upstream. */
import Anthropic, { NotFoundError } from "@anthropic-ai/sdk";
import OpenAI, { type APIError, AuthenticationError } from "openai";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startGateway, type TestGateway } from "../support/gateway.ts";

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startGateway();
});
afterAll(() => gateway.stop());

const openai = (key = gateway.keys.alice) =>
  new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: key, maxRetries: 0 });
const anthropic = (key = gateway.keys.alice) =>
  new Anthropic({ baseURL: gateway.url, apiKey: key, maxRetries: 0 });

const weather = {
  description: "The weather in a city",
  schema: {
    type: "object" as const,
    properties: { city: { type: "string" } },
    required: ["city"],
  },
};

describe.each([
  ["its own dialect", "gpt-4o-mini"],
  ["an Anthropic model", "claude-sonnet-4-5"],
])("the OpenAI SDK with %s", (_name, model) => {
  it("gets an answer with usage and the request's id", async () => {
    const answer = await openai().chat.completions.create({
      model,
      messages: [{ role: "user", content: "hello" }],
    });
    expect(answer.choices[0]?.message.content).toContain("development upstream");
    expect(answer.choices[0]?.finish_reason).toBe("stop");
    expect(answer.usage?.prompt_tokens).toBeGreaterThan(0);
    expect(answer._request_id).toMatch(/^[0-9a-f-]{36}$/);
  });

  it("streams, with usage when it asks for it", async () => {
    const stream = await openai().chat.completions.create({
      model,
      stream: true,
      stream_options: { include_usage: true },
      messages: [{ role: "user", content: "hello" }],
    });
    let text = "";
    let usage = 0;
    for await (const chunk of stream) {
      text += chunk.choices[0]?.delta.content ?? "";
      usage = chunk.usage?.completion_tokens ?? usage;
    }
    expect(text).toContain("development upstream");
    expect(usage).toBeGreaterThan(0);
  });

  it("gets tool calls, streamed and whole", async () => {
    const request = {
      model,
      messages: [{ role: "user" as const, content: "what is the weather?" }],
      tools: [
        {
          type: "function" as const,
          function: {
            name: "weather",
            description: weather.description,
            parameters: weather.schema,
          },
        },
      ],
    };
    const answer = await openai().chat.completions.create(request);
    const call = answer.choices[0]?.message.tool_calls?.[0];
    expect(call).toMatchObject({ type: "function", function: { name: "weather" } });
    expect(answer.choices[0]?.finish_reason).toBe("tool_calls");
    const whole = await openai().chat.completions.stream(request).finalChatCompletion();
    expect(whole.choices[0]?.message.tool_calls?.[0]).toMatchObject({
      function: { name: "weather", arguments: '{"city":"Paris"}' },
    });
  });
});

describe.each([
  ["its own dialect", "claude-sonnet-4-5"],
  ["an OpenAI model", "gpt-4o-mini"],
])("the Anthropic SDK with %s", (_name, model) => {
  it("gets an answer with usage", async () => {
    const answer = await anthropic().messages.create({
      model,
      max_tokens: 100,
      messages: [{ role: "user", content: "hello" }],
    });
    expect(answer.content[0]).toMatchObject({ type: "text" });
    expect(answer.stop_reason).toBe("end_turn");
    expect(answer.usage.input_tokens).toBeGreaterThan(0);
  });

  it("streams to a final message with tools kept", async () => {
    const stream = anthropic().messages.stream({
      model,
      max_tokens: 100,
      messages: [{ role: "user", content: "what is the weather?" }],
      tools: [{ name: "weather", description: weather.description, input_schema: weather.schema }],
    });
    const message = await stream.finalMessage();
    expect(message.stop_reason).toBe("tool_use");
    expect(message.content.find((block) => block.type === "tool_use")).toMatchObject({
      name: "weather",
      input: { city: "Paris" },
    });
  });
});

describe("errors", () => {
  it("reach the OpenAI SDK as its own classes, with code and request id", async () => {
    const error = await openai("tg_dev_nobodynobody_0000000000000000000000000000000000000000")
      .chat.completions.create({ model: "gpt-4o-mini", messages: [] })
      .catch((error: unknown) => error);
    expect(error).toBeInstanceOf(AuthenticationError);
    expect((error as APIError).code).toBe("unauthenticated");
    expect((error as APIError).requestID).toMatch(/^[0-9a-f-]{36}$/);
  });

  it("reach the Anthropic SDK as its own classes", async () => {
    const error = await anthropic()
      .messages.create({
        model: "nobody-serves-this",
        max_tokens: 5,
        messages: [{ role: "user", content: "hi" }],
      })
      .catch((error: unknown) => error);
    expect(error).toBeInstanceOf(NotFoundError);
    expect(String(error)).toContain("nobody-serves-this");
  });
});

it("lists the models in both SDKs' shapes", async () => {
  const models = await openai().models.list();
  expect(Array.isArray(models.data)).toBe(true);
  const listed = await anthropic().models.list();
  expect(listed.data.map((model) => model.id)).toEqual(models.data.map((model) => model.id));
});
