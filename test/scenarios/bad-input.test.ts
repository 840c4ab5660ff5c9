/** Bad input: each kind gets a status, a code and a sentence in the caller's own dialect. */
import { connect } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ask, errorOf, type Answer } from "../support/client.ts";
import { startGateway, type TestGateway } from "../support/gateway.ts";

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startGateway();
});
afterAll(() => gateway.stop());

const post = (path: string, body: string, headers: Record<string, string> = {}) =>
  ask(`${gateway.url}${path}`, { method: "POST", key: gateway.keys.bob, body, headers });

const cases: [what: string, body: string, status: number, code: string, says?: string][] = [
  ["text that is not JSON", "hello", 400, "invalid_json", "is not JSON"],
  ["a form", "model=gpt-4o-mini&max_tokens=5", 400, "invalid_json", "is not JSON"],
  ["an empty body", "", 400, "invalid_json", "has no body"],
  [
    "a number that is none",
    '{"model":"gpt-4o-mini","messages":[{"role":"user","content":"x"}],"max_tokens":NaN}',
    400,
    "invalid_json",
  ],
  [
    "a number past all bounds",
    '{"model":"gpt-4o-mini","messages":[{"role":"user","content":"x"}],"max_tokens":1e999}',
    400,
    "invalid_request",
    "max_tokens",
  ],
  ["a list", "[]", 400, "invalid_request"],
  ["a number", "7", 400, "invalid_request"],
  ["null", "null", 400, "invalid_request"],
  [
    "no model",
    '{"messages":[{"role":"user","content":"x"}],"max_tokens":5}',
    400,
    "invalid_request",
  ],
  ["a model that is a number", '{"model":7,"messages":[],"max_tokens":5}', 400, "invalid_request"],
  [
    "messages that are text",
    '{"model":"gpt-4o-mini","messages":"x","max_tokens":5}',
    400,
    "invalid_request",
  ],
  [
    "a negative maximum",
    '{"model":"gpt-4o-mini","messages":[{"role":"user","content":"x"}],"max_tokens":-5}',
    400,
    "invalid_request",
  ],
  [
    "an unknown model",
    '{"model":"no-such-model","messages":[{"role":"user","content":"x"}],"max_tokens":5}',
    404,
    "model_not_found",
  ],
];

describe.each(cases)("%s", (_what, body, status, code, says = "") => {
  it("is refused in OpenAI's shape", async () => {
    const answer = await post("/v1/chat/completions", body);
    expect(answer.status).toBe(status);
    const error = errorOf(answer);
    expect(error.code).toBe(code);
    expect(error.message?.length).toBeGreaterThan(10);
    expect(error.message).toContain(says);
    expect(answer.headers.get("x-should-retry")).toBe("false");
  });

  it("is refused in Anthropic's shape", async () => {
    const answer = await post("/v1/messages", body);
    expect(answer.status).toBe(status);
    expect(answer.json["type"]).toBe("error");
    expect(errorOf(answer).type).toMatch(/_error$/);
    expect(answer.text).toContain(answer.headers.get("request-id") ?? "no id");
  });
});

/** The code of a refusal, where each dialect's SDK looks for it. */
function codeOf(answer: Answer): string | undefined {
  const error = answer.json["error"] as { code?: string; details?: { error_code?: string } };
  return answer.json["type"] === "error" ? error.details?.error_code : error.code;
}

const dialects = [
  ["/v1/chat/completions", undefined],
  ["/v1/messages", "error"],
] as const;

it.each(dialects)("a body over the bound is 413 at %s before it is parsed", async (path, type) => {
  const answer = await post(path, `{"model":"${"x".repeat(21 * 1024 * 1024)}"}`);
  expect([answer.status, answer.json["type"]]).toEqual([413, type]);
  expect(codeOf(answer)).toBe("body_too_large");
});

it("no key is 401 and says where to put one", async () => {
  const answer = await ask(`${gateway.url}/v1/chat/completions`, { method: "POST", body: "{}" });
  expect(answer.status).toBe(401);
  expect(errorOf(answer).code).toBe("unauthenticated");
  expect(answer.headers.get("x-should-retry")).toBe("false");
});

it.each(["authorization", "x-api-key", "x-goog-api-key", "api-key", "cf-aig-authorization"])(
  "a key in %s is found",
  async (name) => {
    const bearer = name.endsWith("authorization") ? "Bearer " : "";
    const answer = await ask(`${gateway.url}/v1/models`, {
      headers: { [name]: `${bearer}${gateway.keys.alice}` },
    });
    expect(answer.status).toBe(200);
  },
);

it("a key of another organisation, or with one character changed, opens nothing", async () => {
  const [prefix = "", , id = "", secret = ""] = gateway.keys.alice.split("_");
  const wrong = [
    [prefix, "other", id, secret].join("_"),
    gateway.keys.alice.slice(0, -1) + (gateway.keys.alice.endsWith("a") ? "b" : "a"),
  ];
  for (const key of wrong) {
    for (const [path, type] of dialects) {
      const answer = await ask(`${gateway.url}${path}`, { method: "POST", key, body: "{}" });
      expect([answer.status, answer.json["type"]]).toEqual([401, type]);
      expect(codeOf(answer)).toBe("unauthenticated");
    }
  }
});

it("a path that is not there is 404, a method that is not is 405, in the dialect of the path", async () => {
  expect((await ask(`${gateway.url}/nothing`)).status).toBe(404);
  const answer = await ask(`${gateway.url}/v1/messages`, { key: gateway.keys.bob });
  expect(answer.status).toBe(405);
  expect(answer.json["type"]).toBe("error");
});

it("metadata that is not flat JSON is refused by name", async () => {
  const body = '{"model":"gpt-4o-mini","messages":[{"role":"user","content":"x"}]}';
  const answer = await post("/v1/chat/completions", body, {
    "x-tallygate-metadata": '{"a":{"b":1}}',
  });
  expect(answer.status).toBe(400);
  expect(errorOf(answer).message).toContain("x-tallygate-metadata");
});

/** Sends bytes as they are and reads an answer, or until the server closes or was silent for long. */
function raw(text: string, silentMs: number): Promise<string> {
  const { hostname, port } = new URL(gateway.url);
  return new Promise((resolve) => {
    const socket = connect(Number(port), hostname, () => socket.write(text));
    let got = "";
    socket.on("data", (data) => {
      got += String(data);
      if (/\r\n\r\n[\s\S]*\}/.test(got)) socket.destroy();
    });
    socket.setTimeout(silentMs, () => socket.destroy());
    socket.on("error", () => resolve(got));
    socket.on("close", () => resolve(got));
  });
}

it("a length that lies is never a 500 and never reaches a provider", async () => {
  const head = `POST /v1/chat/completions HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Bearer ${gateway.keys.bob}\r\ncontent-type: application/json\r\n`;
  const short = await raw(`${head}content-length: 5\r\n\r\n{"model":"gpt-4o-mini"}`, 60_000);
  expect(short).toMatch(/^HTTP\/1\.1 400 /);
  const long = await raw(`${head}content-length: 5000\r\n\r\n{"model":"gpt-4o-mini"}`, 2_000);
  expect(long).not.toContain(" 500 ");
  const journal = await ask(`${gateway.upstream}/__aimock/journal`);
  expect(journal.text).not.toContain('{"model"}');
});
