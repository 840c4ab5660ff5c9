/** Rate limits as users of other gateways wanted them: exact, announced, and telling when to retry. */
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { chat, errorOf } from "../../support/client.ts";
import { startGateway, type TestGateway } from "../../support/gateway.ts";
import {
  json,
  plain,
  scriptedPolicy,
  startScriptedUpstream,
  type ScriptedUpstream,
} from "../../support/scripted-upstream.ts";

let upstream: ScriptedUpstream;
let gateway: TestGateway;
beforeAll(async () => {
  upstream = await startScriptedUpstream();
  const limits = [
    { name: "alice-rph", metric: "requests", limit: 5, windowMs: 3_600_000, members: ["alice"] },
    { name: "bob-tph", metric: "tokens", limit: 1_000, windowMs: 3_600_000, members: ["bob"] },
    { name: "big", metric: "tokens", limit: 500, windowMs: 3_600_000, members: ["auditor"] },
  ].map(({ members, ...limit }) => ({ ...limit, when: { members } }));
  const concurrency = [{ name: "two-at-once", limit: 2, when: { members: ["admin"] } }];
  gateway = await startGateway({
    policy: scriptedPolicy(upstream.url, { limits, concurrency }),
  });
});
afterAll(async () => {
  await gateway.stop();
  await upstream.stop();
});
afterEach(() => {
  upstream.script = plain;
  upstream.seen.length = 0;
});

// envoyproxy/ai-gateway#1754, BerriAI/litellm#4695, agentgateway/agentgateway#3329
it("the headers count down to the last request, and the refusal says when to come again", async () => {
  const remaining: (string | null)[] = [];
  for (let n = 0; n < 5; n += 1) {
    const answer = await chat(gateway, gateway.keys.alice, "hi");
    expect(answer.headers.get("x-ratelimit-limit")).toBe("5");
    remaining.push(answer.headers.get("x-ratelimit-remaining"));
  }
  expect(remaining).toEqual(["4", "3", "2", "1", "0"]);
  const refused = await chat(gateway, gateway.keys.alice, "hi");
  expect(refused.status).toBe(429);
  expect(refused.headers.get("x-should-retry")).toBe("true");
  const seconds = Number(refused.headers.get("retry-after"));
  expect(seconds).toBeGreaterThan(0);
  expect(seconds).toBeLessThanOrEqual(3_600);
  const exactMs = Number(refused.headers.get("retry-after-ms"));
  expect(Math.max(Math.ceil(exactMs / 1_000), 1)).toBe(seconds);
  expect(errorOf(refused).message).toContain('"alice-rph"');
});

// BerriAI/litellm#40291, #27736, envoyproxy/ai-gateway#2394
it("a token limit holds for requests that run at once, not from the next one on", async () => {
  const answers = await Promise.all(
    Array.from({ length: 20 }, () => chat(gateway, gateway.keys.bob, "hi", { max_tokens: 300 })),
  );
  const passed = answers.filter(({ status }) => status === 200);
  // Three of them hold nine hundred output tokens, and their inputs.
  expect(passed.length).toBeGreaterThan(0);
  expect(upstream.seen).toHaveLength(passed.length);
  const refused = answers.filter(({ status }) => status !== 200);
  expect(refused.length).toBeGreaterThan(0);
  for (const answer of refused) {
    expect(answer.status).toBe(429);
    expect(errorOf(answer).code).toBe("token_rate_limited");
    expect(answer.headers.get("retry-after")).not.toBeNull();
  }
});

it("what alone is larger than a limit is refused for good, so that no client tries again for ever", async () => {
  const refused = await chat(gateway, gateway.keys.auditor, "hi", { max_tokens: 600 });
  expect(refused.status).toBe(429);
  expect(refused.headers.get("x-should-retry")).toBe("false");
  expect(refused.headers.get("retry-after")).toBeNull();
  expect(errorOf(refused).message).toContain('"big" (500 tokens');
});

it("requests at once are capped while they run, and a failed one gives its place back", async () => {
  const { promise: opened, resolve: openGate } = Promise.withResolvers<void>();
  upstream.script = async (_seen, response) => {
    await opened;
    json(response, 500, {});
  };
  const running = [1, 2].map(() => chat(gateway, gateway.keys.admin, "hi"));
  await expect.poll(() => upstream.seen.length).toBe(2);
  const third = await chat(gateway, gateway.keys.admin, "hi");
  expect(third.status).toBe(429);
  expect(errorOf(third).code).toBe("concurrency_limited");
  openGate();
  await Promise.all(running);
  upstream.script = plain;
  await expect
    .poll(async () => (await chat(gateway, gateway.keys.admin, "hi")).status, { timeout: 60_000 })
    .toBe(200);
});
