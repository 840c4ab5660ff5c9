/** A placeholder that lasts stands for the same value in every request of a conversation. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { ask, chat, type Answer } from "../support/client.ts";
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

const ada = "ada@acme-widgets.io";
const bob = "bob@acme-widgets.io";
const NAMES = /\[TOKEN:email:[a-z]{10}\]/g;

let upstream: ScriptedUpstream;
let gateway: TestGateway;
beforeAll(async () => {
  upstream = await startScriptedUpstream();
  const rule = {
    id: "mail",
    detector: "email",
    directions: ["prompt"],
    action: "tokenize",
    lifetime: "conversation",
  };
  gateway = await startGateway({
    policy: scriptedPolicy(upstream.url, { dlp: { rules: [rule] } }),
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

/** Names in what the provider got last, in their order. */
const namesSeen = (): string[] => upstream.seen.at(-1)?.text.match(NAMES) ?? [];

async function namesOf(key: string, prompt: string, session?: string): Promise<string[]> {
  const headers: Record<string, string> =
    session === undefined ? {} : { "x-tallygate-session": session };
  expect((await chat(gateway, key, prompt, {}, headers)).status).toBe(200);
  return namesSeen();
}

/** The next request of a conversation, as a client sends it: what was said so far, as it was told. */
function goOn(said: readonly object[], stream = false): Promise<Answer> {
  return ask(`${gateway.url}/v1/chat/completions`, {
    method: "POST",
    key: gateway.keys.alice,
    headers: { "x-tallygate-session": "s1" },
    body: JSON.stringify({ model: "gpt-4o-mini", messages: said, stream }),
  });
}

/** A part of a call of a tool. */
const call = (part: string): object => ({
  index: 0,
  id: "c1",
  type: "function",
  function: { name: "mail", arguments: part },
});

/** A call of a tool with an argument, whole and in pieces of two characters. */
function toolCall(argument: string): { whole: object; chunks: string[] } {
  const text = JSON.stringify({ to: argument });
  const answer = openAiAnswer("") as { choices: { message: Record<string, unknown> }[] };
  const message = { role: "assistant", content: null, tool_calls: [call(text)] };
  const [first = "", , ...rest] = openAiChunks([""]);
  const parts = (text.match(/.{1,2}/g) ?? []).map((part) => {
    const choices = [{ index: 0, delta: { tool_calls: [call(part)] }, finish_reason: null }];
    return `data: ${JSON.stringify({ id: "x", object: "chat.completion.chunk", created: 1, model: "m", choices })}\n\n`;
  });
  return {
    whole: { ...answer, choices: [{ index: 0, message, finish_reason: "tool_calls" }] },
    chunks: [first, ...parts, ...rest],
  };
}

const argumentsIn = (sse: string): string =>
  sse
    .split("\n")
    .filter((line) => line.startsWith("data: {"))
    .map((line) => JSON.parse(line.slice(6)) as Record<string, unknown>)
    .flatMap((chunk) => chunk["choices"] as { delta?: Record<string, unknown> }[])
    .flatMap(({ delta }) => (delta?.["tool_calls"] ?? []) as { function: { arguments: string } }[])
    .map((made) => made.function.arguments)
    .join("");

describe("a placeholder of the lifetime conversation", () => {
  it("is the same when history is cut, and its value comes back in streams and arguments", async () => {
    const [nameOfAda, nameOfBob] = await namesOf(gateway.keys.alice, `${ada} and ${bob}`, "s1");
    expect(nameOfAda).not.toBe(nameOfBob);

    // The front of the history is gone: Bob is now the first address that the request has.
    const said = [{ role: "user", content: `write to ${bob}, then ${ada}` }];
    upstream.script = (_seen, response) =>
      stream(response, openAiChunks(`I wrote to ${nameOfBob}.`.split("")));
    const streamed = await goOn(said, true);
    expect(namesSeen()).toEqual([nameOfBob, nameOfAda]);
    expect(streamed.text).not.toContain("TOKEN");

    const called = toolCall(nameOfAda ?? "");
    upstream.script = (_seen, response) => json(response, 200, called.whole);
    expect((await goOn(said)).text).toContain(ada);
    upstream.script = (_seen, response) => stream(response, called.chunks);
    expect(JSON.parse(argumentsIn((await goOn(said, true)).text))).toEqual({ to: ada });
  });

  it("that a provider remembers from an earlier request never becomes another value", async () => {
    const [nameOfAda] = await namesOf(gateway.keys.alice, `remember ${ada}`, "s1");
    upstream.script = (_seen, response) =>
      json(response, 200, openAiAnswer(`Earlier you named ${nameOfAda}.`));
    const answer = await goOn([{ role: "user", content: `and ${bob}?` }]);
    expect(answer.text).toContain(nameOfAda);
    expect(answer.text).not.toContain(bob);
  });

  it("tells nothing across conversations and members", async () => {
    const { alice, bob: bobKey } = gateway.keys;
    const all = [
      await namesOf(alice, ada, "s1"),
      await namesOf(alice, ada, "s2"),
      await namesOf(alice, ada),
      await namesOf(bobKey, ada, "s1"),
    ].flat();
    expect(new Set(all).size).toBe(4);
    expect(await namesOf(alice, ada)).toEqual([all[2]]);
  });
});
