/** Budgets as users of other gateways wanted them: never overspent, never blocked without a reason. */
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { AdminClient } from "../../../scripts/policy-client.ts";
import { auditEntry, chat, errorOf, type Answer } from "../../support/client.ts";
import { startGateway, type TestGateway } from "../../support/gateway.ts";
import {
  json,
  plain,
  plainCostNanos,
  scriptedPolicy,
  startScriptedUpstream,
  type ScriptedUpstream,
} from "../../support/scripted-upstream.ts";

let upstream: ScriptedUpstream;
let gateway: TestGateway;
const bobUsd = 0.3;
const policyWith = (aliceUsd: number) =>
  scriptedPolicy(upstream.url, {
    budgets: [
      { name: "alice-month", limitUsd: aliceUsd, when: { members: ["alice"] } },
      { name: "bob-month", limitUsd: bobUsd, when: { members: ["bob"] } },
      { name: "project-x", limitUsd: 0.01, scope: "tag", when: { tags: ["project-x"] } },
    ],
  }) as Record<string, unknown>;
beforeAll(async () => {
  upstream = await startScriptedUpstream();
  gateway = await startGateway({ policy: policyWith(2) });
});
afterAll(async () => {
  await gateway.stop();
  await upstream.stop();
});
afterEach(() => {
  upstream.script = plain;
  upstream.seen.length = 0;
});

const small = { max_tokens: 100 };

/** What is left of a budget, in nano-dollars, as the answer's header says. */
function leftOf(answer: Answer, name: string): number {
  const header = answer.headers.get("x-tallygate-budget") ?? "";
  const [, usd] = new RegExp(`"${name}";limit=[\\d.]+;remaining=([\\d.]+)`).exec(header) ?? [];
  return Math.round(Number(usd) * 1e9);
}

// BerriAI/litellm#34732, #40095, #26672, langwatch/langwatch#6141, envoyproxy/ai-gateway#2394
it("the first requests of a user nobody has seen, all at once, do not get past the budget", async () => {
  const { promise: opened, resolve: openGate } = Promise.withResolvers<void>();
  upstream.script = async (seen, response) => {
    await opened;
    await plain(seen, response);
  };
  const calls = Array.from({ length: 40 }, () => chat(gateway, gateway.keys.bob, "hi", small));
  const refused: number[] = [];
  const watched = calls.map(async (call) => {
    const { status } = await call;
    if (status !== 200) refused.push(status);
    return status;
  });
  // While the ones that passed still run, everybody above the budget has been told.
  await expect
    .poll(() => refused.length + upstream.seen.length, { timeout: 60_000 })
    .toBe(calls.length);
  openGate();
  const statuses = await Promise.all(watched);
  const passed = statuses.filter((status) => status === 200).length;
  // A hold is at least its hundred output tokens: 0.02 dollars.
  expect(passed).toBeGreaterThan(0);
  expect(passed * 0.02).toBeLessThanOrEqual(bobUsd);
  expect(refused).toEqual(refused.map(() => 402));
  expect(upstream.seen).toHaveLength(passed);
});

// BerriAI/litellm#14144
it("a refusal says which budget, how much is left of it, and when it starts anew", async () => {
  const refused = await chat(gateway, gateway.keys.bob, "hi", { max_tokens: 4_000 });
  expect(refused.status).toBe(402);
  expect(errorOf(refused).message).toMatch(/"bob-month".*\$[\d.]+ of \$0\.3 left.*starts anew at/);
  expect(refused.headers.get("x-should-retry")).toBe("false");
});

// BerriAI/litellm#27639, #36926, #40050
it("what a provider failed at is given back whole: nothing leaks and nobody is blocked for it", async () => {
  const before = await chat(gateway, gateway.keys.alice, "hi", small);
  upstream.script = (_seen, response) => json(response, 500, { error: { message: "on fire" } });
  const failed = await Promise.all(
    Array.from({ length: 30 }, () => chat(gateway, gateway.keys.alice, "hi", small)),
  );
  expect(new Set(failed.map(({ status }) => status))).toEqual(new Set([502]));
  for (const { headers } of failed) await auditEntry(gateway, headers.get("x-request-id") ?? "");
  upstream.script = plain;
  const after = await chat(gateway, gateway.keys.alice, "hi", small);
  expect(leftOf(before, "alice-month") - leftOf(after, "alice-month")).toBe(plainCostNanos);
});

// BerriAI/litellm#22726
it("who has no budget is never refused for one", async () => {
  const answer = await chat(gateway, gateway.keys.auditor, "hi");
  expect(answer.status).toBe(200);
  expect(answer.headers.get("x-tallygate-budget")).toBeNull();
});

// Portkey-AI/gateway#1169
it("a budget of a tag holds for what carries the tag, and for nothing else", async () => {
  const tagged = { "x-tallygate-tags": "project-x" };
  const refused = await chat(gateway, gateway.keys.auditor, "hi", small, tagged);
  expect(refused.status).toBe(402);
  expect(errorOf(refused).message).toContain('"project-x"');
  const other = { "x-tallygate-tags": "project-y" };
  expect((await chat(gateway, gateway.keys.auditor, "hi", small, other)).status).toBe(200);
});

// BerriAI/litellm#34492, #22013, #20532, #25495
it("a budget that is changed keeps what was spent: raised it gives room, lowered it takes it", async () => {
  const first = await chat(gateway, gateway.keys.alice, "hi", small);
  await auditEntry(gateway, first.headers.get("x-request-id") ?? "");
  const admin = await AdminClient.open({ url: gateway.url, key: gateway.keys.admin });
  try {
    const publish = async (usd: number, expectVersion: number): Promise<void> => {
      const inForce = new Promise<void>((resolve) => {
        admin.listen(({ type }) => {
          if (type === "PolicyInForce") resolve();
        });
      });
      await admin.ask({
        type: "PublishPolicy",
        expectVersion,
        document: policyWith(usd),
        comment: "",
      });
      await inForce;
    };
    await publish(3, 1);
    const raised = await chat(gateway, gateway.keys.alice, "hi", small);
    expect(raised.status).toBe(200);
    expect(leftOf(raised, "alice-month") - leftOf(first, "alice-month")).toBe(1e9 - plainCostNanos);
    await publish(0.004, 2);
    const lowered = await chat(gateway, gateway.keys.alice, "hi", small);
    expect(lowered.status).toBe(402);
  } finally {
    admin.close();
  }
}, 240_000);
