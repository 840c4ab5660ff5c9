/**
 * Whatever comes in, at whatever door: a typed refusal or an answer, never a 500, a stack trace or a
 * dead process; and afterwards the books are what a hand counts. `FUZZ_SEED=n` repeats a run.
 */
import { readFileSync } from "node:fs";
import { connect } from "node:net";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import * as z from "zod";
import { Frame } from "#actors/policy/frames.ts";
import { app } from "#edge/app.ts";
import { GATEWAY_CODES } from "#edge/errors.ts";
import { targetOf } from "#edge/surface/addresses.ts";
import { ENDPOINTS } from "#edge/surface/endpoints.ts";
import { openApiFile } from "../../scripts/openapi.ts";
import { ask } from "../support/client.ts";
import { startGateway, type TestGateway } from "../support/gateway.ts";
import {
  json,
  plain,
  plainCostNanos,
  plainUsage,
  scriptedPolicy,
  startScriptedUpstream,
  stream,
  type Script,
  type ScriptedUpstream,
} from "../support/scripted-upstream.ts";
import { openSocket, type Talk } from "../support/web-socket.ts";
import { sampleOf } from "./fuzz/from-schema.ts";
import { modelDoors, uncounted } from "./fuzz/model-doors.ts";
import { mutateBody, mutateHeaders, mutateQuery, pick, randomFrom } from "./fuzz/mutations.ts";
import { agent, send, type Got, type Shot } from "./fuzz/send.ts";

const seed = Number(process.env["FUZZ_SEED"] ?? Date.now() % 1_000_000);
const shotsPerRun = 3_000;
const lanes = 12;

let upstream: ScriptedUpstream;
let gateway: TestGateway;
let secret: string;

const anthropicAnswer = {
  id: "msg_1",
  type: "message",
  role: "assistant",
  model: "claude-haiku-4-5",
  content: [{ type: "text", text: "Hello there." }],
  stop_reason: "end_turn",
  usage: { input_tokens: plainUsage.input, output_tokens: plainUsage.output },
};

const event = (type: string, more: object): string =>
  `event: ${type}\ndata: ${JSON.stringify({ type, ...more })}\n\n`;

const anthropicChunks = [
  event("message_start", {
    message: { ...anthropicAnswer, content: [], stop_reason: null },
  }),
  event("content_block_start", { index: 0, content_block: { type: "text", text: "" } }),
  event("content_block_delta", { index: 0, delta: { type: "text_delta", text: "Hello" } }),
  event("content_block_stop", { index: 0 }),
  event("message_delta", {
    delta: { stop_reason: "end_turn" },
    usage: { output_tokens: plainUsage.output },
  }),
  event("message_stop", {}),
];

/** Both dialects, each at its own address. */
const both: Script = (seen, response) => {
  if (!seen.path.endsWith("/messages")) return plain(seen, response);
  if (seen.body["stream"] === true) return stream(response, anthropicChunks);
  return json(response, 200, anthropicAnswer);
};

const price = { inputUsdPerMtok: 100, outputUsdPerMtok: 200 };

beforeAll(async () => {
  console.log(`fuzz seed ${seed}`);
  upstream = await startScriptedUpstream(both);
  const policy = {
    ...scriptedPolicy(upstream.url, {
      dlp: {
        rules: [
          { id: "mail", detector: "email", directions: ["prompt", "answer"], action: "redact" },
        ],
      },
      guard: { action: "flag" },
    }),
    providers: {
      scripted: { kind: "openai", baseUrl: `${upstream.url}/v1` },
      other: { kind: "anthropic", baseUrl: upstream.url },
    },
    tiers: {
      standard: {
        candidates: [
          { provider: "scripted", serves: ["gpt-*"] },
          { provider: "other", serves: ["claude-*"] },
        ],
      },
    },
    prices: { "gpt-4o-mini": price, "claude-haiku-4-5": price, [uncounted]: price },
  };
  gateway = await startGateway({ policy });
  secret = readFileSync(path.join(gateway.state, "secret"), "utf8").trim();
});
afterAll(async () => {
  agent.destroy();
  await gateway.stop();
  await upstream.stop();
});

