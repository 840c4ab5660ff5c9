/** Limits are exact and budgets hold, as callers see it over HTTP. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { ask, auditEntry, chat, errorOf } from "../support/client.ts";
import { startGateway, type TestGateway } from "../support/gateway.ts";
import {
  plain,
  plainCostNanos,
  scriptedPolicy,
  startScriptedUpstream,
  type ScriptedUpstream,
} from "../support/scripted-upstream.ts";

let upstream: ScriptedUpstream;
let gateway: TestGateway | undefined;
beforeAll(async () => {
  upstream = await startScriptedUpstream();
});
afterAll(() => upstream.stop());
afterEach(async () => {
  await gateway?.stop();
  gateway = undefined;
  upstream.script = plain;
  upstream.seen.length = 0;
});

const withPolicy = async (more: Record<string, unknown>): Promise<TestGateway> => {
  gateway = await startGateway({ policy: scriptedPolicy(upstream.url, more) });
  return gateway;
};
const perHour = (limit: number) => ({
  limits: [{ name: "rph", metric: "requests", limit, windowMs: 3_600_000 }],
});

describe("requests in a window", () => {
  it("are admitted exactly to the limit, however many come at once", async () => {
    const { keys, ...rest } = await withPolicy(perHour(25));
    const answers = await Promise.all(
      Array.from({ length: 80 }, () => chat({ ...rest }, keys.alice, "hi")),
    );
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(25);
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(55);
    expect(upstream.seen).toHaveLength(25);
    const remaining = answers
      .filter(({ status }) => status === 200)
      .map(({ headers }) => Number(headers.get("x-ratelimit-remaining")))
      .toSorted((a, b) => b - a);
    expect(remaining).toEqual(Array.from({ length: 25 }, (_, index) => 24 - index));
  });

  it("are refused with the limit's name, and a Retry-After that helps", async () => {
    const { keys, ...rest } = await withPolicy(perHour(1));
    await chat(rest, keys.alice, "hi");
    const refused = await chat(rest, keys.alice, "hi");
    expect(refused.status).toBe(429);
    expect(errorOf(refused).code).toBe("rate_limited");
    expect(errorOf(refused).message).toContain('"rph"');
    const wait = Number(refused.headers.get("retry-after"));
    expect(wait).toBeGreaterThan(1_800);
    expect(wait).toBeLessThanOrEqual(3_600);
    expect(refused.headers.get("ratelimit")).toContain('"rph";r=0');
    // Another user has a window of their own.
    expect((await chat(rest, keys.bob, "hi")).status).toBe(200);
  });
});

describe("a budget", () => {
  it("is never passed by requests that run at once, and books the true cost", async () => {
    // One request holds bytes + 4096 output tokens; the limit covers a few of those at a time.
    const budgets = [{ name: "month", limitUsd: 3, period: "month" }];
    const { keys, ...rest } = await withPolicy({ budgets });
    const answers = await Promise.all(
      Array.from({ length: 30 }, () => chat(rest, keys.alice, "hi")),
    );
    const passed = answers.filter(({ status }) => status === 200);
    expect(answers.every(({ status }) => status === 200 || status === 402)).toBe(true);
    expect(passed.length).toBeGreaterThan(0);
    expect(passed.length).toBeLessThan(30);
    expect(upstream.seen).toHaveLength(passed.length);
    const costs = await expect
      .poll(
        async () => {
          const { json } = await ask(`${rest.url}/costs?by=user`, { key: keys.auditor });
          return (json["total"] as Record<string, unknown> | undefined)?.["costNanos"];
        },
        { timeout: 60_000 },
      )
      .toBe(passed.length * plainCostNanos)
      .then(() => true);
    expect(costs).toBe(true);
  });

  it("refuses with 402, the budget's name and no retry once it cannot cover the worst case", async () => {
    const budgets = [{ name: "month", limitUsd: 0.5, period: "month" }];
    const { keys, ...rest } = await withPolicy({ budgets });
    const refused = await chat(rest, keys.alice, "hi");
    expect(refused.status).toBe(402);
    expect(errorOf(refused).code).toBe("budget_exceeded");
    expect(errorOf(refused).message).toContain('"month"');
    expect(refused.headers.get("x-should-retry")).toBe("false");
    const small = await chat(rest, keys.alice, "hi", { max_tokens: 50 });
    expect(small.status).toBe(200);
    expect(small.headers.get("x-tallygate-budget")).toContain('"month"');
    expect(upstream.seen).toHaveLength(1);
  });
});

const served = (model: string) => ({
  candidates: [{ provider: "scripted", serves: ["*"], model }],
});

describe("a budget that is used up and downgrades", () => {
  it("has the cheaper tier's model serve on, and both are in the books", async () => {
    const price = { inputUsdPerMtok: 100, outputUsdPerMtok: 200 };
    const { keys, ...rest } = await withPolicy({
      tiers: { standard: { ...served("dear"), downgradeTo: "basic" }, basic: served("cheap") },
      prices: { dear: price, cheap: { inputUsdPerMtok: 1, outputUsdPerMtok: 2 } },
      budgets: [{ name: "month", limitUsd: 0.06, period: "month", atLimit: "downgrade" }],
    });
    const small = { max_tokens: 50 };
    const answers = [];
    // A call holds some five cents at the dear price, and settles at a fifth of a cent.
    while (answers.length < 30 && upstream.seen.at(-1)?.body["model"] !== "cheap") {
      answers.push(await chat(rest, keys.alice, "hi", small));
    }
    expect(answers.every(({ status }) => status === 200)).toBe(true);
    const models = upstream.seen.map(({ body }) => body["model"]);
    expect(models).toEqual([...models.slice(1).map(() => "dear"), "cheap"]);
    expect(models.length).toBeGreaterThan(2);
    const last = answers.at(-1)?.headers.get("x-request-id") ?? "";
    const entry = await auditEntry({ ...rest, keys }, last);
    expect(entry).toMatchObject({ tier: "basic", outcome: "completed" });
    const { json } = await ask(`${rest.url}/audit/events?user=alice&outcome=refused`, {
      key: keys.auditor,
    });
    expect(json["events"]).toMatchObject([{ tier: "standard", code: "budget_downgrade" }]);
  });
});

describe("an answer's entry in the books", () => {
  it("says who, what, which model, how many tokens, what it cost and how long it took", async () => {
    const { keys, ...rest } = await withPolicy(perHour(10));
    const answer = await chat(
      rest,
      keys.alice,
      "hi",
      {},
      {
        "x-tallygate-action": "assistant.reply",
        "x-tallygate-resource": "ticket/7",
        "x-tallygate-metadata": '{"team":"support","n":1}',
        "user-agent": "scenario/1",
      },
    );
    const id = answer.headers.get("x-request-id") ?? "";
    expect(answer.headers.get("request-id")).toBe(id);
    expect(answer.headers.get("cf-aig-log-id")).toBe(id);
    const entry = await auditEntry(gateway as TestGateway, id);
    expect(entry).toMatchObject({
      user: "alice",
      action: "assistant.reply",
      resource: "ticket/7",
      metadata: { team: "support", n: 1 },
      modelAsked: "gpt-4o-mini",
      provider: "scripted",
      inputTokens: 10,
      outputTokens: 5,
      costNanos: plainCostNanos,
      policyVersion: 1,
      userAgent: "scenario/1",
      outcome: "completed",
    });
    expect(entry["latencyMs"]).toBeGreaterThanOrEqual(0);
  });
});
