/** What the shell makes of an admin's command before the decider sees it. */
import { expect, test } from "vitest";

import { initialState } from "#actors/policy/state.ts";
import { knownFeatures } from "#actors/policy/known.ts";
import { prepareWrite } from "#actors/policy/writes.ts";

function published(rules: readonly object[]): unknown {
  const prepared = prepareWrite(
    {
      type: "PublishPolicy",
      expectVersion: 0,
      comment: "rules",
      document: {
        schema: 1,
        providers: { openai: { kind: "openai" } },
        tiers: { standard: { candidates: [{ provider: "openai", serves: ["*"] }] } },
        dlp: { rules },
      },
    } as Parameters<typeof prepareWrite>[0],
    {
      state: initialState(),
      known: knownFeatures(false),
      newKey: () => {
        throw new Error("no key is issued here");
      },
      at: 0,
      by: "ada",
      events: () => [],
      wasMember: () => false,
    },
  );
  return prepared.ok && prepared.command.type === "PublishPolicy"
    ? prepared.command.policy.patternCosts
    : prepared;
}

test("this build knows which providers need an address of the customer's own", () => {
  expect([...(knownFeatures(false).baseUrlForms ?? [])]).toEqual([
    [
      "vertex",
      "https://{region}-aiplatform.googleapis.com/v1/projects/{project}/locations/{region}",
    ],
    [
      "vertex-anthropic",
      "https://{region}-aiplatform.googleapis.com/v1/projects/{project}/locations/{region}",
    ],
    ["workers-ai", "https://api.cloudflare.com/client/v4/accounts/{account}/ai/v1"],
    ["azure", "https://{resource}.openai.azure.com/openai/v1"],
    ["azure-deployments", "https://{resource}.openai.azure.com/openai"],
  ]);
});

test("a published policy says what its own patterns cost, and nothing when it has none", () => {
  const terms = { directions: ["prompt"], action: "warn" };
  const rules = [
    { id: "badges", pattern: { source: "B-[0-9]{4}" }, ...terms },
    { id: "mail", detector: "email", ...terms },
  ];
  expect(published(rules)).toEqual({ badges: "small" });
  expect(published(rules.slice(1))).toBeUndefined();
});
