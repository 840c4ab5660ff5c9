/**
 * A provider's faults under `strict` accounting: what the caller is told, who is asked instead, and
 * that after each of them the budget holds exactly what can have been spent, and nothing is held.
 */
import OpenAI, { APIError } from "openai";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { ask, auditEntry, chat, errorOf, type Answer } from "../support/client.ts";
import { startGateway, type TestGateway } from "../support/gateway.ts";
import {
  json,
  noonZone,
  openAiAnswer,
  openAiChunks,
  plain,
  plainCostNanos,
  startScriptedUpstream,
  stream,
  type Script,
  type ScriptedUpstream,
} from "../support/scripted-upstream.ts";

let first: ScriptedUpstream;
let second: ScriptedUpstream;
let gateway: TestGateway;

const price = { inputUsdPerMtok: 100, outputUsdPerMtok: 200 };

const both = (model: string) => [
  { provider: "main", serves: [model], priority: 1 },
  { provider: "spare", serves: [model], priority: 2 },
];
const silent: Script = () => {};

beforeAll(async () => {
  first = await startScriptedUpstream();
  second = await startScriptedUpstream();
  gateway = await startGateway({
    policy: {
      schema: 1,
      timeZone: noonZone,
      providers: {
        main: { kind: "openai", baseUrl: `${first.url}/v1` },
        spare: { kind: "openai", baseUrl: `${second.url}/v1` },
        ill: { kind: "openai", baseUrl: `${first.url}/v1` },
        frail: { kind: "openai", baseUrl: `${first.url}/v1` },
      },
      tiers: {
        standard: {
          candidates: [
            ...both("gpt-both"),
            { provider: "main", serves: ["gpt-alone"] },
            { provider: "main", serves: ["gpt-again"], retries: { attempts: 2, delayMs: 1 } },
            { provider: "ill", serves: ["gpt-ill"], priority: 1 },
            { provider: "spare", serves: ["gpt-ill"], priority: 2 },
            { provider: "frail", serves: ["gpt-frail", "gpt-mended"], priority: 1 },
            { provider: "spare", serves: ["gpt-frail"], priority: 2 },
          ],
        },
      },
      upstream: { firstByteMs: 4_000, betweenBytesMs: 4_000 },
      prices: { "gpt-*": price },
      budgets: [{ name: "month", limitUsd: 100 }],
    },
  });
});
afterAll(async () => {
  await gateway.stop();
  await first.stop();
  await second.stop();
});
beforeEach(async () => {
  first.script = plain;
  second.script = plain;
  // An answer closes the circuit that the test before may have opened.
  await say("gpt-alone");
  first.seen.length = 0;
  second.seen.length = 0;
});

const say = (model: string, more: object = {}): Promise<Answer> =>
  chat(gateway, gateway.keys.alice, "hi", { model, max_tokens: 100, ...more });

/** The most that one try of these may cost: a token for each byte sent and 256 more, 100 written. */
function worstNanos(model: string, more: object = {}): number {
  const messages = [{ role: "user", content: "hi" }];
  const body = JSON.stringify({ model, messages, max_tokens: 100, ...more });
  return (Buffer.byteLength(body) + 256) * 100_000 + 100 * 200_000;
}

/** The circuits of a provider, one for each of its credentials. */
async function circuitsOf(name: string): Promise<object[] | undefined> {
  const { json: body } = await ask(`${gateway.url}/admin/circuits`, { key: gateway.keys.auditor });
  const providers = body["providers"] as { name: string; circuits: object[] }[];
  return providers.find((one) => one.name === name)?.circuits;
}

interface Standing {
  settledNanos: number;
  heldNanos: number;
}

/** What the month's budget has settled, in nano-dollars, once nothing of it is held. */
async function settledNanos(): Promise<number> {
  let nanos = 0;
  await expect
    .poll(
      async () => {
        const { json: body } = await ask(`${gateway.url}/budgets`, { key: gateway.keys.alice });
        const [month] = (body["budgets"] ?? []) as Standing[];
        nanos = month?.settledNanos ?? -1;
        return month?.heldNanos;
      },
      { timeout: 60_000 },
    )
    .toBe(0);
  return nanos;
}

/** An answer, its entry, and what the budget was charged for it: the same in both, to the nano. */
async function booked(call: () => Promise<Answer>) {
  const before = await settledNanos();
  const answer = await call();
  const entry = await auditEntry(gateway, answer.headers.get("x-request-id") ?? "");
  const spent = (await settledNanos()) - before;
  expect(spent).toBe(entry["costNanos"]);
  return { answer, entry, spent };
}

const limited =
  (headers: Record<string, string>): Script =>
  (_seen, response) => {
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
    json(response, 429, { error: { message: "slow down", type: "tokens" } });
  };