const tools = [
  {
    type: "function",
    function: { name: "look", parameters: { type: "object", properties: { at: {} } } },
  },
];

const openAiBody = (model: string) => ({
  model,
  messages: [
    { role: "system", content: "Be short." },
    { role: "user", content: [{ type: "text", text: "mail me at a@example.com" }] },
    {
      role: "assistant",
      content: null,
      tool_calls: [{ id: "t1", type: "function", function: { name: "look", arguments: "{}" } }],
    },
    { role: "tool", tool_call_id: "t1", content: "seen" },
    { role: "user", content: "go on" },
  ],
  max_tokens: 50,
  temperature: 0.5,
  n: 1,
  stop: ["x"],
  stream: false,
  stream_options: { include_usage: true },
  tools,
  tool_choice: "auto",
  response_format: { type: "text" },
  metadata: { a: "b" },
  user: "u",
});

const anthropicBody = (model: string) => ({
  model,
  max_tokens: 50,
  system: [{ type: "text", text: "Be short.", cache_control: { type: "ephemeral" } }],
  messages: [
    { role: "user", content: "mail me at a@example.com" },
    {
      role: "assistant",
      content: [
        { type: "text", text: "Looking." },
        { type: "tool_use", id: "t1", name: "look", input: { at: 1 } },
      ],
    },
    { role: "user", content: [{ type: "tool_result", tool_use_id: "t1", content: "seen" }] },
  ],
  stream: false,
  temperature: 0.5,
  stop_sequences: ["x"],
  tools: [{ name: "look", input_schema: { type: "object", properties: { at: {} } } }],
  tool_choice: { type: "auto" },
  metadata: { user_id: "u" },
});

interface Door {
  /** As the app declares it. */
  route: string;
  method: string;
  path: () => string;
  /** A body that would be taken. */
  body?: () => unknown;
  key?: () => string;
}

const someId = "01980000-0000-7000-8000-000000000000";
const get = (route: string, path = route): Door => ({ route, method: "GET", path: () => path });
const chatDoors = ["gpt-4o-mini", "claude-haiku-4-5"].flatMap((model): Door[] => [
  {
    route: "/v1/chat/completions",
    method: "POST",
    path: () => "/v1/chat/completions",
    body: () => openAiBody(model),
    key: () => gateway.keys.alice,
  },
  {
    route: "/v1/messages",
    method: "POST",
    path: () => "/v1/messages",
    body: () => anthropicBody(model),
    key: () => gateway.keys.bob,
  },
]);

const known: readonly Door[] = [
  ...chatDoors,
  ...chatDoors,
  get("/health"),
  get("/"),
  get("/v1/models"),
  {
    route: "/setup",
    method: "POST",
    path: () => "/setup",
    key: () => secret,
    body: () => ({
      organisation: "other",
      members: [{ id: "root", role: "admin" }],
      policy: scriptedPolicy(upstream.url),
      ledgerShards: 1,
    }),
  },
  get("/admin/socket"),
  { route: "/session", method: "POST", path: () => "/session" },
  { route: "/session", method: "DELETE", path: () => "/session" },
  {
    route: "/dlp/scan",
    method: "POST",
    path: () => "/dlp/scan",
    body: () => ({
      text: "mail me at a@example.com",
      direction: "prompt",
      channel: "user",
      rules: [{ id: "r", pattern: { source: "a+b" }, directions: ["prompt"], action: "redact" }],
    }),
  },
  get("/audit/events"),
  get("/audit/events/:id", `/audit/events/${someId}`),
  get("/audit/events/:id/raw", `/audit/events/${someId}/raw`),
  get("/audit/tail"),
  get("/usage"),
  get("/costs"),
];

interface Described {
  paths: Record<
    string,
    Record<string, { requestBody?: { content: Record<string, { schema: object }> } }>
  >;
}

/** Names that a description refers to. */
const refs = () => ({ PolicyDocument: scriptedPolicy(upstream.url) });

