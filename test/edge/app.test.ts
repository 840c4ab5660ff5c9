/** Requests that miss an address: by their method, or by a little. Nothing here has an environment. */
import { describe, expect, it } from "vitest";
import { app } from "#edge/app.ts";

const routes = app.routes
  .filter(({ method }) => method !== "ALL")
  .map(({ method, path }) => ({ method, path: path.replaceAll(/:\w+(\{[^}]*\})?|\*/g, "x") }));

interface Refusal {
  type?: string;
  error: { code?: string; message: string; details?: { error_code?: string } };
}

async function refusal(method: string, path: string, headers: Record<string, string> = {}) {
  const answer = await app.request(path, { method, headers });
  const body = (await answer.json()) as Refusal;
  const { error } = body;
  return { answer, body, code: error.code ?? error.details?.error_code, message: error.message };
}

describe("a method that an address does not take", () => {
  const wrong = routes.map(({ path }) => path);

  it.each([...new Set(wrong)])("at %s is 405, and Allow says which it takes", async (path) => {
    const taken = routes.filter((route) => route.path === path).map(({ method }) => method);
    const { answer, body } = await refusal("PROPFIND", path);
    expect([answer.status, JSON.stringify(body)]).toEqual([405, expect.stringMatching(/ takes /)]);
    const allowed = (answer.headers.get("allow") ?? "").split(", ");
    expect(allowed).toEqual(expect.arrayContaining(taken));
    expect(allowed).not.toContain("PROPFIND");
  });

  it.each([
    ["/v1/chat/completions", undefined],
    ["/v1/embeddings", undefined],
    ["/v1/messages", "error"],
    ["/client/v4/accounts/dev/ai/v1/messages", "error"],
  ])("at %s is said in its dialect", async (path, type) => {
    const { answer, body, code, message } = await refusal("DELETE", path);
    expect(answer.status).toBe(405);
    expect([answer.headers.get("allow"), code]).toEqual(["POST", "method_not_allowed"]);
    expect(body.type).toBe(type);
    expect(message).toContain(`${path} takes POST.`);
  });
});

describe("a path that is nearly right", () => {
  it.each([
    ["//v1/chat/completions", "/v1/chat/completions"],
    ["/v1//chat/completions", "/v1/chat/completions"],
    ["/v1/chat/completions/", "/v1/chat/completions"],
    ["/v1/v1/chat/completions", "/v1/chat/completions"],
    ["/chat/completions", "/v1/chat/completions"],
    ["/v1/chat%2fcompletions", "/v1/chat/completions"],
    ["/v1/chat/%63ompletions", "/v1/chat/completions"],
    ["/V1/Chat/Completions", "/v1/chat/completions"],
    ["/v1/completions", "/v1/chat/completions"],
    ["/v1/chat/completions%00", "/v1/chat/completions"],
    ["/v1/messages/", "/v1/messages"],
    ["/v1/v1/messages", "/v1/messages"],
    ["/v1/v1/v1/messages", "/v1/messages"],
    ["/messages", "/v1/messages"],
    ["/v1/message", "/v1/messages"],
    ["/messages/count_tokens", "/v1/messages/count_tokens"],
    ["/responses", "/v1/responses"],
    ["/models", "/v1/models"],
    ["/api/chat/", "/api/chat"],
  ])("%s is told of %s, in its dialect", async (path, meant) => {
    // As a whole URL: a path of two slashes would be read as a host.
    const { answer, body } = await refusal("POST", `http://gateway.example${path}`);
    expect(answer.status).toBe(404);
    expect(JSON.stringify(body)).toContain(`You may mean ${meant}: `);
    expect(body.type).toBe(meant.startsWith("/v1/messages") ? "error" : undefined);
    expect(answer.headers.get("x-should-retry")).toBe("false");
  });

  it.each(["/nothing", "/", "/audit/nothing", "/v1/nothing", "/v1/%ff", "/constructor", "/v1"])(
    "%s is near to nothing, and nothing is guessed",
    async (path) => {
      const { answer, message } = await refusal(path === "/" ? "PUT" : "POST", path);
      expect([answer.status, message]).toEqual([
        path === "/" ? 405 : 404,
        expect.not.stringContaining("You may mean"),
      ]);
    },
  );
});

it("a socket is told to use POST where something takes it, and that nothing is there elsewhere", async () => {
  const headers = { upgrade: "websocket" };
  expect((await refusal("GET", "/v1/responses", headers)).answer.status).toBe(426);
  expect((await refusal("GET", "/admin/sockets", headers)).answer.status).toBe(404);
});
