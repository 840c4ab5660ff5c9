/** Texts that policy keeps: encrypted, hidden as it says, read by whom it names, each read an event. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { ask, auditEntry, chat } from "../support/client.ts";
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

const card = "4111 1111 1111 1111";
const email = "jane.roe@acme-widgets.io";
const word = "bluebird";

let upstream: ScriptedUpstream;
let gateway: TestGateway;

beforeAll(async () => {
  upstream = await startScriptedUpstream();
  gateway = await startGateway({
    policy: scriptedPolicy(upstream.url, {
      dlp: {
        rules: [
          { id: "card", detector: "payment-card", directions: ["prompt"], action: "tokenize" },
          { id: "email", detector: "email", directions: ["prompt"], action: "warn" },
          { id: "word", dictionary: [word], directions: ["answer"], action: "warn" },
        ],
      },
      payloads: {
        mode: "redacted",
        rules: [
          { mode: "full", when: { tags: ["whole"] } },
          { mode: "metadata", when: { tags: ["sizes"] } },
          { mode: "off", when: { tags: ["none"] } },
        ],
        callersMayRaiseTo: "redacted",
        charsMax: 2_000,
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
});

const get = (at: string, key = gateway.keys.auditor) => ask(`${gateway.url}${at}`, { key });

type Payload = {
  mode: string;
  prompt: string;
  answer: { wire?: string; texts?: { channel: string; text: string }[] };
};

/** Asks, waits for the entry, and reads what was kept. */
async function keep(prompt: string, headers: Record<string, string> = {}, more: object = {}) {
  const answer = await chat(gateway, gateway.keys.alice, prompt, { ...more }, headers);
  const id = answer.headers.get("x-request-id") ?? "";
  const entry = await auditEntry(gateway, id);
  const read = await get(`/audit/events/${id}/payload`);
  return { answer, id, entry, read, payload: read.json["payload"] as Payload };
}

const tags = (tag: string) => ({ "x-tallygate-tags": tag });

/** Where on this machine's disk the gateway has a text in clear. */
const having = (text: string) => filesHaving(gateway.state, text);

const mode = ({ entry }: { entry: Record<string, unknown> }) =>
  (entry["payload"] as { mode?: string } | undefined)?.mode;

describe("redacted", () => {
  it("hides whatever a rule finds, in prompt and answer, though callers get it", async () => {
    upstream.script = (seen, response) =>
      json(response, 200, openAiAnswer(`You wrote: ${seen.prompt}; ${word}, ${email}`));
    const { answer, read, payload, entry } = await keep(`card ${card}, mail ${email}`);
    expect(answer.text).toContain(card);
    expect(answer.text).toContain(word);
    expect(read.status).toBe(200);
    expect(payload.mode).toBe("redacted");
    expect(payload.prompt).toContain("mail");
    expect(payload.answer.texts?.[0]?.text).toContain("You wrote");
    for (const secret of [card, email, word]) expect(read.text).not.toContain(secret);
    expect(entry["payload"]).toMatchObject({ mode: "redacted", sha256: read.json["sha256"] });
  });

  it("hides what a stream split into single characters", async () => {
    upstream.script = (_seen, response) =>
      stream(response, openAiChunks(`see ${word}, ${email}, ${card}. `.split("")));
    const { answer, read, payload } = await keep("stream", {}, { stream: true });
    expect(answer.status).toBe(200);
    expect(payload.answer.texts?.map(({ text }) => text).join("")).toMatch(/^see /);
    for (const secret of [card, email, word]) expect(read.text).not.toContain(secret);
  });

  it("keeps no picture and no numbers that stand for text", async () => {
    const url = `data:image/png;base64,${"A".repeat(1_500)}`;
    const content = [
      { type: "text", text: "look" },
      { type: "image_url", image_url: { url } },
    ];
    const { payload } = await keep("", {}, { messages: [{ role: "user", content }] });
    expect(payload.prompt).toContain("look");
    expect(payload.prompt).not.toContain("AAAA");
    expect(payload.prompt).toContain("characters left out");
  });
});

