/** Replicate as callers meet it: predictions behind a conversation, and its own address. */
import Replicate from "replicate";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { ask, auditEntry, chat, errorOf, type Answer } from "../support/client.ts";
import { startGateway, type TestGateway } from "../support/gateway.ts";
import {
  json,
  scriptedPolicy,
  startScriptedUpstream,
  stream,
  type Script,
  type ScriptedUpstream,
} from "../support/scripted-upstream.ts";

const model = "meta/meta-llama-3-70b-instruct";
let upstream: ScriptedUpstream;
let gateway: TestGateway;
/** The same, where a rule looks at answers. */
let guarded: TestGateway;
/** How often the prediction is asked for before it is over. */
let polls = 0;

const output = (text: string): string => `event: output\ndata: ${text}\n\n`;

/** The pieces of the answer. */
let said = ["Hello", " there."];

/** A prediction that is over after `polls` questions. */
const predict: Script = ({ path, body }, response) => {
  const get = `${upstream.url}/v1/predictions/p1`;
  const urls = { get, stream: `${upstream.url}/stream/p1`, cancel: `${get}/cancel` };
  if (path === "/stream/p1") {
    return stream(response, [...said.map(output), "event: done\ndata: {}\n\n"]);
  }
  const isOver = body["stream"] !== true && polls <= 0;
  polls -= 1;
  return json(response, path.endsWith("/p1") ? 200 : 201, {
    id: "p1",
    model,
    status: isOver ? "succeeded" : "starting",
    urls: { ...urls, web: "https://replicate.com/p/p1" },
    ...(isOver && {
      output: said,
      metrics: { predict_time: 0.4, input_token_count: 10, output_token_count: 5 },
    }),
  });
};

beforeAll(async () => {
  upstream = await startScriptedUpstream(predict);
  const rule = { id: "mail", detector: "email", directions: ["answer"], action: "redact" };
  const watch = { id: "bird", dictionary: ["bluebird"], directions: ["answer"], action: "warn" };
  const rules = [rule, watch];
  [gateway, guarded] = await Promise.all([started({}), started({ dlp: { rules } })]);
});
const started = (more: object) =>
  startGateway({ env: { REPLICATE_API_TOKEN: "r8-token-1" }, policy: policyOf(more) });
const policyOf = (more: object): object =>
  scriptedPolicy(upstream.url, {
    providers: { replicate: { kind: "replicate", baseUrl: `${upstream.url}/v1` } },
    tiers: {
      standard: {
        candidates: [
          { provider: "replicate", serves: ["meta/*", "stability-ai/*", "timed/*", "predictions"] },
        ],
      },
    },
    prices: {
      "meta/*": { inputUsdPerMtok: 100, outputUsdPerMtok: 200 },
      "stability-ai/*": { inputUsdPerMtok: 0, outputUsdPerMtok: 0, requestUsd: 0.25 },
      "timed/*": { inputUsdPerMtok: 0, outputUsdPerMtok: 0, secondUsd: 0.001, maxSeconds: 60 },
      // What is asked about a prediction names no model.
      predictions: { inputUsdPerMtok: 0, outputUsdPerMtok: 0, requestUsd: 0 },
    },
    ...more,
  });
afterAll(async () => {
  await Promise.all([gateway, guarded].map((one) => one?.stop()));
  await upstream.stop();
});
beforeEach(() => {
  upstream.script = predict;
  upstream.seen.length = 0;
  polls = 0;
  said = ["Hello", " there."];
});

const say = (more: Record<string, unknown> = {}): Promise<Answer> =>
  chat(gateway, gateway.keys.alice, "Hi", { model, ...more });
const booked = (answer: Answer): Promise<Record<string, unknown>> =>
  auditEntry(gateway, answer.headers.get("x-request-id") ?? "");
const costNanos = 10 * 100_000 + 5 * 200_000;

