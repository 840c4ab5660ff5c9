/** The description of the API against the API: a contract that both sides are held to. */
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, expect, it } from "vitest";
import * as z from "zod";
import { describeApi, openApiFile } from "../../scripts/openapi.ts";
import { readSecret } from "../../scripts/state.ts";
import { ask, chat } from "../support/client.ts";
import { startGateway, type TestGateway } from "../support/gateway.ts";

interface Operation {
  responses: Record<string, { content?: Record<string, { schema: object }> }>;
  parameters?: { name: string; in: string }[];
}
interface Description {
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: { Error: object } };
}

let gateway: TestGateway;
let described: Description;
beforeAll(async () => {
  gateway = await startGateway();
  const answer = await ask(`${gateway.url}/openapi.json`);
  expect(answer.status).toBe(200);
  described = answer.json as unknown as Description;
});
afterAll(() => gateway.stop());

const schemaOf = (schema: object): z.ZodType =>
  z.fromJSONSchema(schema as Parameters<typeof z.fromJSONSchema>[0]);

const jsonLines = (text: string): unknown[] =>
  text
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as unknown);

/** What is told before anybody says who they are. */
const openToAll = new Set(["/health", "/openapi.json", "/session/providers"]);

const get = (path: string) => ask(`${gateway.url}${path}`, { key: gateway.keys.auditor });

it("is what the schemas say now; else run `npm run docs:openapi`", () => {
  const written = JSON.parse(readFileSync(openApiFile, "utf8")) as unknown;
  expect(written).toEqual(JSON.parse(JSON.stringify(describeApi())));
  expect(described).toEqual(written);
});

it("every address answers as described, and refuses strangers as described", async () => {
  const called = await chat(gateway, gateway.keys.alice, "hello");
  const id = called.headers.get("x-request-id") ?? "";
  const entry = `${gateway.url}/audit/events/${id}`;
  await expect
    .poll(async () => (await ask(entry, { key: gateway.keys.auditor })).status, { timeout: 60_000 })
    .toBe(200);
  const messages = [{ role: "user", content: "hello" }];
  const secret = readSecret(gateway.state);
  const policy = {
    schema: 1,
    providers: { o: { kind: "openai" } },
    tiers: { standard: { candidates: [{ provider: "o", serves: ["*"] }] } },
  };
  const asks: Record<string, { body?: object; key?: string; status?: number }> = {
    // The starting policy keeps no texts.
    "/audit/events/{id}/payload": { key: gateway.keys.auditor, status: 404 },
    // The id is a request, not a member.
    "/audit/members/{id}/evidence": { key: gateway.keys.auditor, status: 404 },
    "/audit/events/{id}/feedback": { body: { feedback: 1 } },
    "/policy/price-effect": {
      body: {
        model: "m",
        from: "0",
        to: "1",
        price: { inputUsdPerMtok: 1, outputUsdPerMtok: 1 },
      },
    },
    "/audit/saved-views/{name}": { body: { filter: { dlp: "blocked" } } },
    // Storage that can go back in time is Cloudflare's alone.
    "/admin/restore": {
      body: {
        actor: "policy",
        confirm: "policy",
        to: { time: new Date(Date.now() - 60_000).toISOString() },
      },
      status: 501,
    },
    "/v1/chat/completions": { body: { model: "gpt-4o-mini", messages } },
    "/v1/messages": { body: { model: "claude-sonnet-4-5", max_tokens: 10, messages } },
    "/v1/responses": { body: { model: "gpt-4o-mini", input: "hello" } },
    "/v1/embeddings": { body: { model: "text-embedding-3-small", input: "hello" } },
    "/dlp/scan": {
      body: {
        text: "badge B-1234",
        rules: [
          {
            id: "badges",
            pattern: { source: "B-[0-9]{4}" },
            directions: ["prompt"],
            action: "redact",
          },
        ],
      },
    },
    "/policy/what-if": { body: { document: policy, sample: 0.5 } },
    "/mcp": { body: { jsonrpc: "2.0", id: 1, method: "ping" } },
    "/session/link": { body: { organisation: "dev", member: "admin" }, key: secret },
    "/setup": {
      key: secret,
      body: {
        organisation: "contract",
        members: [{ id: "ada", role: "admin", tier: "standard" }],
        policy,
      },
    },
  };
  const refusal = schemaOf(described.components.schemas.Error);
  for (const [path, methods] of Object.entries(described.paths)) {
    for (const [method, { responses }] of Object.entries(methods)) {
      const { body, key = gateway.keys.admin, status = 200 } = asks[path] ?? {};
      const asked = path === "/audit/state" ? `?at=${Date.now()}` : "";
      const url = `${gateway.url}${path.replace("{id}", id).replace("{sink}", "none")}${asked}`;
      const init = {
        method: method.toUpperCase(),
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      };
      const content = responses["200"]?.content ?? {};
      const lines = content["application/x-ndjson"]?.schema;
      const schema = content["application/json"]?.schema;
      const answer = await ask(url, { ...init, key });
      expect([path, answer.status, answer.text.slice(0, 300)]).toMatchObject([path, status, /./]);
      const told = status === 200 ? schemaOf(lines ?? schema ?? {}) : refusal;
      const values = lines === undefined ? [answer.json] : jsonLines(answer.text);
      const errors = values.map((value) => told.safeParse(value).error);
      expect([path, errors]).toEqual([path, values.map(() => undefined)]);
      expect([path, values.length]).not.toEqual([path, 0]);
      if (openToAll.has(path)) continue;
      const stranger = await ask(url, init);
      expect([path, stranger.status]).toEqual([path, 401]);
      expect([path, refusal.safeParse(stranger.json).error]).toEqual([path, undefined]);
    }
  }
});

it("every query parameter that is described is taken, and no other", async () => {
  const values: Record<string, string> = {
    from: "0",
    to: "2026-11-21",
    limit: "5",
    kind: "request",
    dlp: "none",
    outcome: "refused",
    by: "model,user",
    costNanosMin: "0",
    costNanosMax: "5",
    latencyMsMin: "0",
    latencyMsMax: "5",
    sort: "costNanos",
    top: "5",
  };
  for (const path of ["/audit/events", "/usage", "/costs"]) {
    const names = described.paths[path]?.["get"]?.parameters?.map(({ name }) => name) ?? [];
    expect(names).toContain("from");
    for (const name of names) {
      expect([name, (await get(`${path}?${name}=${values[name] ?? "x"}`)).status]).toEqual([
        name,
        200,
      ]);
    }
    expect((await get(`${path}?nosuch=1`)).status).toBe(400);
  }
});
