/** A provider's bad hour: each fault is a typed error for the caller, and the books are right. */
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { ask, auditEntry, chat, errorOf, type Answer } from "../support/client.ts";
import { startGateway, type TestGateway } from "../support/gateway.ts";
import {
  json,
  openAiAnswer,
  openAiChunks,
  plain,
  plainCostNanos,
  scriptedPolicy,
  startScriptedUpstream,
  stream,
  type ScriptedUpstream,
} from "../support/scripted-upstream.ts";

let first: ScriptedUpstream;
let second: ScriptedUpstream;
let gateway: TestGateway;

beforeAll(async () => {
  first = await startScriptedUpstream();
  second = await startScriptedUpstream();
  const policy = {
    ...scriptedPolicy(first.url, {
      upstream: { firstByteMs: 4_000, betweenBytesMs: 4_000, keepAliveMs: 100 },
      accounting: { mode: "estimate" },
    }),
    providers: {
      scripted: { kind: "openai", baseUrl: `${first.url}/v1` },
      spare: { kind: "openai", baseUrl: `${second.url}/v1` },
    },
    tiers: {
      standard: {
        candidates: [
          { provider: "scripted", serves: ["gpt-4o-mini", "gpt-alone"], priority: 1 },
          { provider: "spare", serves: ["gpt-4o-mini"], priority: 2 },
        ],
      },
    },
    prices: {
      "gpt-4o-mini": { inputUsdPerMtok: 100, outputUsdPerMtok: 200 },
      "gpt-alone": { inputUsdPerMtok: 100, outputUsdPerMtok: 200 },
    },
  };
  gateway = await startGateway({ policy });
});
afterAll(async () => {
  await gateway.stop();
  await first.stop();
  await second.stop();
});
beforeEach(() => {
  first.script = plain;
  second.script = plain;
});

const idOf = (answer: Answer): string => answer.headers.get("x-request-id") ?? "";
const alone = { model: "gpt-alone" };

it("a provider that fails is replaced by the next, and both attempts are in the books", async () => {
  first.script = (_seen, response) => json(response, 500, { error: { message: "on fire" } });
  const answer = await chat(gateway, gateway.keys.alice, "hi");
  expect(answer.status).toBe(200);
  expect(answer.headers.get("x-tallygate-provider")).toBe("spare");
  const entry = await auditEntry(gateway, idOf(answer));
  expect(entry).toMatchObject({
    outcome: "completed",
    provider: "spare",
    costNanos: plainCostNanos,
  });
  expect(entry["attempts"]).toMatchObject([{ provider: "scripted" }, { provider: "spare" }]);
});

it.each([429, 503, 401])("status %i goes to the next provider too", async (status) => {
  first.script = (_seen, response) => json(response, status, { error: { message: "no" } });
  const answer = await chat(gateway, gateway.keys.alice, "hi");
  expect(answer.status).toBe(200);
  expect(answer.headers.get("x-tallygate-provider")).toBe("spare");
});

it("a hanging provider is given up after the time that policy says, and costs nothing", async () => {
  first.script = () => {};
  const answer = await chat(gateway, gateway.keys.alice, "hi", alone);
  expect(answer.status).toBe(504);
  expect(errorOf(answer).code).toBe("provider_timeout");
  expect(await auditEntry(gateway, idOf(answer))).toMatchObject({
    outcome: "failed",
    costNanos: 0,
  });
});

it("a provider that resets the connection is a 502 in the caller's dialect", async () => {
  first.script = (_seen, response) => void response.destroy();
  const answer = await chat(gateway, gateway.keys.alice, "hi", alone);
  expect(answer.status).toBe(502);
  expect(errorOf(answer)).toMatchObject({ code: "provider_error" });
});

it("a 200 that is not JSON is a 502, and is booked as bounded usage", async () => {
  first.script = (_seen, response) => {
    response.writeHead(200, { "content-type": "application/json" });
    response.end("<html>busy</html>");
  };
  const answer = await chat(gateway, gateway.keys.alice, "hi", alone);
  expect(answer.status).toBe(502);
  expect(await auditEntry(gateway, idOf(answer))).toMatchObject({
    outcome: "failed",
    estimated: true,
  });
});