const api = JSON.parse(readFileSync(openApiFile, "utf8")) as Described;
const bodies = Object.entries(api.paths).flatMap(([path, asked]) =>
  Object.entries(asked).flatMap(([method, { requestBody }]) => {
    const schema = requestBody?.content["application/json"]?.schema;
    return schema === undefined ? [] : [{ path, method: method.toUpperCase(), schema }];
  }),
);

/** Routes that nobody wrote a body for: they are tried with what their description takes. */
const unknown = app.routes
  .filter(({ method, path }) => method !== "ALL" && !path.startsWith("/console"))
  .filter(({ path }) => known.every(({ route }) => route !== path))
  .map(({ method, path }): Door => {
    const filled = path
      .replaceAll(/:id(\{[^}]*\})?/g, someId)
      .replaceAll(/:\w+(\{[^}]*\})?|\*/g, "x");
    const name = path.replaceAll(/:(\w+)(\{[^}]*\})?/g, "{$1}");
    const described = bodies.find((each) => each.path === name && each.method === method);
    const body = () =>
      described === undefined ? openAiBody("gpt-4o-mini") : sampleOf(described.schema, refs());
    return { route: path, method, path: () => filled, body };
  });

/** Addresses of models that the router does not know: their calls are in nobody's sum here. */
const models = modelDoors.map(([path, body]): Door => {
  return {
    route: path,
    method: "POST",
    path: () => path,
    body: () => body,
    key: () => gateway.keys.admin,
  };
});
const doors = [...known, ...unknown, ...models];

const methods = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD", "PROPFIND"];
const oddEnds = ["/", "//", "/%00", "/%ff", "/..%2f..", "/x", "%20", `/${"y".repeat(2_000)}`];

function shotAt(random: () => number): Shot {
  const door = pick(random, doors);
  const method = random() < 0.07 ? pick(random, methods) : door.method;
  const end = random() < 0.05 ? pick(random, oddEnds) : "";
  const query = random() < 0.4 || door.method === "GET" ? mutateQuery(random) : "";
  const { admin, auditor } = gateway.keys;
  const headers = mutateHeaders(door.key?.() ?? pick(random, [auditor, auditor, admin]), random);
  const wantsBody = method !== "GET" && method !== "HEAD";
  const body = wantsBody ? mutateBody(door.body?.() ?? { a: [1, "x"] }, random) : undefined;
  return { method, path: door.path() + end + query, headers, body };
}

/** A door's path and query, as addresses are looked up. */
function splitPath(full: string): [path: string, search: string] {
  const { pathname, search } = new URL(full, "http://gateway.example");
  return [pathname.slice(1), search];
}

/** Whether a shot is at a door whose calls are counted: alice's and bob's. */
const isCounted = ({ path: asked }: Shot): boolean =>
  chatDoors.some((door) => asked.startsWith(door.path())) &&
  !modelDoors.some(([other]) => asked.startsWith(other));

const codes = new Set(Object.keys(GATEWAY_CODES));
/** A refusal by one of Cloudflare's own numbers. */
const CLOUDFLARES = "cloudflare";
const types = new Set([CLOUDFLARES, ...Object.values(GATEWAY_CODES).map(({ type }) => type)]);

interface Refusal {
  code?: string;
  /** Cohere's sentence stands beside its code. */
  message?: string;
  /** Cloudflare's envelope. */
  errors?: { code?: number; type?: string; message?: string }[];
  error?:
    | string
    | { code?: string | number; type?: string; message?: string; details?: { reason?: string }[] };
}

/** Code (or type) and sentence of a refusal, in each dialect's shape. */
function saidIn(body: unknown): [word: string, message: string] {
  const [first] = Array.isArray(body) ? (body as Refusal[]) : [body as Refusal];
  const { error, errors, code = "", message: flat } = first ?? {};
  const [cloudflares] = errors ?? [];
  const number = cloudflares?.code ?? (typeof error === "string" ? undefined : error?.code);
  if (typeof number === "number" && number >= 2_001 && number <= 2_030) {
    const { message = "" } = cloudflares ?? (error as { message?: string });
    return [CLOUDFLARES, message];
  }
  if (cloudflares !== undefined) return [cloudflares.type ?? "", cloudflares.message ?? ""];
  if (typeof error === "string") return [code, error];
  if (flat !== undefined) return [code, flat];
  const { message = "", type = "", details } = error ?? {};
  const own = typeof error?.code === "string" ? error.code : undefined;
  const reason = Array.isArray(details) ? details[0]?.reason : undefined;
  return [own ?? reason ?? type, message];
}

