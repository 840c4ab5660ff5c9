/** Routes over real HTTP: who answers, what each try costs, and that the books say so. */
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { auditEntry, chat, errorOf, type Answer } from "../support/client.ts";
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

const price = { inputUsdPerMtok: 100, outputUsdPerMtok: 200 };
const both = [
  { provider: "first", model: "gpt-4o-mini" },
  { provider: "second", model: "gpt-spare", priority: 200 },
];

beforeAll(async () => {
  first = await startScriptedUpstream();
  second = await startScriptedUpstream();
  const policy = {
    ...scriptedPolicy(first.url, {
      accounting: { mode: "estimate" },
      dlp: {
        rules: [{ id: "email", detector: "email", directions: ["answer"], action: "block" }],
      },
    }),
    providers: {
      first: { kind: "openai", baseUrl: `${first.url}/v1` },
      second: { kind: "openai", baseUrl: `${second.url}/v1` },
    },
    tiers: {
      standard: {
        candidates: [
          { provider: "first", serves: ["gpt-4o-mini", "exactly-*", "old*", "*preview*", "a-*"] },
        ],
      },
    },
    routes: [
      {
        name: "gold",
        when: { models: ["plan"], metadata: { plan: ["gold"] }, headers: { "x-app": ["shop*"] } },
        candidates: [{ provider: "second", model: "gpt-spare" }],
      },
      {
        name: "roomy",
        when: { models: ["sized"], promptTokens: { atLeast: 200 } },
        candidates: [{ provider: "second", model: "gpt-spare" }],
      },
      {
        name: "sized",
        when: { models: ["sized", "plan"] },
        candidates: [{ provider: "first", model: "gpt-4o-mini", maxInputTokens: 400 }],
      },
      {
        name: "half",
        when: { models: ["dynamic/half"], share: { to: 50 } },
        candidates: [{ provider: "second", model: "gpt-spare" }],
      },
      { name: "rest", when: { models: ["dynamic/half"] }, candidates: both },
      { name: "hedged", when: { models: ["hedged"] }, candidates: both, hedge: { afterMs: 4_000 } },
      { name: "again", when: { models: ["again"] }, candidates: both, answerRetries: 1 },
      { name: "patient", when: { models: ["patient"] }, candidates: both },
      {
        name: "hasty",
        when: { models: ["hasty"] },
        candidates: [{ ...both[0], firstByteMs: 1_500 }, both[1]],
      },
      {
        name: "capped",
        when: { models: ["capped"] },
        candidates: [
          {
            ...both[0],
            maxOutputTokens: 9,
            retries: { attempts: 3, delayMs: 1, backoff: "constant" },
          },
        ],
      },
      {
        name: "weighed",
        when: { models: ["weighed"] },
        balance: "weight",
        candidates: [
          { provider: "first", model: "gpt-4o-mini", weight: 1 },
          { provider: "second", model: "gpt-spare", weight: 3 },
        ],
      },
      {
        name: "quick",
        when: { models: ["quick"] },
        balance: "latency",
        candidates: [
          { provider: "first", model: "gpt-quick-1" },
          { provider: "second", model: "gpt-quick-2" },
        ],
      },
      { name: "shared", when: { models: ["shared"] }, candidates: [both[0]] },
      { name: "funded", when: { models: ["funded"] }, candidates: [both[0]] },
    ],
    limits: [
      {
        name: "shared-rate",
        metric: "requests",
        limit: 3,
        windowMs: 600_000,
        scope: "route",
        when: { routes: ["shared"] },
      },
    ],
    budgets: [
      {
        name: "funded-month",
        limitUsd: 0.5,
        period: "month",
        scope: "route",
        when: { routes: ["funded"] },
      },
    ],
    models: { allow: ["*"], deny: ["exactly-this", "old-*", "*-preview", "a-*-z"] },
    prices: { "gpt-4o-mini": price, "gpt-spare": price, "gpt-quick-*": price, "*": price },
  };
  gateway = await startGateway({ policy });
});
afterAll(async () => {
  await gateway.stop();
  await first.stop();
  await second.stop();
});
afterEach(() => {
  for (const upstream of [first, second]) {
    upstream.script = plain;
    upstream.seen.length = 0;
  }
});

const idOf = (answer: Answer): string => answer.headers.get("x-request-id") ?? "";
const providerOf = (answer: Answer): string | null => answer.headers.get("x-tallygate-provider");
const ask = (model: string, more: Record<string, unknown> = {}, headers = {}, prompt = "hi") =>
  chat(gateway, gateway.keys.alice, prompt, { model, ...more }, headers);
const say = (text: string) => (_seen: unknown, response: Parameters<typeof plain>[1]) =>
  json(response, 200, openAiAnswer(text));

it("metadata, headers and models decide who answers, and the books name the route", async () => {
  const gold = { "x-tallygate-metadata": '{"plan":"gold"}', "x-app": "shop-web" };
  const answer = await ask("plan", {}, gold);
  expect(providerOf(answer)).toBe("second");
  expect(second.seen[0]?.body["model"]).toBe("gpt-spare");
  expect(await auditEntry(gateway, idOf(answer))).toMatchObject({ route: "gold" });
  expect(providerOf(await ask("plan", {}, { ...gold, "x-app": "other" }))).toBe("first");
});