it("the caller's own mistake is passed on with the provider's status and words", async () => {
  first.script = (_seen, response) =>
    json(response, 422, { error: { message: "temperature is out of range", type: "bad" } });
  const answer = await chat(gateway, gateway.keys.alice, "hi");
  expect(answer.status).toBe(422);
  expect(errorOf(answer).message).toContain("temperature is out of range");
  expect(answer.headers.get("x-should-retry")).toBe("false");
});

it("a provider that sends elsewhere is not followed, and its address goes to nobody", async () => {
  const before = second.seen.length;
  first.script = (_seen, response) => {
    response.writeHead(307, { location: `${second.url}/v1/inside` }).end();
  };
  const answer = await chat(gateway, gateway.keys.alice, "hi", alone);
  expect(answer.status).toBe(502);
  expect([...answer.headers.keys()]).not.toContain("location");
  expect(answer.text).not.toContain("inside");
  expect(second.seen).toHaveLength(before);
});

it("half a stream ends with an error event, and what came is charged", async () => {
  first.script = (_seen, response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    for (const chunk of openAiChunks(["Hello", " there"]).slice(0, 3)) response.write(chunk);
    setTimeout(() => response.destroy(), 50);
  };
  const answer = await chat(gateway, gateway.keys.alice, "hi", { ...alone, stream: true });
  expect(answer.status).toBe(200);
  expect(answer.text).toContain("Hello");
  expect(answer.text).toContain("provider_error");
  const entry = await auditEntry(gateway, idOf(answer));
  expect(entry).toMatchObject({ outcome: "failed", estimated: true });
  expect(entry["costNanos"]).toBeGreaterThan(0);
});

it("a stream that stalls is ended in time, with an error event", async () => {
  first.script = (_seen, response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.write(openAiChunks(["Hello"])[1] ?? "");
  };
  const answer = await chat(gateway, gateway.keys.alice, "hi", { ...alone, stream: true });
  expect(answer.text).toContain("provider_timeout");
});

it("a caller that leaves mid-stream ends the provider's work and is settled for what came", async () => {
  const { promise: begun, resolve: begin } = Promise.withResolvers<void>();
  first.script = (_seen, response) =>
    stream(response, openAiChunks(Array.from({ length: 50 }, () => "word ")), async () => {
      await new Promise((resolve) => {
        setTimeout(resolve, 20);
      });
      begin();
    });
  const controller = new AbortController();
  const answer = await fetch(`${gateway.url}/v1/chat/completions`, {
    method: "POST",
    signal: controller.signal,
    headers: {
      authorization: `Bearer ${gateway.keys.alice}`,
      "content-type": "application/json",
    },
    body: JSON.stringify({ ...alone, stream: true, messages: [{ role: "user", content: "hi" }] }),
  });
  await answer.body?.getReader().read();
  await begun;
  controller.abort();
  const id = answer.headers.get("x-request-id") ?? "";
  const entry = await auditEntry(gateway, id);
  expect(entry).toMatchObject({ outcome: "aborted", estimated: true });
  expect(entry["costNanos"]).toBeGreaterThan(0);
  await expect.poll(() => first.seen.at(-1)?.left, { timeout: 60_000 }).toBe(true);
});