it("full keeps prompt and answer as they went, and the prompt is the one that was hashed", async () => {
  const { answer, payload, entry } = await keep("a plain question", tags("whole"));
  expect(payload.mode).toBe("full");
  expect(payload.answer.wire).toBe(answer.text);
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(payload.prompt));
  expect(Buffer.from(digest).toString("hex")).toBe(entry["promptHash"]);
});

it("full keeps no value that was hidden from the provider", async () => {
  upstream.script = (seen, response) => json(response, 200, openAiAnswer(seen.prompt));
  const { answer, read, payload } = await keep(`card ${card}`, tags("whole"));
  expect(answer.text).toContain(card);
  expect(payload.mode).toBe("full");
  expect(payload.prompt).toContain("card");
  expect(read.text).not.toContain(card);
});

it("an answer over the bound is cut, and says so", async () => {
  upstream.script = (_seen, response) =>
    stream(response, openAiChunks(Array.from({ length: 400 }, () => "0123456789")));
  const { payload, entry } = await keep("long", tags("whole"), { stream: true });
  expect(payload.answer.wire).toHaveLength(2_000);
  expect(entry["payload"]).toMatchObject({ truncated: true });
});

describe("whose texts are kept", () => {
  it("metadata keeps sizes, off keeps nothing", async () => {
    const sizes = await keep("how large", tags("sizes"));
    expect(sizes.entry["payload"]).toEqual({
      mode: "metadata",
      promptBytes: expect.any(Number) as number,
      answerBytes: Buffer.byteLength(sizes.answer.text),
    });
    expect(sizes.read.status).toBe(404);
    const none = await keep("nothing", tags("none"));
    expect(none.entry["payload"]).toBeUndefined();
    expect(none.read.status).toBe(404);
  });

  it("callers' headers lessen what is kept, and raise it as far as policy lets them", async () => {
    expect(mode(await keep("a", { "cf-aig-collect-log": "false" }))).toBeUndefined();
    expect(mode(await keep("b", { "cf-aig-collect-log-payload": "false" }))).toBe("metadata");
    const asked = { ...tags("none"), "cf-aig-collect-log-payload": "true" };
    expect(mode(await keep("c", asked))).toBe("redacted");
  });
});

describe("reading", () => {
  it("is for the roles that policy names, and every try is an event", async () => {
    const { id } = await keep("who may read this");
    const admin = await get(`/audit/events/${id}/payload`, gateway.keys.admin);
    const member = await get(`/audit/events/${id}/payload`, gateway.keys.alice);
    expect([admin.status, member.status]).toEqual([403, 403]);
    const wanted = (user: string) =>
      `/audit/events?action=payload.read&resource=${id}&user=${encodeURIComponent(user)}`;
    const who = async (key: string) => String((await get("/session", key)).json["member"]);
    for (const key of [gateway.keys.admin, gateway.keys.alice, gateway.keys.auditor]) {
      expect(await seen(wanted, await who(key))).toBe(true);
    }
  });

  it("again, for a draft's data rules, is for those roles too, and every try is an event", async () => {
    const refused = await ask(`${gateway.url}/policy/what-if`, {
      method: "POST",
      key: gateway.keys.admin,
      body: JSON.stringify({ document: scriptedPolicy(upstream.url), texts: true }),
    });
    expect([refused.status, refused.text]).toEqual([403, expect.stringContaining("for auditor")]);
    expect(await seen(reread, "admin")).toBe(true);
  });

  it("leaves nothing readable on disk", async () => {
    const secret = "zanzibar-quetzal-7731";
    const { read, id } = await keep(`remember ${secret}`, tags("whole"));
    expect(read.text).toContain(secret);
    expect(having(id)).not.toEqual([]);
    expect(having(secret)).toEqual([]);
  });
});

const reread = (user: string) => `/audit/events?action=payload.reread&user=${user}`;

/** Whether an access of a user comes into the list; it takes a moment to get there. */
async function seen(wanted: (user: string) => string, user: string): Promise<boolean> {
  await expect.poll(async () => (await get(wanted(user))).json["events"]).not.toEqual([]);
  return true;
}
