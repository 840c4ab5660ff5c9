/** Answers given again: admitted, recorded, free, and nobody else's. */
import OpenAI from "openai";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { AdminClient } from "../../scripts/policy-client.ts";
import { ask, auditEntry, chat, type Answer } from "../support/client.ts";
import { startGateway, type TestGateway } from "../support/gateway.ts";
import {
  json,
  openAiAnswer,
  plain,
  plainCostNanos,
  scriptedPolicy,
  startScriptedUpstream,
  type Script,
  type ScriptedUpstream,
} from "../support/scripted-upstream.ts";

let upstream: ScriptedUpstream;
let gateway: TestGateway;

const email = { id: "email", detector: "email", directions: ["answer"], action: "redact" };
const policyOf = (more: object[]) =>
  scriptedPolicy(upstream.url, {
    cache: { ttlSeconds: 600 },
    routes: [
      {
        name: "fresh",
        when: { tags: ["fresh"] },
        candidates: [{ provider: "scripted" }],
        cache: { bypass: true },
      },
    ],
    dlp: { rules: [email, ...more] },
  }) as Record<string, unknown>;

beforeAll(async () => {
  upstream = await startScriptedUpstream();
  gateway = await startGateway({
    policy: policyOf([]),
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

const status = (answer: Answer) => answer.headers.get("cf-aig-cache-status");

/** Asks until the entry is there: it is written after its caller was answered. */
async function untilHit(ask: () => Promise<Answer>): Promise<Answer> {
  for (;;) {
    const answer = await ask();
    if (status(answer) === "HIT") return answer;
  }
}

it("the same question is answered again without the provider, for nothing", async () => {
  upstream.script = (_seen, response) =>
    json(response, 200, openAiAnswer("write to jane.doe@example.com"));
  const first = await chat(gateway, gateway.keys.alice, "same");
  expect(status(first)).toBe("MISS");
  const again = await untilHit(() => chat(gateway, gateway.keys.alice, "same"));
  expect(again.text).toBe(first.text);
  expect(again.text).not.toContain("jane.doe");
  const entry = await auditEntry(gateway, again.headers.get("x-request-id") ?? "");
  expect(entry).toMatchObject({
    outcome: "completed",
    cache: "hit",
    costNanos: 0,
    savedNanos: plainCostNanos,
    modelServed: "gpt-4o-mini",
  });
});

const embed = () =>
  ask(`${gateway.url}/v1/embeddings`, {
    method: "POST",
    key: gateway.keys.alice,
    body: JSON.stringify({ model: "gpt-4o-mini", input: "a text of its own" }),
  });

it("vectors are kept too, and say that they are", async () => {
  upstream.script = (_seen, response) =>
    json(response, 200, {
      object: "list",
      model: "gpt-4o-mini",
      data: [{ object: "embedding", index: 0, embedding: [0.5, -1] }],
      usage: { prompt_tokens: 3, total_tokens: 3 },
    });
  const first = await embed();
  expect(first.json).toMatchObject({ data: [{ embedding: [0.5, -1] }] });
  expect(status(first)).toBe("MISS");
  const again = await untilHit(embed);
  expect(again.text).toBe(first.text);
});

it("another member's same question is a miss", async () => {
  await untilHit(() => chat(gateway, gateway.keys.alice, "mine"));
  const other = await chat(gateway, gateway.keys.admin, "mine");
  expect(status(other)).toBe("MISS");
});

it("a stream is kept and streamed again, byte for byte", async () => {
  const ask = () => chat(gateway, gateway.keys.alice, "stream it", { stream: true });
  const first = await ask();
  const again = await untilHit(ask);
  expect(again.headers.get("content-type")).toContain("text/event-stream");
  expect(again.text).toBe(first.text);
  const client = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: gateway.keys.alice });
  let text = "";
  for await (const chunk of await client.chat.completions.create({
    model: "gpt-4o-mini",
    stream: true,
    messages: [{ role: "user", content: "stream it" }],
  })) {
    text += chunk.choices[0]?.delta.content ?? "";
  }
  expect(text).toBe("Hello there.");
});

it("a failure is never kept, and a caller may leave the cache out", async () => {
  upstream.script = (_seen, response) => json(response, 500, { error: { message: "no" } });
  expect((await chat(gateway, gateway.keys.alice, "fails")).status).toBe(502);
  upstream.script = plain;
  const later = await chat(gateway, gateway.keys.alice, "fails");
  expect([later.status, status(later)]).toEqual([200, "MISS"]);
  await untilHit(() => chat(gateway, gateway.keys.alice, "fails"));
  const skip = { "cf-aig-skip-cache": "true" };
  const skipped = await chat(gateway, gateway.keys.alice, "fails", {}, skip);
  expect(status(skipped)).toBeNull();
});

it("a caller's own key stands for the question, within what they may see", async () => {
  const key = { "cf-aig-cache-key": "greeting" };
  const named = (prompt: string, who: string) => chat(gateway, who, prompt, {}, key);
  await untilHit(() => named("one way", gateway.keys.alice));
  expect(status(await named("another way", gateway.keys.alice))).toBe("HIT");
  expect(status(await named("one way", gateway.keys.admin))).toBe("MISS");
});

/** Holds every answer of the upstream back until it is let go. */
function hold(script: Script): { release: () => void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  upstream.script = async (seen, response) => {
    await promise;
    await script(seen, response);
  };
  return { release: resolve };
}

const untilSeen = (count: number) =>
  expect.poll(() => upstream.seen.length, { timeout: 60_000 }).toBeGreaterThanOrEqual(count);

/** Waits until so many requests are admitted and not yet answered. */
const untilAdmitted = (count: number) =>
  expect.poll(countOpen, { timeout: 60_000, interval: 200 }).toBe(count);

async function countOpen(): Promise<number> {
  const { json: page } = await ask(`${gateway.url}/audit/events?limit=20`, {
    key: gateway.keys.auditor,
  });
  const entries = page["events"] as { outcome: string }[];
  return entries.filter(({ outcome }) => outcome === "admitted").length;
}

it.each([{}, { stream: true }])("what is asked at once is asked once (%j)", async (more) => {
  const held = hold(plain);
  const same = () => chat(gateway, gateway.keys.alice, "at once", more);
  const first = same();
  await untilSeen(1);
  const others = [same(), same(), same()];
  await untilAdmitted(4);
  held.release();
  const answers = await Promise.all([first, ...others]);
  expect(upstream.seen.length).toBe(1);
  expect(answers.map(status)).toEqual(["MISS", "HIT", "HIT", "HIT"]);
  expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
  const entries = await Promise.all(
    answers.map((answer) => auditEntry(gateway, answer.headers.get("x-request-id") ?? "")),
  );
  expect(entries.map(({ costNanos }) => costNanos)).toEqual([plainCostNanos, 0, 0, 0]);
});

it("who waits for an answer that fails asks for themselves", async () => {
  const held = hold((seen, response) =>
    upstream.seen.length === 1
      ? json(response, 400, { error: { message: "no" } })
      : plain(seen, response),
  );
  const first = chat(gateway, gateway.keys.alice, "fails for one");
  await untilSeen(1);
  const second = chat(gateway, gateway.keys.alice, "fails for one");
  await untilAdmitted(2);
  held.release();
  expect((await first).status).toBe(400);
  const other = await second;
  expect([other.status, status(other)]).toEqual([200, "MISS"]);
  expect(upstream.seen.length).toBe(2);
});

it("who waits for a caller that leaves is answered all the same", async () => {
  const held = hold(plain);
  const leaver = new AbortController();
  const body = JSON.stringify({
    model: "gpt-4o-mini",
    messages: [{ role: "user", content: "one leaves" }],
  });
  const first = ask(`${gateway.url}/v1/chat/completions`, {
    method: "POST",
    key: gateway.keys.alice,
    body,
    signal: leaver.signal,
  });
  const gone = expect(first).rejects.toThrow("abort");
  await untilSeen(1);
  const second = chat(gateway, gateway.keys.alice, "one leaves");
  await untilAdmitted(2);
  leaver.abort();
  await gone;
  held.release();
  expect((await second).status).toBe(200);
});

it("a changed rule is a changed policy: what was kept before it is asked again, and scanned", async () => {
  upstream.script = (_seen, response) => json(response, 200, openAiAnswer("the bluebird flies"));
  const same = () => chat(gateway, gateway.keys.alice, "what flies?");
  expect((await untilHit(same)).text).toContain("bluebird");
  const admin = await AdminClient.open({ url: gateway.url, key: gateway.keys.admin });
  try {
    const bird = { id: "bird", dictionary: ["bluebird"], directions: ["answer"], action: "redact" };
    const document = policyOf([bird]);
    await admin.ask({ type: "PublishPolicy", expectVersion: 1, document, comment: "no birds" });
  } finally {
    admin.close();
  }
  // Until the new version is in force the old one's answers are what they were.
  await expect.poll(async () => (await same()).text, { timeout: 60_000 }).not.toContain("bluebird");
  expect((await untilHit(same)).text).not.toContain("bluebird");
  expect(upstream.seen).toHaveLength(2);
});

it("a route may keep its answers for itself", async () => {
  const tagged = { "x-tallygate-tags": "fresh" };
  await untilHit(() => chat(gateway, gateway.keys.alice, "routed"));
  const fresh = () => chat(gateway, gateway.keys.alice, "routed", {}, tagged);
  expect(status(await fresh())).toBeNull();
  expect(status(await fresh())).toBeNull();
});
