/** The record on its way out of a real gateway: a SIEM and a webhook, and what admins see of them. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { ask, chat } from "../support/client.ts";
import { startGateway, type TestGateway } from "../support/gateway.ts";
import { answer, startScriptedSink, type ScriptedSink } from "../support/scripted-sink.ts";
import {
  plainCostNanos,
  scriptedPolicy,
  startScriptedUpstream,
  type ScriptedUpstream,
} from "../support/scripted-upstream.ts";

let upstream: ScriptedUpstream;
let sink: ScriptedSink;
let gateway: TestGateway;

beforeAll(async () => {
  upstream = await startScriptedUpstream();
  sink = await startScriptedSink();
  sink.script = ({ path }, response) => answer(path === "/hook" ? 400 : 200)({} as never, response);
  gateway = await startGateway({
    env: { SINK_KEY: "a key of a sink" },
    policy: {
      ...scriptedPolicy(upstream.url),
      // The first answer passes 80 % of it, the second 100 %.
      budgets: [{ name: "month", limitUsd: (1.2 * plainCostNanos) / 1e9, atLimit: "allow" }],
      sinks: [
        { kind: "ndjson", name: "siem", url: `${sink.url}/siem`, secret: "SINK_KEY" },
        {
          kind: "webhook",
          name: "hook",
          url: `${sink.url}/hook`,
          secret: "SINK_KEY",
          events: ["requests"],
        },
        {
          kind: "webhook",
          name: "money",
          url: `${sink.url}/money`,
          secret: "SINK_KEY",
          events: ["thresholds"],
        },
      ],
    },
  });
  await chat(gateway, gateway.keys.alice, "a prompt that stays here");
});
afterAll(async () => {
  await gateway.stop();
  await sink.stop();
  await upstream.stop();
});

const get = (at: string, key = gateway.keys.admin, method = "GET") =>
  ask(`${gateway.url}${at}`, { key, method });

const arrived = (at = "/siem"): string =>
  sink.seen
    .filter(({ path }) => path === at)
    .map(({ body }) => body)
    .join("");
const count = (text: string, word: RegExp): number => (text.match(word) ?? []).length;

it("a request reaches the SIEM without its prompt, its caller's name or address", async () => {
  await expect
    .poll(() => arrived(), { timeout: 150_000, interval: 500 })
    .toContain("RequestSettled");
  expect(arrived()).not.toContain("a prompt that stays here");
  expect(arrived()).not.toContain('"alice"');
  expect(arrived()).not.toContain("127.0.0.1");
}, 240_000);

it("what a webhook refused is listed, sent again by an admin, and gone", async () => {
  const letters = async () => (await get("/audit/sinks/hook/letters")).json["letters"] as object[];
  await expect.poll(letters, { timeout: 150_000, interval: 500 }).not.toEqual([]);
  expect((await get("/audit/sinks/hook/retry", gateway.keys.auditor, "POST")).status).toBe(403);
  sink.script = answer(200);
  expect((await get("/audit/sinks/hook/retry", gateway.keys.admin, "POST")).status).toBe(200);
  await expect.poll(letters, { timeout: 150_000, interval: 500 }).toEqual([]);
}, 240_000);

it("auditors read sinks and metrics, members do not", async () => {
  const { json } = await get("/audit/sinks", gateway.keys.auditor);
  const names = (json["sinks"] as { sink: string }[]).map((one) => one.sink);
  expect(new Set(names)).toEqual(new Set(["hook", "money", "siem"]));
  const metrics = await get("/metrics", gateway.keys.auditor);
  expect(metrics.text).toContain("# TYPE tallygate_requests_total counter");
  expect(metrics.text).toContain('tallygate_sink_sent_total{organisation="dev"');
  expect((await get("/metrics", gateway.keys.alice)).status).toBe(403);
});

it("each threshold of a budget reaches the webhook once, however much is spent after it", async () => {
  for (let n = 0; n < 4; n += 1) {
    expect((await chat(gateway, gateway.keys.alice, "hi")).status).toBe(200);
  }
  const settled = () => count(arrived(), /RequestSettled/g);
  // The stream is told in order: what was before the fifth settlement has arrived with it.
  await expect.poll(settled, { timeout: 150_000, interval: 500 }).toBe(5);
  expect(count(arrived(), /ThresholdCrossed/g)).toBe(2);
  const told = () =>
    [/"threshold":0\.8\b/g, /"threshold":1\b/g].map((at) => count(arrived("/money"), at));
  await expect.poll(told, { timeout: 150_000, interval: 500 }).toEqual([1, 1]);
}, 240_000);