/** What is wrong with an answer; `undefined` for nothing. */
function faultOf({ method }: Shot, { status, headers, text }: Got): string | undefined {
  if (status === 500) return "a 500";
  if (/\n\s+at |\.[jt]s:\d+|node_modules|SQLITE|workerd/.test(text)) return "its own insides";
  if (status < 300) return undefined;
  if (status < 400) return headers["location"]?.startsWith("/") ? undefined : "a redirect";
  // The runtime itself answers half a WebSocket handshake.
  if (text.startsWith("ERROR: ") && text.includes("WebSocket")) return undefined;
  const id = headers["x-request-id"];
  if (id === undefined || id === "") return "no request id";
  if (method === "HEAD") return undefined;
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    return "a refusal that is not JSON";
  }
  // MCP's own failures are JSON-RPC's, whose codes are numbers.
  const rpc = body as { jsonrpc?: string; error?: { code?: number; message?: string } };
  if (rpc.jsonrpc === "2.0") {
    const { code = 0, message = "" } = rpc.error ?? {};
    return code < -32_000 && message.length >= 10 ? undefined : "no JSON-RPC error";
  }
  const [word, message] = saidIn(body);
  if (!codes.has(word) && !types.has(word)) return `the code ${word}`;
  if (!/^.{10,}[.)]$/s.test(message)) return `no sentence: ${message}`;
  return text.includes(id) ? undefined : "a body without the request id";
}

const clip = (text: string | undefined): string => (text ?? "").slice(0, 300);

interface Entry {
  id: string;
  outcome: string;
  costNanos?: number;
}

/** Every entry about models in the books of a user. */
async function entriesOf(user: string): Promise<Entry[]> {
  const entries: Entry[] = [];
  let cursor: string | null = "";
  while (cursor !== null) {
    const from: string = cursor === "" ? "" : `&cursor=${cursor}`;
    const { json } = await ask(`${gateway.url}/audit/events?user=${user}&limit=500${from}`, {
      key: gateway.keys.auditor,
    });
    entries.push(...((json["events"] ?? []) as Entry[]));
    cursor = (json["nextCursor"] ?? null) as string | null;
  }
  return entries;
}

async function settled(): Promise<Entry[]> {
  const all = [...(await entriesOf("alice")), ...(await entriesOf("bob"))];
  return all.filter(({ outcome }) => outcome === "completed");
}

