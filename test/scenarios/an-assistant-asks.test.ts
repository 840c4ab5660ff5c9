/** An auditor's assistant reads the record over MCP, with the official client and real HTTP. */
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { afterAll, beforeAll, expect, it } from "vitest";
import { ask, auditEntry, chat, type Answer } from "../support/client.ts";
import { startGateway, type TestGateway } from "../support/gateway.ts";

let gateway: TestGateway;
let requestId: string;
const clients: Client[] = [];

beforeAll(async () => {
  gateway = await startGateway();
  const called = await chat(gateway, gateway.keys.alice, "hello");
  requestId = called.headers.get("x-request-id") ?? "";
  await auditEntry(gateway, requestId);
  const archived = await ask(`${gateway.url}/audit/archive`, {
    method: "POST",
    key: gateway.keys.auditor,
  });
  expect(archived.status).toBe(200);
});
afterAll(async () => {
  await Promise.all(clients.map((client) => client.close()));
  await gateway.stop();
});

async function connect(key: string): Promise<Client> {
  const client = new Client({ name: "assistant", version: "1.0.0" });
  const transport = new StreamableHTTPClientTransport(new URL(`${gateway.url}/mcp`), {
    requestInit: { headers: { authorization: `Bearer ${key}` } },
  });
  await client.connect(transport);
  clients.push(client);
  return client;
}

/** What a tool said, and whether it was a refusal. */
async function call(client: Client, name: string, given: Record<string, unknown> = {}) {
  const { content, isError } = await client.callTool({ name, arguments: given });
  const [first] = content as { type: string; text: string }[];
  return { isError, told: JSON.parse(first?.text ?? "") as Record<string, unknown> };
}

const post = (body: string, headers: Record<string, string> = {}): Promise<Answer> =>
  ask(`${gateway.url}/mcp`, { method: "POST", key: gateway.keys.auditor, body, headers });

const message = (more: object) => JSON.stringify({ jsonrpc: "2.0", id: 7, ...more });

it("an auditor's assistant finds seven tools, and each answers as its address does", async () => {
  const client = await connect(gateway.keys.auditor);
  expect(client.getServerVersion()?.name).toBe("tallygate");
  const asked: Record<string, { given: Record<string, unknown>; address: string }> = {
    search_requests: {
      given: { user: "alice", kind: "request", limit: 5 },
      address: "/audit/events?user=alice&kind=request&limit=5",
    },
    get_request: { given: { id: requestId }, address: `/audit/events/${requestId}` },
    explain_request: { given: { id: requestId }, address: `/audit/events/${requestId}/explain` },
    evidence: { given: { id: requestId }, address: `/audit/events/${requestId}/evidence` },
    costs: {
      given: { by: "model,user", from: "2026-01-01", user: "alice" },
      address: "/costs?by=model,user&from=2026-01-01&user=alice",
    },
    usage: { given: { by: "user", user: "alice" }, address: "/usage?by=user&user=alice" },
    budgets: { given: { by: "user" }, address: "/budgets?by=user" },
  };
  const { tools } = await client.listTools();
  expect(tools.map(({ name }) => name)).toEqual(Object.keys(asked));
  for (const { inputSchema, annotations } of tools) {
    expect(inputSchema).toMatchObject({ type: "object", additionalProperties: false });
    expect(annotations?.readOnlyHint).toBe(true);
  }
  for (const [name, { given, address }] of Object.entries(asked)) {
    const { isError, told } = await call(client, name, given);
    const direct = await ask(`${gateway.url}${address}`, { key: gateway.keys.auditor });
    expect([name, isError, direct.status]).toEqual([name, false, 200]);
    expect([name, Object.keys(told)]).toEqual([name, Object.keys(direct.json)]);
  }
  const { told } = await call(client, "search_requests", { user: "alice", kind: "request" });
  expect(told["events"]).toMatchObject([{ id: requestId }]);
});

it("an admin's assistant is let in, a member's is not, nor a stranger's", async () => {
  const admin = await connect(gateway.keys.admin);
  expect((await call(admin, "budgets")).isError).toBe(false);
  await expect(connect(gateway.keys.alice)).rejects.toThrow(/yours is member/);
  const list = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/list" });
  const member = await ask(`${gateway.url}/mcp`, {
    method: "POST",
    key: gateway.keys.alice,
    body: list,
  });
  expect([member.status, member.json]).toMatchObject([403, { error: { code: "forbidden" } }]);
  const stranger = await ask(`${gateway.url}/mcp`, { method: "POST", body: list });
  expect(stranger.status).toBe(401);
});

it("what an address refuses comes back as a tool's error, and so do wrong arguments", async () => {
  const client = await connect(gateway.keys.auditor);
  const refusals = [
    await call(client, "get_request", { id: "req_nobody_sent" }),
    await call(client, "evidence", { id: ".." }),
    await call(client, "get_request", { id: "../usage" }),
    await call(client, "search_requests", { nosuch: "x" }),
    await call(client, "search_requests", { limit: 100_000 }),
    await call(client, "costs", { by: "colour" }),
  ];
  const codes = refusals.map(({ told }) => (told["error"] as { code: string }).code);
  expect(refusals.map(({ isError }) => isError)).toEqual(refusals.map(() => true));
  expect(codes).toEqual(["not_found", ...Array<string>(5).fill("invalid_request")]);
});

it("a read by an assistant is in the record as the caller's own", async () => {
  const client = await connect(gateway.keys.auditor);
  await call(client, "search_requests", { model: "asked-by-an-assistant" });
  const reads = async () => {
    const { told } = await call(client, "search_requests", { kind: "access", user: "auditor" });
    return JSON.stringify(told["events"]);
  };
  await expect.poll(reads, { timeout: 60_000 }).toContain("asked-by-an-assistant");
});

it("what is no message gets a JSON-RPC error", async () => {
  const cases: [string, number, number, number | null][] = [
    ["{garbage", 400, -32_700, null],
    ["[]", 400, -32_600, null],
    [`{"id":7,"method":"ping"}`, 400, -32_600, null],
    [message({ id: null, method: "ping" }), 400, -32_600, null],
    [message({ method: "resources/list" }), 200, -32_601, 7],
    [message({ method: "tools/call", params: { name: "constructor" } }), 200, -32_602, 7],
    [message({ method: "tools/call", params: { name: "costs", arguments: 1 } }), 200, -32_602, 7],
  ];
  for (const [body, status, code, id] of cases) {
    const answer = await post(body);
    expect([body, answer.status, answer.json]).toMatchObject([
      body,
      status,
      { jsonrpc: "2.0", id, error: { code } },
    ]);
  }
  const ping = message({ method: "ping" });
  expect((await post(ping)).json).toEqual({ jsonrpc: "2.0", id: 7, result: {} });
  expect((await post(ping, { "mcp-protocol-version": "1999-01-01" })).status).toBe(400);
  expect((await post(`"${"x".repeat(70_000)}"`)).status).toBe(413);
});

it("there is no stream to GET", async () => {
  const answer = await ask(`${gateway.url}/mcp`, { key: gateway.keys.auditor });
  expect([answer.status, answer.json]).toMatchObject([
    405,
    { error: { code: "method_not_allowed" } },
  ]);
});
