/** Cloudflare AI Gateway's address forms, universal endpoint, headers and envelopes. */
import OpenAI from "openai";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { PROVIDERS } from "#providers/registry.ts";
import { ask, auditEntry, chat } from "../support/client.ts";
import { startGateway, type TestGateway } from "../support/gateway.ts";
import {
  json,
  plain,
  plainCostNanos,
  scriptedPolicy,
  startScriptedUpstream,
  type ScriptedUpstream,
} from "../support/scripted-upstream.ts";

/** Who speaks OpenAI's chat completions at an address of their own. */
const compatible = [
  { kind: "mistral" },
  { kind: "xai" },
  { kind: "deepseek" },
  { kind: "cerebras" },
  { kind: "openrouter" },
  { kind: "fireworks" },
  { kind: "together" },
  { kind: "huggingface" },
  { kind: "cohere" },
  { kind: "azure" },
] as const;
const price = { inputUsdPerMtok: 100, outputUsdPerMtok: 200 };

let upstream: ScriptedUpstream;
let spare: ScriptedUpstream;
let gateway: TestGateway;

beforeAll(async () => {
  upstream = await startScriptedUpstream();
  spare = await startScriptedUpstream();
  gateway = await startGateway({
    env: Object.fromEntries(
      compatible.map(({ kind }) => [PROVIDERS[kind]?.secretName ?? "", `key-of-${kind}`]),
    ),
    policy: scriptedPolicy(upstream.url, {
      prices: { "gpt-4o-mini": price, "model-of-*": price },
      providers: {
        ...Object.fromEntries(
          compatible.map(({ kind }) => [kind, { kind, baseUrl: `${upstream.url}/${kind}` }]),
        ),
        openai: { kind: "openai", baseUrl: `${upstream.url}/v1` },
        groq: { kind: "groq", baseUrl: `${spare.url}/openai/v1` },
      },
      tiers: {
        standard: {
          candidates: [
            { provider: "openai", serves: ["gpt-*"] },
            { provider: "groq", serves: ["gpt-*"] },
            ...compatible.map(({ kind }) => ({ provider: kind, serves: [`model-of-${kind}`] })),
          ],
        },
      },
      cloudflare: { accounts: ["0123456789abcdef"], gateways: ["main"] },
      dlp: {
        rules: [
          { id: "secret", dictionary: ["top-secret"], directions: ["prompt"], action: "block" },
        ],
      },
    }),
  });
});
afterAll(async () => {
  await gateway.stop();
  await upstream.stop();
  await spare.stop();
});
beforeEach(() => {
  for (const one of [upstream, spare]) {
    one.script = plain;
    one.seen.length = 0;
  }
});

const messages = [{ role: "user", content: "hi" }];
const query = { model: "gpt-4o-mini", messages };
const post = (path: string, body: unknown, headers: Record<string, string> = {}) =>
  ask(`${gateway.url}/${path}`, {
    method: "POST",
    headers: { "cf-aig-authorization": `Bearer ${gateway.keys.alice}`, ...headers },
    body: JSON.stringify(body),
  });

const entry = (provider: string, more: object = {}) => ({
  provider,
  endpoint: "chat/completions",
  headers: { authorization: "Bearer sk-callers-own" },
  query,
  ...more,
});

it.each(compatible)(
  "$kind is asked below its base URL with its own key, whole and streamed, and booked",
  async ({ kind }) => {
    const model = `model-of-${kind}`;
    const whole = await chat(gateway, gateway.keys.bob, "hi", { model, max_tokens: 20 });
    expect([whole.status, whole.text]).toEqual([200, expect.stringContaining("Hello there.")]);
    const streamed = await chat(gateway, gateway.keys.bob, "hi", { model, stream: true });
    expect(streamed.text.trimEnd().endsWith("data: [DONE]")).toBe(true);
    expect(upstream.seen).toHaveLength(2);
    for (const { path, headers, body } of upstream.seen) {
      expect(path).toMatch(new RegExp(`^/${kind}/(.+/)?chat/completions$`));
      expect(Object.values(headers).join(" ")).toContain(`key-of-${kind}`);
      expect(body).toMatchObject({ model });
    }
    const entry = await auditEntry(gateway, whole.headers.get("x-request-id") ?? "");
    expect(entry).toMatchObject({ provider: kind, costNanos: plainCostNanos });
  },
);