describe("over HTTP", () => {
  const answered: string[] = [];

  it("every route that the gateway has is among those that are tried", () => {
    const declared = app.routes.filter(({ method }) => method !== "ALL").map((r) => r.path);
    const tried = new Set(doors.map(({ route }) => route));
    const missed = declared.filter((route) => !tried.has(route) && !route.startsWith("/console"));
    expect(missed).toEqual([]);
    expect(declared.length).toBeGreaterThan(15);
    // A list's elements for Workers AI are one endpoint's second face.
    const endpoints = doors.map((door) => targetOf("POST", ...splitPath(door.path()))?.endpoint);
    const all = Object.keys(ENDPOINTS).filter((id) => id !== "cloudflare-run-vectors");
    expect([...new Set(endpoints)]).toEqual(expect.arrayContaining(all));
  });

  it("every described body can be made up, so a new route is broken inside, too", () => {
    expect(bodies.length).toBeGreaterThan(10);
    for (const { path: where, schema } of bodies) {
      // What it refers to is sampled by hand.
      const closed = JSON.stringify(schema).replaceAll(/"\$ref":"[^"]*"/g, "");
      const taken = z.fromJSONSchema(JSON.parse(closed.replaceAll("{,", "{")) as never);
      const sample = sampleOf(schema, { PolicyDocument: {} });
      expect([where, taken.safeParse(sample).error]).toEqual([where, undefined]);
    }
  });

  it("broken bodies, headers, methods and queries get typed refusals and nothing else", async () => {
    const random = randomFrom(seed);
    const shots = Array.from({ length: shotsPerRun }, () => shotAt(random));
    const faults: unknown[] = [];
    let next = 0;
    const lane = async (): Promise<void> => {
      while (next < shots.length) {
        const shot = shots[next++] as Shot;
        const got = await send(gateway.url, shot).catch((error: unknown) => String(error));
        const fault = typeof got === "string" ? got : faultOf(shot, got);
        if (fault !== undefined || typeof got === "string") {
          const said = typeof got === "string" ? got : { status: got.status, text: clip(got.text) };
          const headers = shot.headers.map(clip);
          faults.push({
            fault,
            ...shot,
            path: clip(shot.path),
            headers,
            body: clip(shot.body),
            said,
          });
          continue;
        }
        if (got.status !== 200 || got.headers["x-tallygate-provider"] === undefined) continue;
        if (got.headers["x-tallygate-model"] === uncounted || !isCounted(shot)) continue;
        answered.push(got.headers["x-request-id"] ?? "no id");
      }
    };
    await Promise.all(Array.from({ length: lanes }, lane));
    expect(faults.slice(0, 5)).toEqual([]);
    expect(answered.length).toBeGreaterThan(20);
    expect((await ask(`${gateway.url}/health`)).status).toBe(200);
    expect(gateway.complaints()).not.toContain("error");
  }, 240_000);

  it("and the books are what a hand counts: each answer once, at its price, and nothing else", async () => {
    await expect
      .poll(async () => (await settled()).length, { timeout: 60_000, interval: 300 })
      .toBe(answered.length);
    const entries = await settled();
    expect(entries.map(({ id }) => id).toSorted()).toEqual(answered.toSorted());
    expect(new Set(entries.map(({ costNanos }) => costNanos))).toEqual(new Set([plainCostNanos]));
    const { json } = await ask(`${gateway.url}/costs?by=user`, { key: gateway.keys.auditor });
    const rows = json["rows"] as { user: string; costNanos: number }[];
    const theirs = rows.filter(({ user }) => user === "alice" || user === "bob");
    const total = theirs.reduce((sum, { costNanos }) => sum + costNanos, 0);
    expect(total).toBe(answered.length * plainCostNanos);
    const counted = upstream.seen.filter(({ body, path: asked }) => {
      return /\/(completions|messages)$/.test(asked) && body["model"] !== uncounted;
    });
    expect(counted).toHaveLength(answered.length);
  }, 240_000);
});

/** Opens a socket; throws when it was refused. */
const open = (where: string, key: string, protocols: string[] = []): Promise<Talk> =>
  openSocket(gateway.url + where, { authorization: `Bearer ${key}` }, protocols);

const commands = (id: string): unknown[] => [
  { json: { id, type: "GetPolicy", version: 1 } },
  { json: { id, type: "ListMembers" } },
  { json: { id, type: "Resume", since: 0 } },
  { json: { id, type: "ValidatePolicy", document: scriptedPolicy(upstream.url) } },
  { json: { id, type: "SetMember", member: { id: "m", role: "member", tier: "", tags: ["a"] } } },
  { json: { id, type: "PublishPolicy", expectVersion: 9, document: {}, comment: "x" } },
  { json: { id, type: "RevokeKey", keyId: "none", reason: "x" }, meta: { values: {} } },
  { json: { id, type: "ListKeys" }, meta: { values: { id: ["Date"] }, v: 1 } },
  { json: { id, type: "ListKeys" }, meta: { referentialEqualities: { id: ["__proto__.x"] } } },
  ...Frame.options.map((option) => {
    const sample = sampleOf(z.toJSONSchema(option, { io: "input" }), {});
    return { json: { ...(sample as object), id } };
  }),
];

const isAnswer = (frame: string): boolean => frame.startsWith('{"json":{"id":');

