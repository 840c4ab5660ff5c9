/** What the console says of a provider's circuits, calls and models. */
import { expect, test } from "vitest";
import {
  callLines,
  circuitWords,
  servesLines,
  worstCircuit,
  type Circuit,
} from "../../console/src/logic/providers.ts";

const closed: Circuit = { state: "closed", failures: 0 };
const shaky: Circuit = { state: "closed", failures: 3 };
const probing: Circuit = { state: "probing", failures: 5 };
const open: Circuit = { state: "open", failures: 6, openUntil: 10_000 };

test("a provider is as well as the worst of its circuits", () => {
  expect(worstCircuit([closed, open, probing, shaky])).toBe(open);
  expect(worstCircuit([closed, probing, shaky])).toBe(probing);
  expect(worstCircuit([closed, shaky])).toBe(shaky);
  expect(worstCircuit([])).toBeUndefined();
  expect([closed, shaky, probing, open].map((each) => circuitWords(each, 8_000))).toEqual([
    { tone: "success", text: "closed" },
    { tone: "warning", text: "closed, 3 failed in a row" },
    { tone: "warning", text: "open, the next call tries" },
    { tone: "error", text: "open, tried in 2 s" },
  ]);
});

test("calls are counted by credential, those after which another provider answered too", () => {
  const attempt = { provider: "a", model: "m", latencyMs: 1, costNanos: 0, status: 200 };
  const entries = [
    {
      attempts: [
        { ...attempt, credential: "one", status: 0, code: "provider_timeout" },
        { ...attempt, provider: "b" },
      ],
    },
    {},
    {
      attempts: [
        { ...attempt, credential: "two" },
        { ...attempt, credential: "one", status: 500 },
      ],
    },
  ];
  expect(callLines(entries, "a")).toEqual([
    { credential: "one", calls: 2, failed: 2, lastFault: "no answer (provider_timeout)" },
    { credential: "two", calls: 1, failed: 0 },
  ]);
  expect(callLines(entries, "b")).toEqual([{ credential: "", calls: 1, failed: 0 }]);
});

test("tiers that are served alike stand together", () => {
  const candidate = { provider: "a", serves: ["x", "y"], priority: 100 };
  const tiers = {
    gold: { candidates: [candidate, { ...candidate, provider: "b" }] },
    basic: { candidates: [candidate, { ...candidate, model: "z", priority: 5 }] },
  };
  expect(servesLines({ tiers }, "a")).toEqual([
    { tiers: ["gold", "basic"], text: "x, y (priority 100)" },
    { tiers: ["basic"], text: "x, y as z (priority 5)" },
  ]);
});
