/** Data rules as users of other gateways wanted them: on every path, before anything leaks. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { ask, auditEntry, chat, errorOf, type Answer } from "../../support/client.ts";
import { startGateway, type TestGateway } from "../../support/gateway.ts";
import {
  json,
  openAiAnswer,
  openAiChunks,
  plain,
  scriptedPolicy,
  startScriptedUpstream,
  stream,
  type ScriptedUpstream,
} from "../../support/scripted-upstream.ts";

let upstream: ScriptedUpstream;
let spare: ScriptedUpstream;
let gateway: TestGateway;
const both = ["prompt", "answer"];
beforeAll(async () => {
  upstream = await startScriptedUpstream();
  spare = await startScriptedUpstream();
  const policy = {
    ...scriptedPolicy(upstream.url, {
      dlp: {
        rules: [
          { id: "code", pattern: { source: "PRJ-[0-9]{4}" }, directions: both, action: "block" },
          { id: "mail", detector: "email", directions: both, action: "redact" },
          {
            id: "trial",
            pattern: { source: "TRIAL-[0-9]{4}" },
            directions: both,
            action: "block",
            mode: "monitor",
          },
        ],
      },
    }),
    providers: {
      scripted: { kind: "openai", baseUrl: `${upstream.url}/v1` },
      spare: { kind: "openai", baseUrl: `${spare.url}/v1` },
    },
    tiers: {
      standard: {
        candidates: [
          { provider: "scripted", serves: ["gpt-*"], priority: 1 },
          { provider: "spare", serves: ["gpt-4o*"], priority: 2 },
        ],
      },
    },
    prices: { "gpt-*": { inputUsdPerMtok: 100, outputUsdPerMtok: 200 } },
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
  upstream.seen.length = 0;
  spare.seen.length = 0;
});

const idOf = (answer: Answer): string => answer.headers.get("x-request-id") ?? "";
const messages = (content: unknown, more: object = {}): Promise<Answer> =>
  ask(`${gateway.url}/v1/messages`, {
    method: "POST",
    key: gateway.keys.alice,
    body: JSON.stringify({
      model: "gpt-4o-mini",
      max_tokens: 100,
      messages: [{ role: "user", content }],
      ...more,
    }),
  });

// BerriAI/litellm PR#38788, #39233
it.each(["completions", "messages"])(
  "nothing of a forbidden text leaves a stream of %s, wherever its chunks are cut",
  async (path) => {
    for (const texts of [
      ["see P", "RJ", "-12", "34 now"],
      ["see ", ..."PRJ-1234".split("")],
      ["PRJ-1234"],
    ]) {
      upstream.script = (_seen, response) => stream(response, openAiChunks(texts));
      const answer =
        path === "messages"
          ? await messages("hi", { stream: true })
          : await chat(gateway, gateway.keys.alice, "hi", { stream: true });
      expect(answer.text).not.toMatch(/PRJ|RJ-|1234/);
      expect(await auditEntry(gateway, idOf(answer))).toMatchObject({ outcome: "blocked" });
    }
  },
);

describe("a rule holds on every way in", () => {
  // BerriAI/litellm#30728
  it.each<[string, () => Promise<Answer>]>([
    ["chat", () => chat(gateway, gateway.keys.alice, "PRJ-1234")],
    ["messages", () => messages("PRJ-1234")],
    ["a block of a message", () => messages([{ type: "text", text: "PRJ-1234" }])],
    ["a system prompt", () => messages("hi", { system: "PRJ-1234" })],
    [
      "a tool's result",
      () =>
        chat(gateway, gateway.keys.alice, "", {
          messages: [
            { role: "user", content: "look" },
            {
              role: "assistant",
              content: null,
              tool_calls: [
                { id: "t", type: "function", function: { name: "look", arguments: "{}" } },
              ],
            },
            { role: "tool", tool_call_id: "t", content: "PRJ-1234" },
          ],
        }),
    ],
    [
      "a tool's arguments",
      () =>
        chat(gateway, gateway.keys.alice, "", {
          messages: [
            { role: "user", content: "look" },
            {
              role: "assistant",
              content: null,
              tool_calls: [
                {
                  id: "t",
                  type: "function",
                  function: { name: "x", arguments: '{"a":"PRJ-1234"}' },
                },
              ],
            },
            { role: "tool", tool_call_id: "t", content: "ok" },
          ],
        }),
    ],
  ])("%s", async (_what, call) => {
    const answer = await call();
    expect(answer.status).toBe(400);
    expect(answer.text).toContain("dlp_blocked");
    expect(answer.text).toContain('\\"code\\"');
    expect(answer.text).not.toContain("PRJ-1234");
    expect(answer.headers.get("x-should-retry")).toBe("false");
    expect(upstream.seen).toEqual([]);
  });
});

// BerriAI/litellm PR#31756, Portkey-AI/gateway#1205
it("an answer that is blocked is refused, and not asked of the next provider", async () => {
  upstream.script = (_seen, response) => json(response, 200, openAiAnswer("it is PRJ-1234"));
  const answer = await chat(gateway, gateway.keys.alice, "hi");
  expect(answer.status).toBe(400);
  expect(errorOf(answer).code).toBe("dlp_blocked");
  expect(answer.text).not.toContain("PRJ-1234");
  expect(spare.seen).toEqual([]);
  const entry = await auditEntry(gateway, idOf(answer));
  expect(entry).toMatchObject({ outcome: "blocked", dlp: "blocked" });
  expect(entry["costNanos"]).toBeGreaterThan(0);
});

// agentgateway/agentgateway#2349, sseshachala/conductai#1393
it("a rule on trial lets everything pass, and says in the books what it would have done", async () => {
  const answer = await chat(gateway, gateway.keys.alice, "TRIAL-1234");
  expect(answer.status).toBe(200);
  expect(upstream.seen[0]?.prompt).toBe("TRIAL-1234");
  const entry = await auditEntry(gateway, idOf(answer));
  expect(JSON.stringify(entry["findings"])).toContain("trial");
});

function says(message: string): void {
  upstream.script = (seen, response) =>
    seen.body["stream"] === true
      ? stream(response, [`data: ${JSON.stringify({ error: { message, code: "no" } })}\n\n`])
      : json(response, 422, { error: { message } });
}

// Nobody else serves it, so an error in the stream's first event is told and not tried elsewhere.
const alone = { model: "gpt-alone" };

it("what a provider says in its error is scanned like any answer of its", async () => {
  says("no such user as jane.roe@example.com");
  for (const isStream of [false, true]) {
    const answer = await chat(gateway, gateway.keys.alice, "hi", { ...alone, stream: isStream });
    expect(answer.text).toContain("no such user as");
    expect(answer.text).not.toContain("jane.roe@example.com");
  }
  says("no such project as PRJ-1234");
  for (const isStream of [false, true]) {
    const answer = await chat(gateway, gateway.keys.alice, "hi", { ...alone, stream: isStream });
    expect(answer.text).toContain("kept back");
    expect(answer.text).not.toContain("PRJ-1234");
  }
});
