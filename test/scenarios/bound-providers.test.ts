/**
 * Providers behind bindings: another Worker, and Workers AI by the runtime's own `AI` binding, of
 * which only the service behind it is ours.
 */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { startBoundWorkers, type BoundWorkers } from "../support/bound-workers.ts";
import { ask, auditEntry, errorOf, type Answer } from "../support/client.ts";
import {
  json,
  startScriptedUpstream,
  stream,
  type Script,
  type ScriptedUpstream,
} from "../support/scripted-upstream.ts";

let ai: ScriptedUpstream;
let workers: BoundWorkers;

const llama = "@cf/meta/llama-3.3-70b-instruct-fp8-fast";
const usage = { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 };

/** What the service behind the binding answers, in Workers AI's words. */
const native: Script = ({ body }, response) => {
  const inputs = body["inputs"] as { stream?: boolean; text?: string[] };
  if (inputs.text !== undefined) {
    return json(response, 200, { shape: [1, 2], data: inputs.text.map(() => [0.5, -1]), usage });
  }
  if (inputs.stream !== true) return json(response, 200, { response: "Hello there.", usage });
  return stream(response, [
    'data: {"response":"Hello"}\n\n',
    'data: {"response":" there."}\n\n',
    `data: ${JSON.stringify({ response: "", usage })}\n\n`,
    "data: [DONE]\n\n",
  ]);
};

beforeAll(async () => {
  ai = await startScriptedUpstream(native);
  const price = { inputUsdPerMtok: 100, outputUsdPerMtok: 200 };
  const policy = {
    schema: 1,
    providers: {
      models: { kind: "openai", binding: "MODELS" },
      keyed: { kind: "openai", binding: "MODELS", secret: "MODELS_KEY" },
      "workers-ai": { kind: "workers-ai", binding: "AI" },
      nowhere: { kind: "openai", binding: "NOT_BOUND" },
    },
    tiers: {
      standard: {
        candidates: [
          { provider: "models", serves: ["gpt-*"] },
          { provider: "keyed", serves: ["keyed-*"] },
          { provider: "workers-ai", serves: ["@cf/*"] },
          { provider: "nowhere", serves: ["nowhere-*"] },
        ],
      },
    },
    // Who has left is found out by writing to them.
    upstream: { keepAliveMs: 100 },
    prices: { "gpt-*": price, "keyed-*": price, "@cf/*": price, "nowhere-*": price },
  };
  workers = await startBoundWorkers(policy, {
    gateway: {
      serviceBindings: { MODELS: "models" },
      ai: { binding: "AI", remoteProxyConnectionString: new URL(ai.url) },
    },
    workers: { models: "test/support/model-worker.ts" },
  });
});
afterAll(async () => {
  await workers.stop();
  await ai.stop();
});
beforeEach(() => {
  ai.script = native;
  ai.seen.length = 0;
});

const say = (model: string, more: object = {}, path = "/v1/chat/completions"): Promise<Answer> =>
  ask(workers.url + path, {
    method: "POST",
    key: workers.keys.alice,
    body: JSON.stringify({ model, messages: [{ role: "user", content: "Hi" }], ...more }),
  });

const textOf = ({ json, text }: Answer): string =>
  (json["choices"] as { message: { content: string } }[] | undefined)?.[0]?.message.content ?? text;

const booked = (answer: Answer): Promise<Record<string, unknown>> =>
  auditEntry(workers, answer.headers.get("x-request-id") ?? "");

/** What `run` was last given beside the model. */
const inputs = (): Record<string, unknown> =>
  (ai.seen.at(-1)?.body["inputs"] ?? {}) as Record<string, unknown>;

const costNanos = 10 * 100_000 + 5 * 200_000;

