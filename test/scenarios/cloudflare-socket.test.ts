/** Cloudflare's universal endpoint over a WebSocket: the same calls, limits and books as by POST. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { auditEntry } from "../support/client.ts";
import { startGateway, type TestGateway } from "../support/gateway.ts";
import {
  json,
  plain,
  plainCostNanos,
  scriptedPolicy,
  startScriptedUpstream,
  type ScriptedUpstream,
} from "../support/scripted-upstream.ts";
import { openSocket, type Talk } from "../support/web-socket.ts";

let upstream: ScriptedUpstream;
let gateway: TestGateway;

beforeAll(async () => {
  upstream = await startScriptedUpstream();
  gateway = await startGateway({
    policy: scriptedPolicy(upstream.url, {
      providers: { openai: { kind: "openai", baseUrl: `${upstream.url}/v1` } },
      tiers: { standard: { candidates: [{ provider: "openai", serves: ["gpt-*"] }] } },
      cloudflare: { accounts: ["0123456789abcdef"], gateways: ["main"] },
      dlp: {
        rules: [
          { id: "secret", dictionary: ["top-secret"], directions: ["prompt"], action: "block" },
        ],
      },
    }),
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

const at = "/v1/0123456789abcdef/main/";
const open = (path = at, key = gateway.keys.alice): Promise<Talk> =>
  openSocket(gateway.url + path, { "cf-aig-authorization": `Bearer ${key}` });

const create = (eventId: string, more: object = {}, content = "hi"): string =>
  JSON.stringify({
    type: "universal.create",
    request: {
      eventId,
      provider: "openai",
      endpoint: "chat/completions",
      headers: { Authorization: "Bearer sk-callers-own", "Content-Type": "application/json" },
      query: { model: "gpt-4o-mini", messages: [{ role: "user", content }], ...more },
    },
  });

interface Frame {
  type: string;
  metadata: Record<string, unknown>;
  response?: Record<string, unknown>;
}

const framesOf = ({ frames }: Talk): Frame[] => frames.map((one) => JSON.parse(one) as Frame);

/** Waits for a number of messages, and gives them. */
async function heard(talk: Talk, count: number): Promise<Frame[]> {
  await expect.poll(() => talk.frames.length).toBe(count);
  return framesOf(talk);
}

/** The entry of the call that was left. */
async function leftCall() {
  const answer = await fetch(`${gateway.url}/audit/events?user=alice&outcome=aborted`, {
    headers: { authorization: `Bearer ${gateway.keys.auditor}` },
  });
  const { events } = (await answer.json()) as { events: { metadata?: object }[] };
  return events.find(({ metadata }) => JSON.stringify(metadata).includes('"gone"'));
}

describe("a call over the socket", () => {
  it("is answered by universal.created, and booked like any other", async () => {
    const talk = await open();
    talk.socket.send(create("first"));
    const [frame] = await heard(talk, 1);
    expect(frame).toMatchObject({
      type: "universal.created",
      metadata: {
        cacheStatus: "MISS",
        eventId: "first",
        step: "0",
        contentType: "application/json",
      },
      response: { choices: [{ message: { content: "Hello there." } }] },
    });
    const entry = await auditEntry(gateway, String(frame?.metadata["logId"]));
    expect(entry).toMatchObject({
      costNanos: plainCostNanos,
      user: "alice",
      metadata: { "cf.event_id": "first" },
    });
    expect(JSON.stringify(upstream.seen[0]?.headers)).not.toMatch(/sk-callers-own|cf-aig/);
    talk.socket.close();
  });

  it("streams event by event between created and done, which say the same of it", async () => {
    const talk = await open();
    talk.socket.send(create("s", { stream: true }));
    await expect.poll(() => framesOf(talk).at(-1)?.type).toBe("universal.done");
    const all = framesOf(talk);
    const events = all.slice(1, -1);
    expect(all[0]?.metadata).toMatchObject({
      eventId: "s",
      contentType: expect.stringContaining("text/event-stream"),
    });
    expect(all[0]?.response).toBeUndefined();
    expect(all.at(-1)?.metadata).toEqual(all[0]?.metadata);
    expect(new Set(events.map(({ type }) => type))).toEqual(new Set(["universal.stream"]));
    expect(events.every(({ metadata }) => JSON.stringify(metadata) === '{"eventId":"s"}')).toBe(
      true,
    );
    const said = events.map(({ response }) => {
      const [choice] = (response?.["choices"] ?? []) as { delta: { content?: string } }[];
      return choice?.delta.content ?? "";
    });
    expect(said.join("")).toBe("Hello there.");
    talk.socket.close();
  });

  it("runs beside others, each under its own name", async () => {
    const waiting: (() => void)[] = [];
    upstream.script = async (seen, response) => {
      if (seen.prompt === "slow") {
        await new Promise<void>((resolve) => {
          waiting.push(resolve);
        });
      }
      return plain(seen, response);
    };
    const talk = await open();
    talk.socket.send(create("slow", {}, "slow"));
    await expect.poll(() => waiting.length).toBe(1);
    talk.socket.send(create("quick"));
    expect((await heard(talk, 1))[0]?.metadata["eventId"]).toBe("quick");
    waiting[0]?.();
    expect((await heard(talk, 2))[1]?.metadata["eventId"]).toBe("slow");
    talk.socket.close();
  });

  it("is refused with its status: data rules, bad bodies, and a seventh at once", async () => {
    const talk = await open();
    talk.socket.send(create("dlp", {}, "this is top-secret"));
    const [blocked] = await heard(talk, 1);
    expect(blocked).toMatchObject({
      type: "universal.created",
      metadata: { eventId: "dlp", status: 400 },
      response: { success: false, error: [{ code: 2029 }] },
    });
    talk.socket.send("{");
    talk.socket.send(JSON.stringify({ type: "session.update" }));
    talk.socket.send(JSON.stringify({ type: "universal.create", request: { eventId: "none" } }));
    const refused = (await heard(talk, 4)).slice(1);
    expect(refused.map(({ type }) => type)).toEqual(Array(3).fill("universal.error"));
    expect(refused[2]).toMatchObject({ metadata: { eventId: "none", status: 400 } });
    upstream.script = () => undefined;
    for (let n = 0; n < 7; n += 1) talk.socket.send(create(`n${n}`));
    expect((await heard(talk, 5))[4]).toMatchObject({
      type: "universal.error",
      metadata: { status: 429 },
      response: { error: [{ code: 2003 }] },
    });
    talk.socket.close();
  });

  it("is aborted and settled when its socket closes", async () => {
    upstream.script = () => undefined;
    const talk = await open();
    // Calls of the test before may still be on their way here.
    const call = () => upstream.seen.find(({ prompt }) => prompt === "I leave soon");
    talk.socket.send(create("gone", {}, "I leave soon"));
    await expect.poll(() => call()?.left).toBe(false);
    talk.socket.close();
    await expect.poll(() => call()?.left).toBe(true);
    await expect.poll(leftCall).toMatchObject({ outcome: "aborted", provider: "openai" });
  });
});