describe("429", () => {
  it("is waited for where policy says so, and costs nothing", async () => {
    first.script = (seen, response) =>
      first.seen.length === 1
        ? limited({ "retry-after-ms": "5" })(seen, response)
        : plain(seen, response);
    const { answer, entry, spent } = await booked(() => say("gpt-again"));
    expect(answer.status).toBe(200);
    expect(entry["attempts"]).toMatchObject([{ status: 429, costNanos: 0 }, { status: 200 }]);
    expect(spent).toBe(plainCostNanos);
  });

  it("that asks for more than is waited here is the caller's, with its time", async () => {
    first.script = limited({ "retry-after": "120" });
    const { answer, spent } = await booked(() => say("gpt-again"));
    expect(answer.status).toBe(429);
    expect(errorOf(answer).code).toBe("provider_rate_limited");
    const seconds = Number(answer.headers.get("retry-after"));
    expect(seconds).toBeGreaterThan(100);
    expect(seconds).toBeLessThanOrEqual(120);
    expect(first.seen.length).toBe(1);
    expect(spent).toBe(0);
  });

  it("in a storm opens the circuit: the provider is left alone, and every answer is booked once", async () => {
    first.script = limited({ "retry-after": "120" });
    const before = await settledNanos();
    for (let call = 0; call < 12; call += 1) expect((await say("gpt-ill")).status).toBe(200);
    expect(first.seen.length).toBe(5);
    expect(second.seen.length).toBe(12);
    expect((await settledNanos()) - before).toBe(12 * plainCostNanos);
    expect(await circuitsOf("ill")).toMatchObject([
      { state: expect.stringMatching(/^(open|probing)$/), failures: 5 },
    ]);
    expect(await circuitsOf("spare")).toMatchObject([{ state: "closed", failures: 0 }]);
    for (const [key, status] of [
      [gateway.keys.alice, 403],
      ["", 401],
    ] as const) {
      expect((await ask(`${gateway.url}/admin/circuits`, { key })).status).toBe(status);
    }
  });
});

describe("a provider whose answers begin well", () => {
  const half = openAiChunks(["Hello", " there"]).slice(0, 3);
  const unread = JSON.stringify(openAiAnswer("Hello")).slice(0, 80);

  it.each<[string, object, Script]>([
    ["and whose streams break later", { stream: true }, (_, response) => stream(response, half)],
    ["and cannot be read", {}, (_, response) => void response.writeHead(200).end(unread)],
  ])("%s is left alone after five in a row", async (_name, more, script) => {
    first.script = script;
    for (let call = 0; call < 5; call += 1) await say("gpt-frail", more);
    expect(await circuitsOf("frail")).toMatchObject([
      { state: expect.stringMatching(/^(open|probing)$/), failures: 5 },
    ]);
    // Whoever else is there is asked first now; a good answer of the one that is ill closes it again.
    expect((await say("gpt-frail", more)).status).toBe(200);
    expect(first.seen.length).toBe(5);
    first.script = plain;
    await say("gpt-mended");
    expect(await circuitsOf("frail")).toMatchObject([{ state: "closed", failures: 0 }]);
  });
});

describe("an attempt that was taken and never answered", () => {
  it("is booked with all that it may have cost", async () => {
    first.script = silent;
    const { answer, entry, spent } = await booked(() => say("gpt-alone"));
    expect(answer.status).toBe(504);
    expect(spent).toBe(worstNanos("gpt-alone"));
    expect(entry).toMatchObject({ outcome: "failed", provider: "main", estimated: true });
    expect(entry["overrunNanos"] ?? 0).toBe(0);
  });

  it("is booked beside the answer of the next, under a hold that covers both", async () => {
    first.script = silent;
    const { answer, entry, spent } = await booked(() => say("gpt-both"));
    expect(answer.status).toBe(200);
    expect(spent).toBe(worstNanos("gpt-both") + plainCostNanos);
    expect(entry["attempts"]).toMatchObject([
      { provider: "main", code: "provider_timeout", costNanos: worstNanos("gpt-both") },
      { provider: "spare", status: 200, costNanos: plainCostNanos },
    ]);
  });

  it("is booked so too when it is its caller who does not wait", async () => {
    const before = await settledNanos();
    const caller = new AbortController();
    first.script = () => caller.abort();
    const left = fetch(`${gateway.url}/v1/chat/completions`, {
      method: "POST",
      signal: caller.signal,
      headers: { authorization: `Bearer ${gateway.keys.alice}` },
      body: JSON.stringify({
        model: "gpt-alone",
        messages: [{ role: "user", content: "hi" }],
        max_tokens: 100,
      }),
    });
    await expect(left).rejects.toThrow("aborted");
    await expect
      .poll(async () => (await settledNanos()) - before, { timeout: 60_000 })
      .toBe(worstNanos("gpt-alone"));
  });

  it("is the last one when the budget has no room for another", async () => {
    const tight = await startGateway({
      policy: {
        schema: 1,
        providers: {
          main: { kind: "openai", baseUrl: `${first.url}/v1` },
          spare: { kind: "openai", baseUrl: `${second.url}/v1` },
        },
        tiers: {
          standard: {
            candidates: [
              { provider: "main", serves: ["gpt-both"], priority: 1 },
              { provider: "spare", serves: ["gpt-both"], priority: 2 },
            ],
          },
        },
        upstream: { firstByteMs: 1_500 },
        prices: { "gpt-*": price },
        budgets: [{ name: "month", limitUsd: (worstNanos("gpt-both") * 1.5) / 1e9 }],
      },
    });
    try {
      first.script = silent;
      const answer = await chat(tight, tight.keys.alice, "hi", {
        model: "gpt-both",
        max_tokens: 100,
      });
      expect(answer.status).toBe(504);
      expect(second.seen).toEqual([]);
      const entry = await auditEntry(tight, answer.headers.get("x-request-id") ?? "");
      expect(entry).toMatchObject({ outcome: "failed", costNanos: worstNanos("gpt-both") });
    } finally {
      await tight.stop();
    }
  });
});

