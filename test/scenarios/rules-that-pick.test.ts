/** Limits and budgets that pick some requests are not used up by the others. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { chat } from "../support/client.ts";
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
  gateway = await startGateway({
    policy: {
      ...scriptedPolicy(upstream.url),
      tiers: { standard: { candidates: [{ provider: "scripted", serves: ["*"] }] } },
      prices: { small: price, big: price },
      limits: [{ name: "few", metric: "requests", limit: 4, windowMs: 3_600_000, when }],
      budgets: [
        { name: "mine", limitUsd, when },
        { name: "ours", limitUsd, scope: "organisation", when },
      ],
    },
  });
});
afterAll(async () => {
  await gateway.stop();
  await upstream.stop();
});

const by = (model: string) => chat(gateway, gateway.keys.alice, "hi", { model, max_tokens: 50 });

it("a rule for one model is exact for it, however much was used of others before", async () => {
  for (let n = 0; n < 30; n += 1) expect((await by("small")).status).toBe(200);
  const statuses: number[] = [];
  for (let n = 0; n < 5; n += 1) statuses.push((await by("big")).status);
  expect(statuses).toEqual([200, 200, 200, 200, 429]);
  expect((await by("small")).status).toBe(200);
});