it("a prompt goes where there is room for it, and nowhere when there is none", async () => {
  expect(providerOf(await ask("sized"))).toBe("first");
  expect(providerOf(await ask("sized", {}, {}, "word ".repeat(400)))).toBe("second");
  const refused = await ask("plan", {}, {}, "word ".repeat(800));
  expect([refused.status, errorOf(refused).code]).toEqual([400, "prompt_too_large"]);
  expect(await auditEntry(gateway, idOf(refused))).toMatchObject({ code: "prompt_too_large" });
});

it("a share of requests goes to the canary, and what was picked is in the books", async () => {
  const answers = await Promise.all(Array.from({ length: 24 }, () => ask("dynamic/half")));
  const providers = new Set(answers.map(providerOf));
  expect(providers).toEqual(new Set(["first", "second"]));
  const [answer] = answers;
  const route = providerOf(answer!) === "second" ? "half" : "rest";
  expect(await auditEntry(gateway, idOf(answer!))).toMatchObject({ route });
});

it("requests are spread by weight, and each goes to one provider", async () => {
  const answers = await Promise.all(Array.from({ length: 80 }, () => ask("weighed")));
  expect(answers.every((answer) => answer.status === 200)).toBe(true);
  expect(first.seen.length + second.seen.length).toBe(80);
  // Of a fair draw neither happens once in a hundred thousand times.
  expect(first.seen.length).toBeGreaterThan(0);
  expect(second.seen.length).toBeGreaterThan(first.seen.length);
});

it("the one that answered fastest lately is asked first, once both are known", async () => {
  first.script = async (seen, response) => {
    await new Promise((resolve) => {
      setTimeout(resolve, 1_500);
    });
    await plain(seen, response);
  };
  const known = [await ask("quick"), await ask("quick")].map(providerOf);
  expect(new Set(known)).toEqual(new Set(["first", "second"]));
  const later = [await ask("quick"), await ask("quick"), await ask("quick")].map(providerOf);
  expect(later).toEqual(["second", "second", "second"]);
});

it.each(["exactly-this", "old-one", "gpt-preview", "a-to-z"])(
  "%s is on the deny list, by its name, a beginning, an end or a pattern",
  async (model) => {
    const refused = await ask(model);
    expect([refused.status, errorOf(refused).code]).toEqual([400, "model_not_allowed"]);
    expect(first.seen).toEqual([]);
  },
);

it.each(["exactly-that", "older", "preview-gpt", "a-to-y"])(
  "%s is not on the deny list, for all that it is like what is",
  async (model) => {
    expect((await ask(model)).status).toBe(200);
  },
);

it("Cloudflare's compat address asks for a route by its name", async () => {
  const answer = await fetch(`${gateway.url}/compat/chat/completions`, {
    method: "POST",
    headers: {
      authorization: `Bearer ${gateway.keys.alice}`,
      "content-type": "application/json",
    },
    body: JSON.stringify({
      model: "dynamic/half",
      messages: [{ role: "user", content: "hi" }],
    }),
  });
  expect(answer.status).toBe(200);
});

it("a silent provider is hedged: the faster answers, the slower is ended, both are accounted", async () => {
  first.script = () => {};
  const answer = await ask("hedged");
  expect(answer.status).toBe(200);
  expect(providerOf(answer)).toBe("second");
  await expect.poll(() => first.seen.at(-1)?.left, { timeout: 60_000 }).toBe(true);
  const entry = await auditEntry(gateway, idOf(answer));
  expect(entry).toMatchObject({ outcome: "completed", provider: "second", estimated: true });
  const attempts = entry["attempts"] as { provider: string; code?: string; costNanos: number }[];
  expect(attempts).toMatchObject([
    { provider: "first", code: "hedge_lost", status: 499 },
    { provider: "second", status: 200, costNanos: plainCostNanos },
  ]);
  expect(attempts[0]!.costNanos).toBeGreaterThan(0);
  expect(entry["costNanos"]).toBe(attempts[0]!.costNanos + plainCostNanos);
});

it("a provider that answers in time is not hedged", async () => {
  const answer = await ask("hedged");
  expect(providerOf(answer)).toBe("first");
  expect(second.seen).toEqual([]);
  expect(await auditEntry(gateway, idOf(answer))).toMatchObject({ costNanos: plainCostNanos });
});

it("streams are hedged too, and only one of them reaches the caller", async () => {
  first.script = (_seen, response) => response.writeHead(200).flushHeaders();
  const answer = await ask("hedged", { stream: true });
  expect(providerOf(answer)).toBe("second");
  expect(answer.text.match(/Hello/g)).toHaveLength(1);
});