describe("over the admin socket", () => {
  it("every broken command gets one typed answer, and the socket lives", async () => {
    const random = randomFrom(seed + 1);
    // A socket may send a burst of forty; each run stays below it.
    for (let socketNumber = 0; socketNumber < 6; socketNumber += 1) {
      const { frames, socket } = await open("/admin/socket", gateway.keys.admin, ["tallygate.v1"]);
      await expect.poll(() => frames.length).toBe(1);
      const sent = Array.from({ length: 35 }, (_, index) =>
        mutateBody(pick(random, commands(`c${index}`)), random),
      );
      for (const frame of sent) socket.send(random() < 0.05 ? Buffer.from(frame) : frame);
      await expect
        .poll(() => frames.filter(isAnswer).length, { timeout: 60_000 })
        .toBe(sent.length);
      for (const frame of frames.filter(isAnswer)) {
        const { ok, code, message } = (JSON.parse(frame) as { json: Record<string, unknown> }).json;
        if (ok === true) continue;
        expect(code, frame).toMatch(/^[a-z_]+$/);
        expect(code).not.toBe("internal");
        expect(message, frame).toMatch(/^.{10,}[.)]$/s);
        expect(frame).not.toMatch(/\n\s+at |\.[jt]s:\d+/);
      }
      socket.close();
    }
  }, 240_000);

  it("a flood ends the flooder's socket with a typed answer, and nobody else's", async () => {
    const other = await open("/admin/socket", gateway.keys.auditor, ["tallygate.v1"]);
    const { frames, closed, socket } = await open("/admin/socket", gateway.keys.admin);
    for (let n = 0; n < 200; n += 1) socket.send("{");
    expect(await closed).toBe(1008);
    expect(frames.some((frame) => frame.includes('"flood"'))).toBe(true);
    other.socket.send(JSON.stringify({ json: { id: "still", type: "ListVersions" } }));
    await expect.poll(() => other.frames.some((frame) => frame.includes('"still"'))).toBe(true);
    other.socket.close();
  });
});

describe("over the live tail", () => {
  it("whatever a reader sends changes nothing of what they are sent", async () => {
    const random = randomFrom(seed + 2);
    const { frames, socket } = await open("/audit/tail?user=alice", gateway.keys.auditor);
    for (let n = 0; n < 40; n += 1) {
      const frame = mutateBody({ filter: { user: "bob" } }, random);
      socket.send(random() < 0.3 ? Buffer.from(frame) : frame);
    }
    const bob = await ask(`${gateway.url}/v1/chat/completions`, {
      method: "POST",
      key: gateway.keys.bob,
      body: JSON.stringify({ ...openAiBody("gpt-4o-mini"), user: "bob" }),
    });
    const alice = await ask(`${gateway.url}/v1/chat/completions`, {
      method: "POST",
      key: gateway.keys.alice,
      body: JSON.stringify(openAiBody("gpt-4o-mini")),
    });
    expect([bob.status, alice.status]).toEqual([200, 200]);
    const id = alice.headers.get("x-request-id") ?? "none";
    await expect
      .poll(() => frames.some((frame) => frame.includes(id)), { timeout: 60_000 })
      .toBe(true);
    expect(frames.some((frame) => frame.includes('"bob"'))).toBe(false);
    socket.close();
  });

  it("a filter that is none is refused before the socket opens", async () => {
    for (const query of ["?user=", "?by=model", "?outcome=x", "?user=a&user=b", "?from=x"]) {
      await expect(open(`/audit/tail${query}`, gateway.keys.auditor)).rejects.toThrow("refused");
    }
  });
});

const creates = (eventId: string): unknown[] => {
  const attempt = {
    eventId,
    provider: "openai",
    endpoint: "v1/chat/completions",
    headers: { "x-tallygate-tags": "a" },
    config: { maxAttempts: 1 },
    query: openAiBody("gpt-4o-mini"),
  };
  return [
    { type: "universal.create", request: attempt },
    {
      type: "universal.create",
      request: { ...attempt, query: { ...attempt.query, stream: true } },
    },
    {
      type: "universal.create",
      request: { ...attempt, provider: "anthropic", endpoint: "/v1/messages" },
    },
    { type: "universal.create", request: [attempt, attempt] },
  ];
};

