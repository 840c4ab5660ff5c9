/** What policy forbids leaves in neither direction, whole or streamed, in any dialect. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { ask, auditEntry, chat, errorOf } from "../support/client.ts";
import { startGateway, type TestGateway } from "../support/gateway.ts";
import {
  json,
  openAiAnswer,
  openAiChunks,
  plain,
  scriptedPolicy,
  startScriptedUpstream,
  stream,
  type ScriptedUpstream,
} from "../support/scripted-upstream.ts";

const card = "4111 1111 1111 1111";
const ssn = "536-22-8145";
const email = "jane.roe@acme-widgets.io";
// Put together here so that no scanner takes this file for a leak.
const awsKey = ["AKIA", "QYLPMN5HXZ7WTR2B"].join("");

let upstream: ScriptedUpstream;
let gateway: TestGateway;
beforeAll(async () => {
  upstream = await startScriptedUpstream();
  const both = { directions: ["prompt", "answer"] };
  const rules = [
    ...["payment-card", "us-ssn", "email", "phone"].map((detector) => ({
      id: detector,
      detector,
      action: "redact",
      ...both,
    })),
    { id: "aws-key", detector: "aws", action: "block", ...both },
    { id: "project", pattern: { source: "PRJ-[0-9]{4}" }, action: "redact", ...both },
    { id: "watched", dictionary: ["bluebird"], action: "warn", ...both },
  ];
  gateway = await startGateway({ policy: scriptedPolicy(upstream.url, { dlp: { rules } }) });
});
afterAll(async () => {
  await gateway.stop();
  await upstream.stop();
});
beforeEach(() => {
  upstream.script = plain;
  upstream.seen.length = 0;
});

describe("in the prompt", () => {
  it("cards, SSNs, e-mail and own patterns are redacted before the provider sees them", async () => {
    const answer = await chat(
      gateway,
      gateway.keys.alice,
      `card ${card}, ssn ${ssn}, mail ${email}, project PRJ-1234, bluebird`,
    );
    expect(answer.status).toBe(200);
    const sent = JSON.stringify(upstream.seen[0]?.body);
    for (const secret of [card, ssn, email, "PRJ-1234"]) expect(sent).not.toContain(secret);
    expect(sent).toContain("bluebird");
    const entry = await auditEntry(gateway, answer.headers.get("x-request-id") ?? "");
    expect(entry["dlp"]).toBe("redacted");
    const text = JSON.stringify(entry);
    for (const secret of [card, ssn, email]) expect(text).not.toContain(secret);
  });

  it("a key that comes twice counts as the rules saw it: the provider gets one, and not the other", async () => {
    const hidden = '[{"role":"user","content":"my card is 4111 1111 1111 1111"}]';
    const shown = '[{"role":"user","content":"hello"}]';
    const body = `{"model":"gpt-4o-mini","messages":${hidden},"messages":${shown}}`;
    for (const path of ["/v1/chat/completions", "/scripted/v1/rerank"]) {
      await ask(`${gateway.url}${path}`, { method: "POST", key: gateway.keys.alice, body });
    }
    const sent = upstream.seen.map(({ text }) => text);
    expect(sent.length).toBeGreaterThan(0);
    for (const text of sent) {
      expect(text).not.toContain("4111");
      expect(text.match(/"messages"/g)).toHaveLength(1);
    }
  });

  it("a blocked secret never reaches a provider; the refusal names the rule, not the secret", async () => {
    const answer = await chat(gateway, gateway.keys.alice, `use ${awsKey} please`);
    expect(answer.status).toBe(400);
    expect(errorOf(answer).code).toBe("dlp_blocked");
    expect(errorOf(answer).message).toContain("aws-key");
    expect(answer.text).not.toContain(awsKey);
    expect(upstream.seen).toHaveLength(0);
    const entry = await auditEntry(gateway, answer.headers.get("x-request-id") ?? "");
    expect(entry).toMatchObject({ outcome: "refused", dlp: "blocked" });
  });

  it("tool results and system prompts are scanned like everything else", async () => {
    await ask(`${gateway.url}/v1/chat/completions`, {
      method: "POST",
      key: gateway.keys.alice,
      body: JSON.stringify({
        model: "gpt-4o-mini",
        messages: [
          { role: "system", content: `the owner is ${email}` },
          { role: "user", content: "look it up" },
          {
            role: "assistant",
            tool_calls: [
              {
                id: "c1",
                type: "function",
                function: { name: "find", arguments: JSON.stringify({ card }) },
              },
            ],
          },
          { role: "tool", tool_call_id: "c1", content: `found ssn ${ssn}` },
        ],
      }),
    });
    const sent = JSON.stringify(upstream.seen[0]?.body);
    for (const secret of [card, ssn, email]) expect(sent).not.toContain(secret);
    const calls = (upstream.seen[0]?.body["messages"] ?? []) as {
      tool_calls?: { function: { arguments: string } }[];
    }[];
    const text = calls[2]?.tool_calls?.[0]?.function.arguments ?? "";
    expect(() => JSON.parse(text) as unknown).not.toThrow();
  });
});

const secretText = `Your card ${card} and ssn ${ssn}, mail ${email}; PRJ-9876. Bye.`;

/** A text cut into pieces of `size` characters. */
const cut = (text: string, size: number): string[] =>
  Array.from({ length: Math.ceil(text.length / size) }, (_, index) =>
    text.slice(index * size, (index + 1) * size),
  );

