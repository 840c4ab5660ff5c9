/** Costs and entries as users of other gateways wanted them: each call once, at its right price. */
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { ask, auditEntry, chat, type Answer } from "../../support/client.ts";
import { startGateway, type TestGateway } from "../../support/gateway.ts";
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
} from "../../support/scripted-upstream.ts";

let upstream: ScriptedUpstream;
let gateway: TestGateway;
const price = {
  inputUsdPerMtok: 100,
  outputUsdPerMtok: 200,
  cachedReadUsdPerMtok: 10,
  cacheWrite5mUsdPerMtok: 125,
  cacheWrite1hUsdPerMtok: 200,
};
beforeAll(async () => {
  upstream = await startScriptedUpstream();
  const policy = {
    ...scriptedPolicy(upstream.url),
    providers: {
      scripted: { kind: "openai", baseUrl: `${upstream.url}/v1` },
      other: { kind: "anthropic", baseUrl: upstream.url },
    },
    tiers: {
      standard: {
        candidates: [
          { provider: "scripted", serves: ["gpt-*"] },
          { provider: "other", serves: ["claude-*"] },
        ],
      },
    },
    prices: { "gpt-4o-mini": price, "claude-haiku-4-5": price },
  };
  gateway = await startGateway({ policy });
});
afterAll(async () => {
  await gateway.stop();
  await upstream.stop();
});
afterEach(() => {
  upstream.script = plain;
  upstream.seen.length = 0;
});

const idOf = (answer: Answer): string => answer.headers.get("x-request-id") ?? "";
const withUsage = (usage: object) => ({ ...openAiAnswer("ok"), usage });

// BerriAI/litellm#9812, #11364, #14849, maximhq/bifrost#904, cloudflare/ai#550
it("tokens that OpenAI read from its cache cost the cached price, inside the prompt's count", async () => {
  upstream.script = (_seen, response) =>
    json(
      response,
      200,
      withUsage({
        prompt_tokens: 1_000,
        completion_tokens: 10,
        prompt_tokens_details: { cached_tokens: 800 },
      }),
    );
  const big = "word ".repeat(400);
  const entry = await auditEntry(gateway, idOf(await chat(gateway, gateway.keys.alice, big)));
  expect(entry["costNanos"]).toBe(200 * 100_000 + 800 * 10_000 + 10 * 200_000);
  expect(entry).toMatchObject({ inputTokens: 1_000, estimated: false });
});

// BerriAI/litellm#11935, maximhq/bifrost#3451, cloudflare/cloudflare-docs#20536
it("tokens that Anthropic read from or wrote to its cache come on top of its input, each at its price", async () => {
  upstream.script = (_seen, response) =>
    json(response, 200, {
      id: "msg_1",
      type: "message",
      role: "assistant",
      model: "claude-haiku-4-5",
      content: [{ type: "text", text: "ok" }],
      stop_reason: "end_turn",
      usage: {
        input_tokens: 200,
        output_tokens: 10,
        cache_read_input_tokens: 800,
        cache_creation_input_tokens: 300,
        cache_creation: { ephemeral_5m_input_tokens: 100, ephemeral_1h_input_tokens: 200 },
      },
    });
  const answer = await ask(`${gateway.url}/v1/messages`, {
    method: "POST",
    key: gateway.keys.alice,
    body: JSON.stringify({
      model: "claude-haiku-4-5",
      max_tokens: 50,
      messages: [{ role: "user", content: "word ".repeat(400) }],
    }),
  });
  const entry = await auditEntry(gateway, idOf(answer));
  expect(entry["costNanos"]).toBe(
    200 * 100_000 + 800 * 10_000 + 100 * 125_000 + 200 * 200_000 + 10 * 200_000,
  );
});

// BerriAI/litellm#37992
it.each([
  ["none", undefined],
  ["an empty one", {}],
  ["zeros", { prompt_tokens: 0, completion_tokens: 0 }],
  ["nonsense", { prompt_tokens: "many", completion_tokens: -5 }],
])(
  "an answer with %s for usage costs something, and never more than was held",
  async (_what, usage) => {
    upstream.script = (_seen, response) => json(response, 200, withUsage(usage as object));
    const answer = await chat(gateway, gateway.keys.alice, "hi", { max_tokens: 50 });
    const entry = await auditEntry(gateway, idOf(answer));
    const { json: raw } = await ask(`${gateway.url}/audit/events/${idOf(answer)}/raw`, {
      key: gateway.keys.auditor,
    });
    const [, held] = /\\"costNanos\\":(\d+)/.exec(JSON.stringify(raw)) ?? [];
    expect(entry["costNanos"]).toBeGreaterThan(0);
    expect(entry["costNanos"]).toBeLessThanOrEqual(Number(held));
    expect(entry["estimated"]).toBe(true);
  },
);

// BerriAI/litellm PR#35290
it("a stream is booked exactly though its caller did not ask for usage, and does not get it", async () => {
  upstream.script = (seen, response) => {
    expect(seen.body["stream_options"]).toMatchObject({ include_usage: true });
    return stream(response, openAiChunks(["Hello", " there"]));
  };
  const answer = await chat(gateway, gateway.keys.alice, "hi", { stream: true });
  expect(answer.text).not.toContain("prompt_tokens");
  expect(answer.text.trimEnd().endsWith("data: [DONE]")).toBe(true);
  expect(await auditEntry(gateway, idOf(answer))).toMatchObject({
    costNanos: plainCostNanos,
    estimated: false,
  });
  const asked = await chat(gateway, gateway.keys.alice, "hi", {
    stream: true,
    stream_options: { include_usage: true },
  });
  expect(asked.text).toContain('"prompt_tokens":10');
});

// BerriAI/litellm#39749, #15740, #39455
it("answers without an id, or all with the same, are entries of their own; a retry counts once", async () => {
  const ids: string[] = [];
  for (const id of [null, null, "same", "same", undefined]) {
    upstream.script = (_seen, response) => json(response, 200, { ...openAiAnswer("ok"), id });
    // A client that tries again sends the same id of its own: it buys nothing twice.
    const headers = { "x-request-id": "mine", "x-stainless-retry-count": "1" };
    ids.push(idOf(await chat(gateway, gateway.keys.bob, "hi", {}, headers)));
  }
  expect(new Set(ids).size).toBe(5);
  for (const id of ids) {
    expect(await auditEntry(gateway, id)).toMatchObject({ costNanos: plainCostNanos });
  }
  const { json: costs } = await ask(`${gateway.url}/costs?user=bob`, { key: gateway.keys.auditor });
  expect(costs["total"]).toMatchObject({ costNanos: 5 * plainCostNanos });
});
