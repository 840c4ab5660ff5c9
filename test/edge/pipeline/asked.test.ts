import { describe, expect, it } from "vitest";
import { callerIp } from "#edge/caller-ip.ts";
import { readAsked } from "#edge/pipeline/asked.ts";

const good = { model: "m", messages: [{ role: "user", content: "hi" }] };
const ask = (headers: Record<string, string>, body = JSON.stringify(good)) =>
  readAsked(
    new Request("https://gateway.test/v1/chat/completions", { method: "POST", headers, body }),
    { endpoint: "openai-chat" },
  );

it("headers say what a call is for", async () => {
  expect(
    await ask({
      "x-tallygate-action": "assistant.reply",
      "x-tallygate-resource": "ticket/7",
      "x-tallygate-metadata": '{"a":"b","n":1,"t":true}',
      "x-tallygate-tags": " one, two ,,three",
      "x-tallygate-session": "s",
      "user-agent": "x".repeat(1_000),
    }),
  ).toMatchObject({
    action: "assistant.reply",
    resource: "ticket/7",
    metadata: { a: "b", n: 1, t: true },
    tags: ["one", "two", "three"],
    session: "s",
    userAgent: "x".repeat(256),
    includeUsage: false,
  });
});

it("without them a call is a chat completion, tagged with nothing", async () => {
  const asked = await ask({});
  expect(asked).toMatchObject({ action: "chat.completion", tags: [] });
  expect(asked.metadata).toBeUndefined();
});

it.each(["x-tallygate-session", "cf-aig-session-id", "x-claude-code-session-id"])(
  "%s names the session",
  async (name) => {
    expect(await ask({ [name]: "s" })).toMatchObject({ session: "s" });
  },
);

describe("what is over its bound is refused by the header's name", () => {
  it.each([
    ["x-tallygate-action", "x".repeat(201)],
    ["x-tallygate-resource", "x".repeat(201)],
    ["x-tallygate-session", "x".repeat(201)],
    ["x-claude-code-session-id", "x".repeat(201)],
    ["x-tallygate-tags", "x".repeat(201)],
    ["x-tallygate-tags", Array.from({ length: 17 }, (_, n) => `t${n}`).join(",")],
    ["x-tallygate-metadata", JSON.stringify({ a: "x".repeat(1_001) })],
    ["x-tallygate-metadata", JSON.stringify({ a: "x".repeat(999), b: "x".repeat(4_000) })],
    [
      "x-tallygate-metadata",
      JSON.stringify(Object.fromEntries(Array.from({ length: 21 }, (_, n) => [`k${n}`, n]))),
    ],
    ["x-tallygate-metadata", '{"a":{"b":1}}'],
    ["x-tallygate-metadata", "[1]"],
    ["x-tallygate-metadata", '{"a":1e999}'],
    ["cf-aig-metadata", "{"],
  ])("%s", async (name, value) => {
    await expect(ask({ [name]: value })).rejects.toMatchObject({
      code: "invalid_request",
      message: expect.stringContaining(name) as string,
    });
  });
});

it.each([
  ["{", "invalid_json"],
  [`{"a":${"[".repeat(200)}${"]".repeat(200)}}`, "invalid_json"],
  ["[]", "invalid_request"],
  ["{}", "invalid_request"],
])("the body %s is refused", async (body, code) => {
  await expect(ask({}, body)).rejects.toMatchObject({ code });
});

const from = (url: string, headers: Record<string, string> = {}) =>
  callerIp(new Request(url, { headers }));

it("an address is believed from the edge alone, never from a header that callers may write", () => {
  expect(from("https://gateway.test/", { "x-forwarded-for": "1.2.3.4" })).toBeUndefined();
  expect(from("https://gateway.test/", { "cf-connecting-ip": "1.2.3.4" })).toBe("1.2.3.4");
  expect(from("http://127.0.0.1:8787/")).toBe("127.0.0.1");
});
