/** A placeholder that lasts stands for the same value in every request of a conversation. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { ask, auditEntry, chat, type Answer } from "../support/client.ts";
import { filesHaving } from "../support/files.ts";
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

/** An answer of the Responses API, whole and as events. */
const answer = (id: string, text: string): object => ({
  id,
  object: "response",
  created_at: 1,
  model: "gpt-4o-mini",
  status: "completed",
  output: [
    {
      type: "message",
      id: "m1",
      role: "assistant",
      status: "completed",
      content: [{ type: "output_text", text, annotations: [] }],
    },
  ],
  usage: { input_tokens: 10, output_tokens: 5, total_tokens: 15 },
});
const events = (id: string, text: string): string[] => {
  const response = answer(id, text);
  const place = { item_id: "m1", output_index: 0, content_index: 0 };
  const deltas = text.match(/.{1,3}/g) ?? [];
  return [
    { type: "response.created", response: { ...response, output: [], status: "in_progress" } },
    ...deltas.map((delta) => ({ type: "response.output_text.delta", ...place, delta })),
    { type: "response.output_text.done", ...place, text },
    { type: "response.completed", response },
  ].map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`);
};
const respond = (body: object, key = gateway.keys.alice): Promise<Answer> =>
  ask(`${gateway.url}/v1/responses`, {
    method: "POST",
    key,
    body: JSON.stringify({ model: "gpt-4o-mini", ...body }),
  });

describe("where the provider keeps the history", () => {
  it("values come back in later turns that do not send them, whole and streamed", async () => {
    upstream.script = (_seen, response) => json(response, 200, answer("resp_1", "Noted."));
    const first = await respond({ input: `my address is ${ada}` });
    expect(first.status).toBe(200);
    const [name = ""] = namesSeen();
    expect(name).toMatch(NAMES);

    upstream.script = (_seen, response) => json(response, 200, answer("resp_2", `It is ${name}.`));
    const second = await respond({ input: "what is it?", previous_response_id: "resp_1" });
    expect(upstream.seen.at(-1)?.body["previous_response_id"]).toBe("resp_1");
    expect(second.text).toContain(`It is ${ada}.`);

    upstream.script = (_seen, response) => stream(response, events("resp_3", `Still ${name}!`));
    const third = { input: "again?", previous_response_id: "resp_2", stream: true };
    const streamed = await respond(third);
    expect(streamed.text).toContain(`Still ${ada}!`);
    expect(streamed.text).not.toContain("TOKEN");
    // A streamed turn leaves the map, too.
    const fourth = await respond({ ...third, previous_response_id: "resp_3" });
    expect(fourth.text).toContain(`Still ${ada}!`);

    const id = first.headers.get("x-request-id") ?? "";
    expect(await auditEntry(gateway, id)).toMatchObject({ tokens: { values: 1 } });
    expect(filesHaving(gateway.state, ada)).toEqual([]);
  });

  it("they do not come back for anybody else, nor where nothing may be kept", async () => {
    upstream.script = (_seen, response) => json(response, 200, answer("resp_4", "Noted."));
    await respond({ input: `my address is ${ada}` });
    const [name = ""] = namesSeen();
    upstream.script = (_seen, response) => json(response, 200, answer("resp_5", `It is ${name}.`));
    const asks = { input: "what is it?", previous_response_id: "resp_4" };
    // Bob has a rule's vault of his own, and no key to Alice's.
    expect((await respond(asks, gateway.keys.bob)).text).toContain(name);

    upstream.script = (_seen, response) => json(response, 200, answer("resp_6", "Noted."));
    await respond({ input: `my address is ${ada}`, store: false });
    upstream.script = (_seen, response) => json(response, 200, answer("resp_7", `It is ${name}.`));
    const unkept = await respond({ input: "and now?", previous_response_id: "resp_6" });
    expect(unkept.text).toContain(name);
  });
});