function streamedText(body: string): string {
  return body
    .split("\n")
    .filter((line) => line.startsWith("data: {"))
    .map((line) => JSON.parse(line.slice(6)) as { choices: { delta?: { content?: string } }[] })
    .map((chunk) => chunk.choices[0]?.delta?.content ?? "")
    .join("");
}

describe("in the answer", () => {
  it.each([1, 2, 3, 7, 1000])(
    "streamed in pieces of %i, it equals the redacted whole",
    async (size) => {
      upstream.script = (_seen, response) => json(response, 200, openAiAnswer(secretText));
      const whole = await chat(gateway, gateway.keys.bob, "go");
      const choices = whole.json["choices"] as { message: { content: string } }[];
      const expected = choices[0]?.message.content;
      for (const secret of [card, ssn, email, "PRJ-9876"]) expect(expected).not.toContain(secret);
      upstream.script = (_seen, response) => stream(response, openAiChunks(cut(secretText, size)));
      const streamed = await chat(gateway, gateway.keys.bob, "go", { stream: true });
      expect(streamedText(streamed.text)).toBe(expected);
      expect(streamed.text.trimEnd().endsWith("data: [DONE]")).toBe(true);
    },
  );

  it("a stream that is blocked ends well-formed, without the secret, and is billed", async () => {
    const chunks = openAiChunks(cut(`The key is ${awsKey} and more text follows here.`, 3));
    upstream.script = (_seen, response) => stream(response, chunks);
    const answer = await chat(gateway, gateway.keys.bob, "go", { stream: true });
    expect(answer.status).toBe(200);
    expect(answer.text).toContain("content_filter");
    expect(streamedText(answer.text)).not.toMatch(/AKIA/);
    expect(answer.text.trimEnd().endsWith("data: [DONE]")).toBe(true);
    const entry = await auditEntry(gateway, answer.headers.get("x-request-id") ?? "");
    expect(entry).toMatchObject({ outcome: "blocked", dlp: "blocked" });
    expect(entry["costNanos"]).toBeGreaterThan(0);
  });

  it("a whole answer that is blocked is a 400 in the caller's dialect", async () => {
    upstream.script = (_seen, response) => json(response, 200, openAiAnswer(`key ${awsKey}`));
    const answer = await ask(`${gateway.url}/v1/messages`, {
      method: "POST",
      key: gateway.keys.bob,
      body: JSON.stringify({
        model: "gpt-4o-mini",
        max_tokens: 50,
        messages: [{ role: "user", content: "go" }],
      }),
    });
    expect(answer.status).toBe(400);
    expect(answer.json["type"]).toBe("error");
    expect(answer.text).not.toContain(awsKey);
  });
});