describe("a Worker behind a service binding", () => {
  it("is asked at the vendor's own path, without a key, and its answer is booked", async () => {
    const answer = await say("gpt-4o-mini");
    expect([answer.status, textOf(answer)]).toEqual([
      200,
      "binding.internal /v1/chat/completions no key",
    ]);
    expect(await booked(answer)).toMatchObject({ costNanos, provider: "models" });
  });

  it("streams, in another dialect too", async () => {
    const same = await say("gpt-4o-mini", { stream: true });
    expect(same.text).toContain("binding.internal /v1/chat/completions");
    const other = await say("gpt-4o-mini", { stream: true, max_tokens: 50 }, "/v1/messages");
    expect(other.text).toContain("binding.internal /v1/chat/completions");
    expect(await booked(other)).toMatchObject({ outcome: "completed", costNanos });
  });

  it("that fails is a provider's failure, with its words", async () => {
    const answer = await say("gpt-broken");
    expect(answer.status).toBe(502);
    expect(errorOf(answer)).toMatchObject({ code: "provider_error" });
    expect(answer.text).toContain("out of order");
  });

  it("needs the secret that policy names, and a binding that is there", async () => {
    const keyed = await say("keyed-1");
    expect(errorOf(keyed)).toMatchObject({ code: "provider_not_configured" });
    expect(keyed.text).toContain("MODELS_KEY");
    const nowhere = await say("nowhere-1");
    expect(errorOf(nowhere)).toMatchObject({ code: "provider_not_configured" });
    expect(nowhere.text).toContain("NOT_BOUND, which this deployment does not have");
  });
});

it("the diagnosis says which bindings are there, and which secrets are needed", async () => {
  const { json } = await ask(`${workers.url}/admin/diagnosis`, { key: workers.keys.admin });
  const facts = (json["providers"] as Record<string, unknown>[]).map(
    ({ name, binding, bound, needed }) => [name, binding, bound, needed],
  );
  expect(facts).toEqual(
    expect.arrayContaining([
      ["models", "MODELS", true, false],
      ["keyed", "MODELS", true, true],
      ["workers-ai", "AI", true, false],
      ["nowhere", "NOT_BOUND", false, false],
    ]),
  );
});

describe("Workers AI by its binding", () => {
  it("is run with the model and the conversation, and its usage is booked", async () => {
    const answer = await say(llama);
    expect([answer.status, textOf(answer)]).toEqual([200, "Hello there."]);
    expect(ai.seen[0]?.headers["mf-header-cf-consn-model-id"]).toBe(llama);
    expect(inputs()).toMatchObject({ messages: [{ role: "user", content: "Hi" }] });
    expect(inputs()).not.toHaveProperty("model");
    expect(await booked(answer)).toMatchObject({ costNanos, provider: "workers-ai" });
  });

  it("streams in the caller's words, with its usage", async () => {
    const answer = await say(llama, { stream: true, stream_options: { include_usage: true } });
    expect(answer.text).toContain('"content":"Hello"');
    expect(answer.text).toContain('"prompt_tokens":10');
    expect(answer.text.trimEnd().endsWith("data: [DONE]")).toBe(true);
    expect(inputs()).toMatchObject({ stream: true });
    expect(await booked(answer)).toMatchObject({ outcome: "completed", costNanos });
  });

  it("gives vectors", async () => {
    const answer = await ask(`${workers.url}/v1/embeddings`, {
      method: "POST",
      key: workers.keys.alice,
      body: JSON.stringify({ model: "@cf/baai/bge-m3", input: ["a", "b"] }),
    });
    expect(answer.json).toMatchObject({ data: [{ embedding: [0.5, -1] }, { index: 1 }] });
    expect(inputs()).toEqual({ text: ["a", "b"] });
  });

  it("answers at Cloudflare's own address, and what it refuses keeps its status", async () => {
    const json_schema = { type: "object", properties: { city: { type: "string" } } };
    const more = { response_format: { type: "json_schema", json_schema } };
    const run = await say(llama, more, `/client/v4/accounts/dev/ai/run/${llama}`);
    expect(run.json).toMatchObject({ success: true, result: { response: "Hello there." } });
    expect(inputs()).toMatchObject(more);
    ai.script = (_seen, response) =>
      json(response, 429, { errors: [{ code: 3040, message: "Capacity exceeded" }] });
    const full = await say(llama);
    expect([full.status, errorOf(full).code]).toEqual([429, "provider_rate_limited"]);
    expect(full.text).toContain("Capacity exceeded");
  });

  it("ends the call when the caller leaves", async () => {
    ai.script = (_seen, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.write('data: {"response":"Hello"}\n\n');
    };
    const leave = new AbortController();
    const answer = await fetch(`${workers.url}/v1/chat/completions`, {
      method: "POST",
      headers: { authorization: `Bearer ${workers.keys.alice}` },
      body: JSON.stringify({
        model: llama,
        stream: true,
        messages: [{ role: "user", content: "Hi" }],
      }),
      signal: leave.signal,
    });
    await answer.body?.getReader().read();
    leave.abort();
    await expect.poll(() => ai.seen[0]?.left).toBe(true);
  });
});