describe("a conversation with a model on Replicate", () => {
  it("is one prediction that is waited for, and its counts are booked", async () => {
    const answer = await say({ max_tokens: 50 });
    expect(answer.json).toMatchObject({ choices: [{ message: { content: "Hello there." } }] });
    const [seen] = upstream.seen;
    expect(seen?.path).toBe(`/v1/models/${model}/predictions`);
    expect(seen?.headers).toMatchObject({ authorization: "Bearer r8-token-1", prefer: "wait=5" });
    expect(seen?.body).toMatchObject({ input: { prompt: "Hi", max_tokens: 50 } });
    expect(await booked(answer)).toMatchObject({ costNanos, provider: "replicate" });
  });

  it("that takes its time is asked for until it is over", async () => {
    polls = 2;
    const answer = await say();
    expect(answer.json).toMatchObject({ choices: [{ message: { content: "Hello there." } }] });
    expect(upstream.seen.map(({ path }) => path)).toEqual([
      `/v1/models/${model}/predictions`,
      "/v1/predictions/p1",
      "/v1/predictions/p1",
    ]);
    expect(upstream.seen[1]?.headers["prefer"]).toBeUndefined();
  });

  it("streams from the address that the prediction names", async () => {
    const answer = await say({ stream: true });
    expect(answer.text).toContain('"content":"Hello"');
    expect(answer.text.trimEnd().endsWith("data: [DONE]")).toBe(true);
    expect(upstream.seen[1]).toMatchObject({
      path: "/stream/p1",
      headers: { accept: "text/event-stream", authorization: "Bearer r8-token-1" },
    });
    // Streams tell no usage: the prediction is asked for it once it is over.
    expect(upstream.seen[2]?.path).toBe("/v1/predictions/p1");
    expect(await booked(answer)).toMatchObject({
      outcome: "completed",
      costNanos,
      estimated: false,
    });
  });

  it("that nobody waits for any more is cancelled, as a whole or as a stream", async () => {
    const cancelled = (): boolean =>
      upstream.seen.some(({ path }) => path === "/v1/predictions/p1/cancel");
    polls = 1_000;
    const late = await ask(`${gateway.url}/v1/chat/completions`, {
      method: "POST",
      key: gateway.keys.alice,
      headers: { "cf-aig-request-timeout": "1500" },
      body: JSON.stringify({ model, messages: [{ role: "user", content: "Hi" }] }),
    });
    expect(errorOf(late).code).toBe("provider_timeout");
    await expect.poll(cancelled).toBe(true);
    expect(upstream.seen.at(-1)?.headers).toMatchObject({ authorization: "Bearer r8-token-1" });
    upstream.seen.length = 0;
    upstream.script = (seen, response) => {
      if (seen.path !== "/stream/p1") return predict(seen, response);
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.write(output("Hello"));
      return undefined;
    };
    const leaving = new AbortController();
    const response = await fetch(`${gateway.url}/v1/chat/completions`, {
      method: "POST",
      headers: { authorization: `Bearer ${gateway.keys.alice}` },
      body: JSON.stringify({ model, stream: true, messages: [{ role: "user", content: "Hi" }] }),
      signal: leaving.signal,
    });
    expect(response.status).toBe(200);
    leaving.abort();
    await expect.poll(cancelled).toBe(true);
  });

  it("that fails, or leads to somebody else, is the provider's failure", async () => {
    upstream.script = (_seen, response) =>
      json(response, 201, { status: "failed", error: "out of memory" });
    const failed = await say();
    expect([failed.status, errorOf(failed).code]).toEqual([502, "provider_error"]);
    expect(failed.text).toContain("out of memory");
    upstream.script = (_seen, response) =>
      json(response, 201, { status: "starting", urls: { get: "http://169.254.169.254/latest" } });
    expect(errorOf(await say()).message).toContain("address of somebody else's");
    expect(upstream.seen).toHaveLength(2);
  });
});

it("its own address passes on what it gets, priced by request and model", async () => {
  const path = "models/stability-ai/sdxl/predictions";
  const answer = await ask(`${gateway.url}/replicate/v1/${path}`, {
    method: "POST",
    key: gateway.keys.alice,
    headers: { prefer: "wait=5" },
    body: JSON.stringify({ input: { prompt: "an iguana" } }),
  });
  expect(answer.status).toBe(201);
  const [seen] = upstream.seen;
  expect(seen).toMatchObject({ path: `/v1/${path}`, headers: { prefer: "wait=5" } });
  expect(seen?.text).toBe('{"input":{"prompt":"an iguana"}}');
  expect(await booked(answer)).toMatchObject({
    costNanos: 250_000_000,
    modelAsked: "stability-ai/sdxl",
  });
});

