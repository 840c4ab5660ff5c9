/** Providers as callers meet them: a real gateway, and an upstream that speaks as they do. */
import { EventStreamCodec } from "@smithy/eventstream-codec";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { auditEntry, chat, errorOf, type Answer } from "../support/client.ts";
import { startGateway, type TestGateway } from "../support/gateway.ts";
import {
  json,
  plain,
  startScriptedUpstream,
  type Seen,
  type ScriptedUpstream,
} from "../support/scripted-upstream.ts";

let upstream: ScriptedUpstream;
let gateway: TestGateway;

const AWS_KEY = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "aws-secret-1" };

/** One provider of each kind under the kind's own name, each for the models that begin with it. */
function policyFor(url: string): object {
  const providers: Record<string, object> = {
    bedrock: { kind: "bedrock", baseUrl: url, secret: "BEDROCK_CREDENTIALS" },
    "bedrock-bearer": { kind: "bedrock", baseUrl: url, secret: "BEDROCK_API_KEY" },
  };
  const candidates = Object.keys(providers).map((provider) => ({
    provider,
    model: "us.anthropic.claude-haiku-4-5-20251001-v1:0",
    serves: [`${provider}:*`],
  }));
  return { schema: 1, providers, tiers: { standard: { candidates } } };
}

beforeAll(async () => {
  upstream = await startScriptedUpstream();
  gateway = await startGateway({
    env: {
      BEDROCK_CREDENTIALS: JSON.stringify(AWS_KEY),
      BEDROCK_API_KEY: "bedrock-api-key-1",
    },
    policy: policyFor(upstream.url),
  });
});
afterAll(async () => {
  await gateway.stop();
  await upstream.stop();
});
beforeEach(() => {
  upstream.script = plain;
  upstream.seen.length = 0;
});

const last = (): Seen => {
  const seen = upstream.seen.at(-1);
  if (seen === undefined) throw new Error("the upstream was not asked");
  return seen;
};

/** Asks in OpenAI's words, with headers that must stay on this side. */
const say = (model: string, more: Record<string, unknown> = {}): Promise<Answer> =>
  chat(
    gateway,
    gateway.keys.alice,
    "Hi",
    { model, ...more },
    {
      "cf-aig-metadata": '{"team":"caller-words"}',
      "x-tallygate-action": "caller-words",
      cookie: "session=caller-words",
    },
  );

const textOf = (answer: Answer): string =>
  (answer.json["choices"] as { message: { content: string } }[] | undefined)?.[0]?.message
    .content ?? answer.text;

/** The text of a streamed answer, and the usage in its last chunk. */
function readStream({ text }: Answer): { text: string; usage?: Record<string, number> } {
  const chunks = text
    .split("\n\n")
    .filter((event) => event.startsWith("data: {"))
    .map((event) => JSON.parse(event.slice(6)) as Record<string, unknown>);
  const texts = chunks.flatMap(
    (chunk) => (chunk["choices"] ?? []) as { delta?: { content?: string } }[],
  );
  const usage = chunks.findLast((chunk) => chunk["usage"])?.["usage"];
  return {
    text: texts.map(({ delta }) => delta?.content ?? "").join(""),
    ...(usage ? { usage: usage as Record<string, number> } : {}),
  };
}

/** What the books say of an answer, once it is settled. */
async function booked(answer: Answer): Promise<Record<string, unknown>> {
  return auditEntry(gateway, answer.headers.get("x-request-id") ?? "");
}

const codec = new EventStreamCodec(
  (bytes) => Buffer.from(bytes as Uint8Array).toString(),
  (text) => new TextEncoder().encode(text),
);
const frame = (type: string, payload: object, kind = "event"): Uint8Array =>
  codec.encode({
    headers: {
      ":message-type": { type: "string", value: kind },
      [`:${kind}-type`]: { type: "string", value: type },
    },
    body: new TextEncoder().encode(JSON.stringify(payload)),
  });

