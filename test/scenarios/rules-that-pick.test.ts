/** Limits and budgets that pick some requests are not used up by the others. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { AdminClient } from "../../scripts/policy-client.ts";
import { chat, errorOf } from "../support/client.ts";
import { startGateway, type TestGateway } from "../support/gateway.ts";
import {
  plainCostNanos,
  scriptedPolicy,
  startScriptedUpstream,
  type ScriptedUpstream,
} from "../support/scripted-upstream.ts";

let upstream: ScriptedUpstream;
let gateway: TestGateway;

const price = { inputUsdPerMtok: 100, outputUsdPerMtok: 200 };
const when = { models: ["big"] };
/** Ten plain answers, and the hold of the request after them. */
const limitUsd = (10 * plainCostNanos) / 1e9 + 0.04;

beforeAll(async () => {
  upstream = await startScriptedUpstream();
  gateway = await startGateway({ policy: policy([limit]) });
});
afterAll(async () => {
  await gateway.stop();
  await upstream.stop();
});

const limit = { name: "few", metric: "requests", limit: 4, windowMs: 3_600_000, when };
const budgets = [
  { name: "mine", limitUsd, when },
  { name: "ours", limitUsd, scope: "organisation", when },
];
const policy = (limits: object[]): Record<string, unknown> => ({
  ...scriptedPolicy(upstream.url),
  tiers: { standard: { candidates: [{ provider: "scripted", serves: ["*"] }] } },
  prices: { small: price, big: price },
  limits,
  budgets,
});

const by = (model: string) => chat(gateway, gateway.keys.alice, "hi", { model, max_tokens: 50 });

it("a rule for one model is exact for it, however much was used of others before", async () => {
  for (let n = 0; n < 30; n += 1) expect((await by("small")).status).toBe(200);
  const statuses: number[] = [];
  for (let n = 0; n < 5; n += 1) statuses.push((await by("big")).status);
  expect(statuses).toEqual([200, 200, 200, 200, 429]);
  expect((await by("small")).status).toBe(200);
});

it("a rule for one model that comes later counts that model's calls, and no others", async () => {
  const admin = await AdminClient.open({ url: gateway.url, key: gateway.keys.admin });
  const document = policy([{ ...limit, name: "late", limit: 6 }]);
  await admin.ask({ type: "PublishPolicy", expectVersion: 1, document, comment: "late" });
  admin.close();
  const version = async () => (await by("small")).headers.get("x-tallygate-policy-version");
  await expect.poll(version, { timeout: 60_000 }).toBe("2");
  // Four were asked for under the former rule, and thirty and more of another model.
  const answers = [await by("big"), await by("big"), await by("big")];
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 429]);
  expect(answers[2] && errorOf(answers[2]).message).toContain('"late"');
});
