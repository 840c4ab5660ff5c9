/** The policy that a local gateway starts with is one that the gateway takes, and says what it should. */
import { expect, test } from "vitest";
import { PolicyDocument } from "#policy/document.ts";
import { compilePatterns, matchesModel } from "#policy/pattern.ts";
import { priceFor } from "#policy/price.ts";
import { startingPolicy } from "../../scripts/starting-policy.ts";

const upstreamUrl = "http://127.0.0.1:18787";
const document = PolicyDocument.parse(startingPolicy({ upstreamUrl, live: [] }));

test("it has 60 requests a minute and 5 dollars a month for each user, and no other limit", () => {
  expect(document.limits).toHaveLength(1);
  expect(document.limits[0]).toMatchObject({
    metric: "requests",
    limit: 60,
    windowMs: 60_000,
    scope: "user",
    mode: "sliding",
  });
  expect(document.budgets).toHaveLength(1);
  expect(document.budgets[0]).toMatchObject({
    limitUsd: 5,
    period: "month",
    scope: "user",
    atLimit: "block",
  });
  expect(document.concurrency).toEqual([]);
});

test("it redacts and blocks both ways", () => {
  const actions = document.dlp.rules.map(({ detector, action }) => [detector, action]);
  expect(Object.fromEntries(actions)).toEqual({
    "payment-card": "redact",
    "us-ssn": "redact",
    email: "redact",
    phone: "redact",
    aws: "block",
    "api-secrets": "block",
  });
  for (const rule of document.dlp.rules) expect(rule.directions).toEqual(["prompt", "answer"]);
});

test("it flags attacks on prompts and turns nobody away for them", () => {
  expect(document.guard).toEqual({ action: "flag" });
});

test("its three tiers go to the development upstream, and a real key takes its provider elsewhere", () => {
  expect(Object.keys(document.tiers)).toEqual(["standard", "premium", "enterprise"]);
  for (const provider of Object.values(document.providers)) {
    expect(provider.baseUrl?.startsWith(upstreamUrl)).toBe(true);
    expect(provider.secret).toBe("DEV_UPSTREAM_KEY");
  }
  const live = [{ kind: "openai", secret: "OPENAI_API_KEY" }];
  const { providers } = PolicyDocument.parse(startingPolicy({ upstreamUrl, live }));
  expect(providers["openai"]).toEqual({ kind: "openai", secret: "OPENAI_API_KEY" });
  expect(providers["anthropic"]?.baseUrl).toBe(upstreamUrl);
});

test("whatever an Ollama has pulled is served by it, for nothing, and by nobody else", () => {
  const { tiers } = document;
  const fitting = tiers["standard"]?.candidates.filter(({ serves }) =>
    matchesModel(compilePatterns(serves), "qwen3:8b"),
  );
  expect(fitting?.map(({ provider }) => provider)).toEqual(["ollama"]);
  expect(priceFor(document, "ollama", "qwen3:8b")).toEqual({
    inputNanosPerMtok: 0,
    outputNanosPerMtok: 0,
  });
});
