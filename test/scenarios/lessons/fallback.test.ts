/** Keys and fallbacks as users of other gateways wanted them: no surprise, and no second answer. */
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { AdminClient } from "../../../scripts/policy-client.ts";
import { ask, auditEntry, chat, errorOf, type Answer } from "../../support/client.ts";
import { startGateway, type TestGateway } from "../../support/gateway.ts";
import {
  json,
  openAiAnswer,
  openAiChunks,
  plain,
  scriptedPolicy,
  startScriptedUpstream,
  type ScriptedUpstream,
} from "../../support/scripted-upstream.ts";

let upstream: ScriptedUpstream;
let spare: ScriptedUpstream;
let gateway: TestGateway;
beforeAll(async () => {
  upstream = await startScriptedUpstream();
  spare = await startScriptedUpstream();
  const price = { inputUsdPerMtok: 100, outputUsdPerMtok: 200 };
  const policy = {
    ...scriptedPolicy(upstream.url),
    providers: {
      scripted: { kind: "openai", baseUrl: `${upstream.url}/v1` },
      spare: { kind: "openai", baseUrl: `${spare.url}/v1` },
    },
    tiers: {
      standard: {
        candidates: [
          { provider: "scripted", serves: ["gpt-4o-mini"], priority: 1 },
          { provider: "spare", serves: ["gpt-4o-mini"], model: "gpt-spare", priority: 2 },
          { provider: "spare", serves: ["fast"], model: "gpt-4o-mini", priority: 1 },
        ],
      },
    },
    prices: { "gpt-4o-mini": price, "gpt-spare": { inputUsdPerMtok: 7, outputUsdPerMtok: 9 } },
  };
  gateway = await startGateway({ policy });
});
afterAll(async () => {
  await gateway.stop();
  await upstream.stop();
  await spare.stop();
});
afterEach(() => {
  upstream.script = plain;
  spare.script = plain;
  upstream.seen.length = 0;
  spare.seen.length = 0;
});

const idOf = (answer: Answer): string => answer.headers.get("x-request-id") ?? "";

// BerriAI/litellm#29808, #26015
it("a provider over its own rate limit is passed over, and who answers is what is paid", async () => {
  upstream.script = (_seen, response) => json(response, 429, { error: { message: "slow" } });
  spare.script = (_seen, response) => json(response, 200, openAiAnswer("ok", "gpt-spare"));
  const answer = await chat(gateway, gateway.keys.alice, "hi");
  expect(answer.status).toBe(200);
  expect(spare.seen[0]?.body["model"]).toBe("gpt-spare");
  expect([upstream.seen.length, spare.seen.length]).toEqual([1, 1]);
  const entry = await auditEntry(gateway, idOf(answer));
  expect(entry).toMatchObject({ provider: "spare", costNanos: 10 * 7_000 + 5 * 9_000 });
});

// BerriAI/litellm#6957, #6532, #5512
it("a stream that breaks in its middle ends with an error, not with half of another answer", async () => {
  upstream.script = (_seen, response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    for (const chunk of openAiChunks(["Hello"]).slice(0, 2)) response.write(chunk);
    setTimeout(() => response.destroy(), 30);
  };
  const answer = await chat(gateway, gateway.keys.alice, "hi", { stream: true });
  expect(answer.text.match(/Hello/g)).toHaveLength(1);
  expect(answer.text).toContain("provider_error");
  expect(spare.seen).toEqual([]);
});

// BerriAI/litellm#19077
it("what is the caller's own mistake is asked of nobody else", async () => {
  upstream.script = (_seen, response) => json(response, 400, { error: { message: "bad tool" } });
  const answer = await chat(gateway, gateway.keys.alice, "hi");
  expect(answer.status).toBe(400);
  expect(errorOf(answer).message).toContain("bad tool");
  expect(spare.seen).toEqual([]);
});

it("when all providers fail, the last failure is told, every attempt is booked and nothing is paid", async () => {
  upstream.script = (_seen, response) => json(response, 503, {});
  spare.script = (_seen, response) => json(response, 429, {});
  const answer = await chat(gateway, gateway.keys.alice, "hi");
  expect(answer.status).toBe(429);
  expect(errorOf(answer).code).toBe("provider_rate_limited");
  const entry = await auditEntry(gateway, idOf(answer));
  expect(entry).toMatchObject({ outcome: "failed", costNanos: 0 });
  expect(entry["attempts"]).toMatchObject([
    { provider: "scripted", status: 502 },
    { provider: "spare", status: 429 },
  ]);
});

it("an alias is answered by the model it stands for, and booked under both names", async () => {
  const answer = await chat(gateway, gateway.keys.alice, "hi", { model: "fast" });
  expect(answer.status).toBe(200);
  expect(spare.seen[0]?.body["model"]).toBe("gpt-4o-mini");
  expect(await auditEntry(gateway, idOf(answer))).toMatchObject({
    modelAsked: "fast",
    modelServed: "gpt-4o-mini",
  });
});

it("a provider that turns the gateway's own key away tells callers nothing of that key", async () => {
  const message = "Incorrect API key provided: sk-live-1234567890";
  upstream.script = (_seen, response) => json(response, 401, { error: { message } });
  spare.script = upstream.script;
  const answer = await chat(gateway, gateway.keys.alice, "hi");
  expect(answer.status).toBe(502);
  expect(answer.text).not.toContain("sk-live");
  expect(answer.headers.get("x-should-retry")).toBe("false");
});

// BerriAI/litellm#9820, #25553, #2149
it("a key that was taken back is refused on every path at once, and stays refused", async () => {
  const admin = await AdminClient.open({ url: gateway.url, key: gateway.keys.admin });
  try {
    const key = String((await admin.ask({ type: "IssueKey", member: "bob", label: "x" }))["key"]);
    const chatPath = { path: "/v1/chat/completions", body: '{"model":"gpt-4o-mini",' };
    const messagesPath = { path: "/v1/messages", body: '{"model":"gpt-4o-mini","max_tokens":5,' };
    const tries = async (): Promise<number[]> => {
      const posts = [chatPath, messagesPath].map(async ({ path, body }) => {
        const whole = `${body}"messages":[{"role":"user","content":"hi"}]}`;
        const init = { method: "POST", key, body: whole };
        return (await ask(`${gateway.url}${path}`, init)).status;
      });
      const gets = ["/audit/events", "/usage", "/costs"].map(
        async (path) => (await ask(`${gateway.url}${path}`, { key })).status,
      );
      return Promise.all([...posts, ...gets]);
    };
    expect(await tries()).toEqual([200, 200, 200, 200, 200]);
    await admin.ask({ type: "RevokeKey", keyId: key.split("_")[2] ?? "", reason: "lost" });
    for (let times = 0; times < 3; times += 1) {
      expect(await tries()).toEqual([401, 401, 401, 401, 401]);
    }
  } finally {
    admin.close();
  }
});