const send = (bytes: Uint8Array): void => {
  upstream.script = (_, response) => {
    response.writeHead(200, { "content-type": "application/vnd.amazon.eventstream" });
    response.end(bytes);
  };
};

describe("Amazon Bedrock", () => {
  const usage = { inputTokens: 10, outputTokens: 5, totalTokens: 15 };
  const frames = [
    frame("messageStart", { role: "assistant" }),
    frame("contentBlockDelta", { contentBlockIndex: 0, delta: { text: "Hello" } }),
    frame("contentBlockDelta", { contentBlockIndex: 0, delta: { text: " there." } }),
    frame("contentBlockStop", { contentBlockIndex: 0 }),
    frame("messageStop", { stopReason: "end_turn" }),
    frame("metadata", { usage, metrics: { latencyMs: 1 } }),
  ];

  it("is asked through Converse, signed, and its answer and usage are read", async () => {
    upstream.script = (_, response) =>
      json(response, 200, {
        output: { message: { role: "assistant", content: [{ text: "Hello there." }] } },
        stopReason: "end_turn",
        usage,
      });
    const answer = await say("bedrock:haiku", { max_tokens: 50 });
    expect(textOf(answer)).toBe("Hello there.");
    const { path, headers, body } = last();
    expect(path).toBe("/model/us.anthropic.claude-haiku-4-5-20251001-v1%3A0/converse");
    expect(headers["authorization"]).toMatch(
      /^AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE\/\d{8}\/us-east-1\/bedrock\/aws4_request, .*Signature=[0-9a-f]{64}$/,
    );
    expect(JSON.stringify(headers)).not.toMatch(/caller-words|aws-secret-1|tg_/);
    expect(body).toEqual({
      messages: [{ role: "user", content: [{ text: "Hi" }] }],
      inferenceConfig: { maxTokens: 50 },
    });
    // In this region 1.10 and 5.50 dollars per million tokens: 10 x 1100 + 5 x 5500 nano-dollars.
    expect(await booked(answer)).toMatchObject({ outcome: "completed", costNanos: 38_500 });
  });

  it("streams in binary messages, which callers read as their own events", async () => {
    send(Buffer.concat(frames));
    const answer = await say("bedrock-bearer:haiku", {
      stream: true,
      stream_options: { include_usage: true },
    });
    expect(readStream(answer)).toMatchObject({
      text: "Hello there.",
      usage: { prompt_tokens: 10, completion_tokens: 5 },
    });
    expect(answer.text).toContain("[DONE]");
    expect(last().path).toMatch(/\/converse-stream$/);
    expect(last().headers["authorization"]).toBe("Bearer bedrock-api-key-1");
    expect(await booked(answer)).toMatchObject({ outcome: "completed", costNanos: 38_500 });
  });

  it("that breaks off, sends a damaged message or an exception fails in the stream, and is booked", async () => {
    const damaged = Buffer.concat(frames);
    damaged[300] = (damaged[300] ?? 0) ^ 1;
    const exception = frame("throttlingException", { message: "slow down" }, "exception");
    const endings = [
      Buffer.concat(frames.slice(0, 3)),
      damaged,
      Buffer.concat([...frames.slice(0, 2), exception]),
    ];
    for (const bytes of endings) {
      send(bytes);
      const answer = await say("bedrock-bearer:haiku", { stream: true });
      expect(answer.text).toContain('"code":"provider_error"');
      expect(await booked(answer)).toMatchObject({ outcome: "failed" });
    }
  });

  it("says in its own words why it refuses", async () => {
    upstream.script = (_, response) => {
      response.setHeader("x-amzn-errortype", "ValidationException:http://internal.amazon.com/");
      json(response, 400, { message: "The provided model identifier is invalid." });
    };
    const answer = await say("bedrock-bearer:haiku");
    expect(answer.status).toBe(400);
    expect(errorOf(answer).message).toContain("The provided model identifier is invalid.");
  });
});