it("a silent stream is kept alive, and a caller that leaves it is noticed", async () => {
  const quiet = await startGateway({
    policy: scriptedPolicy(first.url, { upstream: { betweenBytesMs: 60_000, keepAliveMs: 100 } }),
  });
  try {
    first.script = async (seen, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.write(openAiChunks(["Hello"])[1] ?? "");
      await expect.poll(() => seen.left, { timeout: 60_000 }).toBe(true);
    };
    // Not every runtime tells of every caller who leaves: several must be noticed, not one.
    for (let turn = 0; turn < 5; turn += 1) {
      const controller = new AbortController();
      const answer = await fetch(`${quiet.url}/v1/chat/completions`, {
        method: "POST",
        signal: controller.signal,
        headers: {
          authorization: `Bearer ${quiet.keys.alice}`,
          "content-type": "application/json",
        },
        body: JSON.stringify({
          model: "gpt-4o-mini",
          stream: true,
          messages: [{ role: "user", content: "hi" }],
        }),
      });
      const reader = answer.body?.pipeThrough(new TextDecoderStream()).getReader();
      let heard = "";
      while (!heard.includes(": keep-alive\n\n")) heard += (await reader?.read())?.value ?? "";
      controller.abort();
      await expect.poll(() => first.seen.at(-1)?.left, { timeout: 60_000 }).toBe(true);
      const entry = await auditEntry(quiet, answer.headers.get("x-request-id") ?? "");
      expect(entry).toMatchObject({ outcome: "aborted" });
    }
  } finally {
    await quiet.stop();
  }
});

it("an error inside a 200 stream reaches the caller as an error event", async () => {
  first.script = (_seen, response) =>
    stream(response, [
      openAiChunks([])[0] ?? "",
      `data: ${JSON.stringify({ error: { message: "overloaded", code: "overloaded" } })}\n\n`,
    ]);
  const answer = await chat(gateway, gateway.keys.alice, "hi", { ...alone, stream: true });
  expect(answer.text).toContain("overloaded");
  expect(await auditEntry(gateway, idOf(answer))).toMatchObject({ outcome: "failed" });
});

it("nothing of ours and nothing of the caller's key reaches a provider", async () => {
  first.seen.length = 0;
  await chat(
    gateway,
    gateway.keys.alice,
    "hi",
    {},
    { "x-tallygate-action": "chat", cookie: "a=b" },
  );
  const [seen] = first.seen;
  expect(seen).toBeDefined();
  expect(JSON.stringify(seen?.headers)).not.toContain(gateway.keys.alice);
  expect(
    Object.keys(seen?.headers ?? {}).filter((name) => /^(x-tallygate|cf-aig|cookie)/.test(name)),
  ).toEqual([]);
});

it("a provider that ignores its maximum is cut, with a well-formed end", async () => {
  first.script = (_seen, response) =>
    stream(response, openAiChunks(Array.from({ length: 200 }, () => "spam ")));
  const strict = await startGateway({ policy: scriptedPolicy(first.url) });
  try {
    const answer = await chat(strict, strict.keys.alice, "hi", { stream: true, max_tokens: 20 });
    expect(answer.text).toContain('"finish_reason":"length"');
    expect(answer.text.trimEnd().endsWith("data: [DONE]")).toBe(true);
    expect(answer.text.split("spam ")).toHaveLength(20 + 1);
    const crossed = await ask(`${strict.url}/v1/messages`, {
      method: "POST",
      key: strict.keys.alice,
      body: JSON.stringify({
        model: "gpt-4o-mini",
        max_tokens: 20,
        stream: true,
        messages: [{ role: "user", content: "hi" }],
      }),
    });
    expect(crossed.text.split("spam ")).toHaveLength(20 + 1);
    expect(crossed.text).toMatch(/"stop_reason":"max_tokens"[^]*event: message_stop/);
    const entry = await auditEntry(strict, idOf(answer));
    expect(entry).toMatchObject({ outcome: "cut", outputTokens: 20 });
    // It never reported its usage: the whole input bound and the twenty tokens that were asked for.
    const { inputTokens, costNanos } = entry as { inputTokens: number; costNanos: number };
    expect(costNanos).toBe(inputTokens * 100_000 + 20 * 200_000);
  } finally {
    await strict.stop();
  }
});

it("asks a provider for no more than the hold covers", async () => {
  first.seen.length = 0;
  first.script = (_seen, response) => json(response, 200, openAiAnswer("ok"));
  await chat(gateway, gateway.keys.alice, "hi", { max_tokens: 7 });
  await chat(gateway, gateway.keys.alice, "hi");
  expect(first.seen.map(({ body }) => body["max_tokens"] ?? body["max_completion_tokens"])).toEqual(
    [7, 4096],
  );
});