describe("a 200 that is no answer", () => {
  it.each([
    ["an error in the body", JSON.stringify({ error: { message: "overloaded", code: 529 } })],
    ["JSON of another kind", JSON.stringify({ hello: "there" })],
    ["half of a JSON", JSON.stringify(openAiAnswer("Hello")).slice(0, 80)],
  ])("%s: a typed error, booked with all that it may have cost", async (_name, body) => {
    first.script = (_seen, response) => {
      response.writeHead(200, { "content-type": "application/json" });
      response.end(body);
    };
    const { answer, entry, spent } = await booked(() => say("gpt-alone"));
    expect(answer.status).toBe(502);
    expect(errorOf(answer).code).toBe("provider_error");
    expect(entry).toMatchObject({ outcome: "failed", estimated: true });
    expect(spent).toBe(worstNanos("gpt-alone"));
  });

  it("an error with the usage that was billed is booked with that", async () => {
    const { usage } = openAiAnswer("") as { usage: object };
    first.script = (_seen, response) =>
      json(response, 200, { error: { message: "cut" }, usage, choices: [] });
    const { spent } = await booked(() => say("gpt-alone"));
    expect(spent).toBe(plainCostNanos);
  });
});

describe("a stream", () => {
  const error = `data: ${JSON.stringify({ error: { message: "overloaded", code: "busy" } })}\n\n`;
  const half = openAiChunks(["Hello", " there"]).slice(0, 3);
  const faults: [string, Script][] = [
    ["with an error in it", (_seen, response) => stream(response, [...half, error])],
    ["that just ends", (_seen, response) => stream(response, half)],
    [
      "that is reset",
      async (_seen, response) => {
        response.writeHead(200, { "content-type": "text/event-stream" });
        for (const chunk of half) response.write(chunk);
        await new Promise((resolve) => setImmediate(resolve));
        response.socket?.resetAndDestroy();
      },
    ],
    [
      "with words that are no JSON",
      (_seen, response) => stream(response, [...half, "data: {half\n\n"]),
    ],
    [
      "that stops talking",
      (_seen, response) => {
        response.writeHead(200, { "content-type": "text/event-stream" });
        for (const chunk of half) response.write(chunk);
      },
    ],
  ];

  it.each(faults)(
    "%s ends with an error and no [DONE]; what came is booked",
    async (_name, fault) => {
      first.script = fault;
      const { answer, entry, spent } = await booked(() => say("gpt-alone", { stream: true }));
      expect(answer.status).toBe(200);
      expect(answer.text).toContain('"error":');
      expect(answer.text).not.toContain("[DONE]");
      expect(entry).toMatchObject({ outcome: "failed", estimated: true });
      expect(spent).toBeGreaterThan(0);
      expect(spent).toBeLessThanOrEqual(worstNanos("gpt-alone", { stream: true }));
    },
  );

  it.each(faults)("%s is thrown by the OpenAI SDK after what came", async (_name, fault) => {
    first.script = fault;
    const client = new OpenAI({
      baseURL: `${gateway.url}/v1`,
      apiKey: gateway.keys.alice,
      maxRetries: 0,
    });
    const answer = await client.chat.completions.create({
      model: "gpt-alone",
      stream: true,
      messages: [{ role: "user", content: "hi" }],
    });
    let text = "";
    const read = async (): Promise<void> => {
      for await (const chunk of answer) text += chunk.choices[0]?.delta.content ?? "";
    };
    const thrown = (await read().catch((cause: unknown) => cause)) as APIError | undefined;
    expect(thrown).toBeInstanceOf(APIError);
    expect(thrown?.type).toBe("api_error");
    expect(text).toBe("Hello there");
  });

  it("with an error at its very beginning is asked of the next, for its cost alone", async () => {
    first.script = (_seen, response) => stream(response, [error]);
    const { answer, spent } = await booked(() => say("gpt-both", { stream: true }));
    expect(answer.text).toContain("[DONE]");
    expect(spent).toBe(plainCostNanos);
  });

  it("that ends before it begins is asked of the next, and booked as perhaps paid", async () => {
    first.script = (_seen, response) => stream(response, []);
    const { answer, spent } = await booked(() => say("gpt-both", { stream: true }));
    expect(answer.text).toContain("[DONE]");
    expect(spent).toBe(plainCostNanos + worstNanos("gpt-both", { stream: true }));
  });
});