describe("address forms", () => {
  const root = "v1/0123456789abcdef/main";

  it.each([
    [`${root}/openai/chat/completions`, "gpt-4o-mini"],
    [`${root}/openai/v1/chat/completions`, "gpt-4o-mini"],
    [`${root}/compat/chat/completions`, "openai/gpt-4o-mini"],
    ["compat/chat/completions", "openai/gpt-4o-mini"],
    ["client/v4/accounts/0123456789abcdef/ai/v1/chat/completions", "openai/gpt-4o-mini"],
  ])("%s answers", async (path, model) => {
    const answer = await post(path, { ...query, model });
    expect([answer.status, answer.text]).toMatchObject([200, expect.stringContaining("Hello")]);
    expect(upstream.seen[0]?.body["model"]).toBe("gpt-4o-mini");
    expect(Object.keys(upstream.seen[0]?.headers ?? {}).join(" ")).not.toContain("cf-aig");
  });

  it("answer the OpenAI SDK pointed at one", async () => {
    const client = new OpenAI({
      baseURL: `${gateway.url}/${root}/groq`,
      apiKey: gateway.keys.alice,
      maxRetries: 0,
    });
    const answer = await client.chat.completions.create({
      model: "gpt-4o-mini",
      messages: [{ role: "user", content: "hi" }],
    });
    expect(answer.choices[0]?.message.content).toBe("Hello there.");
    expect(spare.seen[0]?.path).toBe("/openai/v1/chat/completions");
  });

  it.each(["v1/somebody/main", "v1/0123456789abcdef/other"])(
    "%s is nobody's: code 2001",
    async (other) => {
      const answer = await post(`${other}/openai/chat/completions`, query);
      expect(answer.status).toBe(400);
      expect(answer.json).toMatchObject({ success: false, error: [{ code: 2001 }] });
      expect(upstream.seen).toEqual([]);
    },
  );
});

describe("the universal endpoint", () => {
  const at = "v1/0123456789abcdef/main";
  it("answers with the first attempt that works, and says which", async () => {
    upstream.script = (_seen, response) => json(response, 500, { error: { message: "no" } });
    const answer = await post(at, [
      entry("openai"),
      entry("groq", { endpoint: "/v1/chat/completions" }),
    ]);
    expect(answer.status).toBe(200);
    expect(answer.headers.get("cf-aig-step")).toBe("1");
    expect([upstream.seen.length, spare.seen.length]).toEqual([1, 1]);
  });

  it("takes a single object, and keeps tries within the attempt", async () => {
    let tries = 0;
    upstream.script = (seen, response) => {
      tries += 1;
      return tries < 3 ? json(response, 503, { error: { message: "no" } }) : plain(seen, response);
    };
    const config = { maxAttempts: 3, retryDelay: 1, backoff: "constant" };
    const answer = await post(at, entry("openai", { config }));
    expect([answer.status, answer.headers.get("cf-aig-step")]).toEqual([200, "0"]);
    const id = answer.headers.get("cf-aig-log-id") ?? "";
    const { attempts } = await auditEntry(gateway, id);
    expect(attempts).toMatchObject([{ status: 502 }, { status: 502 }, { status: 200 }]);
  });

  it("refuses what is no list of attempts", async () => {
    expect((await post(at, { provider: "openai" })).status).toBe(400);
  });
});

describe("headers and envelopes", () => {
  it("echo the event id, and keep it and the custom cost as metadata, never as a price", async () => {
    const answer = await post("openai/chat/completions", query, {
      "cf-aig-event-id": "evt-1",
      "cf-aig-custom-cost": '{"total_cost":0}',
    });
    expect(answer.headers.get("cf-aig-event-id")).toBe("evt-1");
    expect(answer.headers.get("cf-aig-provider")).toBe("openai");
    expect(answer.headers.get("cf-aig-model")).toBe(query.model);
    const log = answer.headers.get("cf-aig-log-id") ?? "";
    expect(answer.headers.get("cf-aig-request-id")).toBe(log);
    const entry = await auditEntry(gateway, log);
    expect(entry).toMatchObject({
      metadata: { "cf.event_id": "evt-1", "cf.custom_cost": '{"total_cost":0}' },
      costNanos: 10 * 100_000 + 5 * 200_000,
    });
  });

  it("are Cloudflare's for a blocked prompt and a wrong key, and the dialect's elsewhere", async () => {
    const blocked = { ...query, messages: [{ role: "user", content: "top-secret" }] };
    const there = await post("v1/0123456789abcdef/main/openai/chat/completions", blocked);
    expect([there.status, there.json]).toMatchObject([400, { error: [{ code: 2029 }] }]);
    const here = await post("openai/chat/completions", blocked);
    expect(here.json).toMatchObject({ error: { code: "dlp_blocked" } });
    const wrong = await post("v1/0123456789abcdef/main/openai/chat/completions", query, {
      "cf-aig-authorization": "Bearer nobody",
    });
    expect([wrong.status, wrong.json]).toMatchObject([401, { error: [{ code: 2009 }] }]);
  });
});