describe("who comes in", () => {
  it("a browser, by a protocol that is answered", async () => {
    const offered = `cf-aig-authorization.${gateway.keys.alice}`;
    const talk = await openSocket(gateway.url + at, {}, [offered]);
    expect(talk.socket.protocol).toBe(offered);
    talk.socket.send(create("b"));
    expect((await heard(talk, 1))[0]).toMatchObject({ metadata: { eventId: "b" } });
    talk.socket.close();
  });

  it("nobody without a key, into another account, or at another gateway", async () => {
    await expect(openSocket(gateway.url + at, {})).rejects.toThrow("refused");
    await expect(openSocket(gateway.url + at, {}, ["cf-aig-authorization.x"])).rejects.toThrow();
    await expect(open("/v1/somebody/main")).rejects.toThrow("refused");
    await expect(open("/v1/0123456789abcdef/other")).rejects.toThrow("refused");
    expect(upstream.seen).toEqual([]);
  });

  it("nobody at addresses that speak no socket: they are told 426", async () => {
    await expect(open("/v1/responses")).rejects.toThrow("refused");
  });

  it("and who sends too large a message is told so, and stays", async () => {
    const talk = await open();
    talk.socket.send(create("large", {}, "x".repeat(21 * 1024 * 1024)));
    talk.socket.send(create("small"));
    const frames = await heard(talk, 2);
    expect(frames[0]).toMatchObject({ type: "universal.error", metadata: { status: 413 } });
    expect(frames[1]).toMatchObject({ metadata: { eventId: "small" } });
    talk.socket.close();
  });

  it("nobody past their share of sockets, until they close one", async () => {
    const key = gateway.keys.bob;
    const talks = await Promise.all(Array.from({ length: 64 }, () => open(at, key)));
    await expect(open(at, key)).rejects.toThrow("refused");
    const others = await open();
    others.socket.close();
    talks[0]?.socket.close();
    let late: Talk | undefined;
    await expect
      .poll(async () => {
        late ??= await open(at, key).catch(() => undefined);
        return late !== undefined;
      })
      .toBe(true);
    for (const { socket } of late === undefined ? talks : [...talks, late]) socket.close();
  });

  it("a socket that has had its attempts is told to open another", async () => {
    const talk = await open();
    const request = Array.from({ length: 1_001 }, () => ({ provider: "openai", endpoint: "x" }));
    talk.socket.send(JSON.stringify({ type: "universal.create", request }));
    expect(await talk.closed).toBe(1012);
    expect(framesOf(talk)[0]).toMatchObject({ type: "universal.error" });
    expect(upstream.seen).toEqual([]);
  });

  it("an answer that fails keeps its words and its status", async () => {
    upstream.script = (_seen, response) => json(response, 500, { error: { message: "no" } });
    const talk = await open();
    talk.socket.send(create("bad"));
    expect((await heard(talk, 1))[0]).toMatchObject({
      type: "universal.created",
      metadata: { status: 502 },
    });
    talk.socket.close();
  });
});