it("a prediction by version is priced as that version, whatever model its body names", async () => {
  const body = { version: "stability-ai/sdxl", model: "predictions", input: {} };
  const post = (path: string) =>
    ask(`${gateway.url}/replicate/v1/${path}`, {
      method: "POST",
      key: gateway.keys.alice,
      body: JSON.stringify(body),
    });
  const booked250 = { costNanos: 250_000_000, modelAsked: "stability-ai/sdxl" };
  expect(await booked(await post("predictions"))).toMatchObject(booked250);
  expect(await booked(await post("models/stability-ai/sdxl/predictions"))).toMatchObject(booked250);
});

describe("Replicate's SDK at that address", () => {
  const path = "/v1/models/stability-ai/sdxl/predictions";
  const input = { prompt: "an iguana" };
  const run = (auth: string) =>
    new Replicate({ auth, baseUrl: `${gateway.url}/replicate/v1` }).run("stability-ai/sdxl", {
      input,
    });

  it("runs a model, and asks for its prediction until it is over", async () => {
    polls = 1;
    const output = await run(gateway.keys.alice);
    expect(output).toEqual(["Hello", " there."]);
    expect(upstream.seen.map(({ path }) => path)).toEqual([path, "/v1/predictions/p1"]);
    const [seen] = upstream.seen;
    expect(seen?.headers).toMatchObject({ prefer: "wait", authorization: "Bearer r8-token-1" });
    expect(seen?.text).toBe(JSON.stringify({ input }));
  });

  it("sees a wrong key, and what Replicate refuses, as its own error", async () => {
    const refused = { name: "ApiError", response: { status: 401 } };
    await expect(run("nobody")).rejects.toMatchObject(refused);
    expect(upstream.seen).toEqual([]);
    upstream.script = (_seen, response) => json(response, 422, { detail: "input is invalid" });
    await expect(run(gateway.keys.alice)).rejects.toThrow(/422.*input is invalid/);
  });
});

describe("a model that is priced by the second", () => {
  const path = "models/timed/model/predictions";
  const run = (headers: Record<string, string> = {}) =>
    ask(`${gateway.url}/replicate/v1/${path}`, {
      method: "POST",
      key: gateway.keys.alice,
      headers,
      body: JSON.stringify({ input: { prompt: "an iguana" } }),
    });
  /** 0.4 seconds, as the prediction says. */
  const ran = { costNanos: 400_000, estimated: false, outcome: "completed" };

  it("is booked by its run time, and ended by its provider at its longest", async () => {
    const answer = await run({ prefer: "wait" });
    expect(upstream.seen[0]?.headers).toMatchObject({ prefer: "wait", "cancel-after": "60s" });
    expect(await booked(answer)).toMatchObject(ran);
    const shorter = await run({ "cancel-after": "30s" });
    expect(upstream.seen[1]?.headers).toMatchObject({ "cancel-after": "30s" });
    expect(await booked(shorter)).toMatchObject(ran);
  });

  it("is asked for until it is over where nobody waits for it", async () => {
    polls = 3;
    const answer = await run();
    expect(answer.json).toMatchObject({ status: "starting" });
    expect(await booked(answer)).toMatchObject(ran);
  });

  it("costs its longest where nobody says how long it ran", async () => {
    upstream.script = (_seen, response) => json(response, 201, { id: "p2", status: "failed" });
    expect(await booked(await run())).toMatchObject({ costNanos: 60_000_000, estimated: true });
    upstream.script = (_seen, response) => json(response, 201, { id: "p2", status: "aborted" });
    expect(await booked(await run())).toMatchObject({ costNanos: 0, estimated: false });
  });

  it("answers conversations too, whole and streamed", async () => {
    for (const more of [{}, { stream: true }]) {
      const answer = await say({ ...more, model: "timed/model" });
      expect(answer.text).toContain("Hello");
      expect(await booked(answer)).toMatchObject(ran);
    }
    const [seen] = upstream.seen;
    expect(seen?.headers).toMatchObject({ "cancel-after": "60s" });
  });
});