/** The last word about a message: its whole answer, its stream's end, or its refusal. */
function isLast(frame: string): boolean {
  const { type, metadata } = JSON.parse(frame) as {
    type: string;
    metadata: { contentType?: string };
  };
  if (type !== "universal.created") return type !== "universal.stream";
  return metadata.contentType?.startsWith("text/event-stream") !== true;
}

describe("over Cloudflare's socket", () => {
  it("every broken message gets one typed answer, and the socket lives", async () => {
    const random = randomFrom(seed + 3);
    for (let socketNumber = 0; socketNumber < 6; socketNumber += 1) {
      const { frames, socket } = await open("/v1/dev/main", gateway.keys.alice);
      // A socket may send a burst of forty, of which six are under way at once.
      for (let sent = 0; sent < 35; sent += 1) {
        const frame = mutateBody(pick(random, creates(`e${sent}`)), random);
        socket.send(random() < 0.05 ? Buffer.from(frame) : frame);
        await expect
          .poll(() => frames.filter(isLast).length, { timeout: 60_000, interval: 5 })
          .toBe(sent + 1);
      }
      for (const frame of frames) {
        expect(frame).not.toMatch(/\n\s+at |\.[jt]s:\d+|"internal"/);
        const { type, metadata } = JSON.parse(frame) as {
          type: string;
          metadata: { status?: number };
        };
        expect(type).toMatch(/^universal\.(created|stream|done|error)$/);
        expect(metadata.status ?? 400, frame).toBeLessThan(500);
      }
      socket.close();
    }
  }, 240_000);

  it("a flood ends the flooder's socket with a typed answer, and nobody else's", async () => {
    const other = await open("/v1/dev/main", gateway.keys.bob);
    const { frames, closed, socket } = await open("/v1/dev/main", gateway.keys.alice);
    for (let n = 0; n < 200; n += 1) socket.send("{");
    expect(await closed).toBe(1008);
    expect(frames.at(-1)).toContain("Too many messages at once");
    other.socket.send("{");
    await expect.poll(() => other.frames.length).toBe(1);
    other.socket.close();
  });
});

describe("over a bare connection", () => {
  it("bytes that are hardly HTTP never bring a 5xx or an inside view", async () => {
    const { hostname, port } = new URL(gateway.url);
    const auth = `authorization: Bearer ${gateway.keys.bob}\r\n`;
    const post = "POST /v1/chat/completions HTTP/1.1\r\nhost: 127.0.0.1\r\n";
    const lines = [
      "\u0000\u0001\u0002\r\n\r\n",
      "GET / HTTP/9.9\r\n\r\n",
      "GET  HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n",
      "GET /usage HTTP/1.1\r\nhost: \u00ff\u00fe\r\n\r\n",
      `GET /audit/events HTTP/1.1\r\nhost: 127.0.0.1\r\n${auth}x: ${"y".repeat(70_000)}\r\n\r\n`,
      `${post}${auth}content-length: -1\r\n\r\n{}`,
      `${post}${auth}content-length: 1e9\r\n\r\n{}`,
      `${post}${auth}content-length: 2\r\ncontent-length: 9\r\n\r\n{}`,
      `${post}${auth}transfer-encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n`,
      `${post}${auth}transfer-encoding: chunked\r\ncontent-length: 2\r\n\r\n{}`,
      `${post}authorization: Bearer \u0000\r\ncontent-length: 2\r\n\r\n{}`,
    ];
    for (const line of lines) {
      const said = await new Promise<string>((resolve) => {
        const socket = connect(Number(port), hostname, () => socket.end(line, "latin1"));
        let got = "";
        socket.on("data", (data) => (got += String(data)));
        socket.setTimeout(1_000, () => socket.destroy());
        socket.on("error", () => {});
        socket.on("close", () => resolve(got));
      });
      expect(said).not.toMatch(/^HTTP\/1\.1 5/);
      expect(said).not.toMatch(/\n\s+at |\.[jt]s:\d+/);
    }
    expect((await ask(`${gateway.url}/health`)).status).toBe(200);
  });
});
