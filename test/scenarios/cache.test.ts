/** Answers given again: admitted, recorded, free, and nobody else's. */
import OpenAI from "openai";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { auditEntry, chat, type Answer } from "../support/client.ts";
import { startGateway, type TestGateway } from "../support/gateway.ts";
import {
  json,
  openAiAnswer,
  plain,
  plainCostNanos,
  scriptedPolicy,
  startScriptedUpstream,
  type ScriptedUpstream,
} from "../support/scripted-upstream.ts";

let upstream: ScriptedUpstream;
let gateway: TestGateway;

beforeAll(async () => {
  upstream = await startScriptedUpstream();
  gateway = await startGateway({
    policy: scriptedPolicy(upstream.url, {
      cache: { ttlSeconds: 600 },
      dlp: {
        rules: [{ id: "email", detector: "email", directions: ["answer"], action: "redact" }],
      },
    }),
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

const status = (answer: Answer) => answer.headers.get("cf-aig-cache-status");

/** Asks until the entry is there: it is written after its caller was answered. */
async function untilHit(ask: () => Promise<Answer>): Promise<Answer> {
  for (;;) {
    const answer = await ask();
    if (status(answer) === "HIT") return answer;
  }
}

it("the same question is answered again without the provider, for nothing", async () => {
  upstream.script = (_seen, response) =>
    json(response, 200, openAiAnswer("write to jane.doe@example.com"));
  const first = await chat(gateway, gateway.keys.alice, "same");
  expect(status(first)).toBe("MISS");
  const again = await untilHit(() => chat(gateway, gateway.keys.alice, "same"));
  expect(again.text).toBe(first.text);
  expect(again.text).not.toContain("jane.doe");
  const entry = await auditEntry(gateway, again.headers.get("x-request-id") ?? "");
  expect(entry).toMatchObject({
    outcome: "completed",
    cache: "hit",
    costNanos: 0,
    savedNanos: plainCostNanos,
    modelServed: "gpt-4o-mini",
  });
});

it("another member's same question is a miss", async () => {
  await untilHit(() => chat(gateway, gateway.keys.alice, "mine"));
  const other = await chat(gateway, gateway.keys.admin, "mine");
  expect(status(other)).toBe("MISS");
});

it("a stream is kept and streamed again, byte for byte", async () => {
  const ask = () => chat(gateway, gateway.keys.alice, "stream it", { stream: true });
  const first = await ask();
  const again = await untilHit(ask);
  expect(again.headers.get("content-type")).toContain("text/event-stream");
  expect(again.text).toBe(first.text);
  const client = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: gateway.keys.alice });
  let text = "";
  for await (const chunk of await client.chat.completions.create({
    model: "gpt-4o-mini",
    stream: true,
    messages: [{ role: "user", content: "stream it" }],
  })) {
    text += chunk.choices[0]?.delta.content ?? "";
  }
  expect(text).toBe("Hello there.");
});

it("a failure is never kept, and a caller may leave the cache out", async () => {
  upstream.script = (_seen, response) => json(response, 500, { error: { message: "no" } });
  expect((await chat(gateway, gateway.keys.alice, "fails")).status).toBe(502);
  upstream.script = plain;
  const later = await chat(gateway, gateway.keys.alice, "fails");
  expect([later.status, status(later)]).toEqual([200, "MISS"]);
  await untilHit(() => chat(gateway, gateway.keys.alice, "fails"));
  const skip = { "cf-aig-skip-cache": "true" };
  const skipped = await chat(gateway, gateway.keys.alice, "fails", {}, skip);
  expect(status(skipped)).toBeNull();
});

it("a caller's own key stands for the question, within what they may see", async () => {
  const key = { "cf-aig-cache-key": "greeting" };
  const named = (prompt: string, who: string) => chat(gateway, who, prompt, {}, key);
  await untilHit(() => named("one way", gateway.keys.alice));
  expect(status(await named("another way", gateway.keys.alice))).toBe("HIT");
  expect(status(await named("one way", gateway.keys.admin))).toBe("MISS");
});