const sdk = (of: TestGateway) =>
  new Replicate({ auth: of.keys.alice, baseUrl: `${of.url}/replicate/v1` });
const status = async (url: string) => (await fetch(url)).status;
const create = (of: TestGateway) =>
  sdk(of).predictions.create({ model: "stability-ai/sdxl", input: { prompt: "an iguana" } });
async function streamed(of: TestGateway): Promise<string> {
  let text = "";
  for await (const event of sdk(of).stream("stability-ai/sdxl", { input: {} })) {
    if (event.event === "output") text += event.data;
  }
  return text;
}

describe("the addresses in a prediction", () => {
  it("are the gateway's, and lead to the same prediction", async () => {
    polls = 1;
    const { urls } = await create(gateway);
    const base = `${gateway.url}/replicate/v1/predictions/p1`;
    expect(urls).toEqual({
      get: base,
      cancel: `${base}/cancel`,
      stream: expect.stringMatching(/\/predictions\/p1\/stream\?key=v1\./) as string,
    });
    const got = await ask(urls.get, { key: gateway.keys.alice });
    expect(got.json).toMatchObject({ id: "p1", status: "succeeded", urls: { get: base } });
  });

  it("let the SDK's stream() read through the gateway, with the gateway's credential", async () => {
    expect(await streamed(gateway)).toBe("Hello there.");
    expect(upstream.seen.map(({ path }) => path)).toEqual([
      "/v1/models/stability-ai/sdxl/predictions",
      "/v1/predictions/p1",
      "/stream/p1",
    ]);
    expect(upstream.seen[2]?.headers).toMatchObject({ authorization: "Bearer r8-token-1" });
  });

  it("have a key that is good for that address alone, as it is", async () => {
    const { urls } = await create(gateway);
    const key = new URL(urls.stream ?? "").searchParams.get("key") ?? "";
    const forged = `${key.slice(0, -2)}${key.endsWith("AA") ? "BB" : "AA"}`;
    expect(await status(`${urls.get}?key=${key}`)).toBe(401);
    expect(await status(`${gateway.url}/usage?key=${key}`)).toBe(401);
    expect(await status(`${urls.get}/stream?key=${forged}`)).toBe(401);
    expect(await status(`${urls.get}/stream?key=${key}`)).toBe(200);
  });

  it("show nothing that a rule hides, though it comes in pieces", async () => {
    said = ["Ask jane.", "doe@exam", "ple.com", " now."];
    for (const text of [await streamed(guarded), JSON.stringify(await create(guarded))]) {
      expect(text).toMatch(/Ask .*\[.+\].* now\./);
      expect(text).not.toMatch(/jane|exam/);
    }
  });

  it("count what stands in one piece once, and what stands across two", async () => {
    said = ["a bluebird, a blue", "bird"];
    const { keys, url } = guarded;
    const answer = await ask(`${url}/replicate/v1/models/stability-ai/sdxl/predictions`, {
      method: "POST",
      key: keys.alice,
      body: JSON.stringify({ input: { prompt: "an iguana" } }),
    });
    expect(answer.json["output"]).toEqual(said);
    const entry = await auditEntry(guarded, answer.headers.get("x-request-id") ?? "");
    expect(entry["findings"]).toMatchObject([{ rule: "bird", action: "warn", count: 2 }]);
  });

  it("are not told to a webhook that no rule sees", async () => {
    const { keys, url } = guarded;
    const refused = await ask(`${url}/replicate/v1/predictions`, {
      method: "POST",
      key: keys.alice,
      body: JSON.stringify({ version: "stability-ai/sdxl", input: {}, webhook: "https://a.test" }),
    });
    expect(errorOf(refused)).toMatchObject({ code: "unsupported_feature" });
    expect(errorOf(refused).message).toContain("webhook");
    expect(upstream.seen).toEqual([]);
  });
});