it("an answer that a rule blocks is asked of the next, and both are paid for", async () => {
  first.script = say("write to jane.doe@example.com");
  const answer = await ask("again");
  expect(answer.status).toBe(200);
  expect(providerOf(answer)).toBe("second");
  expect(answer.text).not.toContain("jane");
  const entry = await auditEntry(gateway, idOf(answer));
  expect(entry).toMatchObject({ outcome: "completed", costNanos: 2 * plainCostNanos });
  expect(entry["attempts"]).toMatchObject([
    { provider: "first", code: "dlp_blocked", costNanos: plainCostNanos },
    { provider: "second", costNanos: plainCostNanos },
  ]);
});

it("an answer that its provider filtered, or that is none, is asked of the next", async () => {
  first.script = (_seen, response) => {
    const filtered = openAiAnswer("") as { choices: { finish_reason: string }[] };
    filtered.choices[0]!.finish_reason = "content_filter";
    json(response, 200, filtered);
  };
  expect(providerOf(await ask("again"))).toBe("second");
  first.script = (_seen, response) => void response.end("<html>busy</html>");
  expect(providerOf(await ask("again"))).toBe("second");
});

it("without somebody else to ask, a blocked answer stays blocked", async () => {
  first.script = say("write to jane.doe@example.com");
  second.script = first.script;
  const answer = await ask("again");
  expect([answer.status, errorOf(answer).code]).toEqual([400, "dlp_blocked"]);
  expect(await auditEntry(gateway, idOf(answer))).toMatchObject({
    outcome: "blocked",
    costNanos: 2 * plainCostNanos,
  });
});

it.each<[string, ScriptedUpstream["script"]]>([
  ["ends before it begins", (_seen, response) => void response.writeHead(200).end()],
  [
    "breaks before it begins",
    (_seen, response) => {
      response.writeHead(200).flushHeaders();
      setTimeout(() => response.destroy(), 30);
    },
  ],
  [
    "begins with an error",
    (_seen, response) => stream(response, ['data: {"error":{"message":"overloaded"}}\n\n']),
  ],
])(
  "a stream that %s is asked of the next: no byte has gone to the caller",
  async (_title, script) => {
    first.script = script;
    const answer = await ask("patient", { stream: true });
    expect(answer.status).toBe(200);
    expect(providerOf(answer)).toBe("second");
    expect(answer.text).toContain("Hello");
    expect(answer.text).not.toContain("error");
    const entry = await auditEntry(gateway, idOf(answer));
    expect(entry).toMatchObject({ outcome: "completed", costNanos: plainCostNanos });
    expect(entry["attempts"]).toMatchObject([
      { provider: "first", code: "provider_error", costNanos: 0 },
      { provider: "second" },
    ]);
  },
);

it("a stream that breaks after its first byte is not asked of anybody else", async () => {
  first.script = (_seen, response) => {
    response.writeHead(200);
    response.write(openAiChunks(["Hello"])[1] ?? "");
    setTimeout(() => response.destroy(), 30);
  };
  const answer = await ask("patient", { stream: true });
  expect(answer.text).toContain("provider_error");
  expect(second.seen).toEqual([]);
});

it("a candidate's own time to the first byte is kept, streams included", async () => {
  first.script = (_seen, response) => response.writeHead(200).flushHeaders();
  const answer = await ask("hasty", { stream: true });
  expect(providerOf(answer)).toBe("second");
  expect((await auditEntry(gateway, idOf(answer)))["attempts"]).toMatchObject([
    { provider: "first", code: "provider_timeout" },
    { provider: "second" },
  ]);
});

it("a candidate's own cap on its answer and its own tries are kept", async () => {
  let asked = 0;
  first.script = (seen, response) => {
    asked += 1;
    return asked < 3 ? json(response, 503, {}) : plain(seen, response);
  };
  const answer = await ask("capped", { max_tokens: 100 });
  expect(answer.status).toBe(200);
  expect(first.seen.map(({ body }) => body["max_tokens"] ?? body["max_completion_tokens"])).toEqual(
    [9, 9, 9],
  );
  expect((await auditEntry(gateway, idOf(answer)))["attempts"]).toHaveLength(3);
});

const by = (member: "alice" | "bob", model: string) =>
  chat(gateway, gateway.keys[member], "hi", { model, max_tokens: 50 });

it("a route's own limit and budget count all its callers together, and no other requests", async () => {
  const statuses: number[] = [];
  for (const member of ["alice", "bob", "bob", "alice"] as const) {
    const answer = await by(member, "shared");
    statuses.push(answer.status);
    if (answer.status !== 200) expect(errorOf(answer).message).toContain("shared-rate");
  }
  expect(statuses).toEqual([200, 200, 200, 429]);
  let paid = 0;
  for (const member of ["alice", "bob"] as const) {
    let answer = await by(member, "funded");
    while (answer.status === 200) {
      paid += 1;
      expect(paid * plainCostNanos).toBeLessThanOrEqual(0.5e9);
      answer = await by(member, "funded");
    }
    expect(answer.status).toBe(402);
    expect(errorOf(answer).message).toContain("funded-month");
  }
  expect(paid).toBeGreaterThan(3);
  expect(first.seen).toHaveLength(3 + paid);
  expect((await by("alice", "gpt-4o-mini")).status).toBe(200);
  expect((await by("bob", "gpt-4o-mini")).status).toBe(200);
});
