/** Asking for entities: what is asked, how often, and what a plan makes of it. */
import { beforeEach, describe, expect, it } from "vitest";
import type { Env } from "#actors/kit/env.ts";
import { compileDlp } from "#dlp/program.ts";
import { askEntities, entityLook } from "#edge/pipeline/entities.ts";
import type { Call } from "#edge/pipeline/plan.ts";
import { redactBody } from "#edge/payloads/redact-payload.ts";
import type { LivePolicy } from "#edge/policy-cache.ts";
import { PolicyDocument } from "#policy/document.ts";
import { samplePolicy } from "../../policy/sample.ts";

interface Asked {
  texts: string[];
  types: string[];
}
const seen: Asked[] = [];
let answer: (asked: Asked) => Response;
const NER = {
  fetch: async (_url: string, { body }: { body: string }) => {
    const asked = JSON.parse(body) as Asked;
    seen.push(asked);
    return answer(asked);
  },
};
const env = { NER } as unknown as Env;
beforeEach(() => {
  seen.length = 0;
  answer = ({ texts }) => Response.json({ spans: texts.map(() => [spanOf(4, 8)]) });
});
const spanOf = (start: number, end: number) => ({ type: "person", start, end, score: 1 });

function live(entities: object = {}, rule: object = {}): LivePolicy {
  const names = { id: "names", entity: "person", directions: ["prompt"], action: "redact" };
  const document = PolicyDocument.parse({
    ...samplePolicy(),
    dlp: {
      rules: [{ ...names, ...rule }],
      entities: { binding: "NER", types: ["person"], ...entities },
    },
  });
  const snapshot = { organisation: "acme", version: 1, hash: "", document, ledgerShards: 1 };
  return { snapshot, dlp: compileDlp(document.dlp.rules) };
}

const slotsOf = (texts: readonly string[]) =>
  texts.map((text) => ({ channel: "user" as const, text, replace: () => undefined }));
const calling = (...texts: string[]): Call =>
  ({ asked: { text: "{}", endpoint: { texts: () => slotsOf(texts) } } }) as unknown as Call;
async function look(policy: LivePolicy, ...texts: string[]) {
  const call = calling(...texts);
  await askEntities(env, call, policy);
  return entityLook(call, policy, slotsOf(texts));
}

describe("one request", () => {
  it("asks once about all texts that hold any, whatever is planned anew", async () => {
    const call = calling("hi, Jane", "", "oh, Jane");
    const policy = live();
    await askEntities(env, call, policy);
    await askEntities(env, call, live({}, { action: "block" }));
    expect(seen).toEqual([{ texts: ["hi, Jane", "oh, Jane"], types: ["person"] }]);
    const { spansOf, named } = entityLook(call, policy, slotsOf(["hi, Jane", "", "oh, Jane"]));
    expect([0, 1, 2].map((place) => spansOf(place).length)).toEqual([1, 0, 1]);
    expect(named).toEqual([["Jane", "person"]]);
  });

  it("asks nobody where no rule is on, or none watches the channel", async () => {
    await look(live({}, { action: "off" }), "hi, Jane");
    await look(live({}, { channels: ["system"] }), "hi, Jane");
    expect(seen).toEqual([]);
  });
});

describe("without an answer", () => {
  const failing = { timeoutMs: 1_002 };
  it("an enforced rule refuses, by its name and with no word of the text", async () => {
    answer = () => new Response("Jane", { status: 500 });
    const { verdict } = await look(live(failing), "hi, Jane");
    expect(verdict).toMatchObject({ code: "entities_unavailable", by: "names" });
    expect(verdict?.message).not.toContain("Jane");
  });

  it("one that only watches, and policy that says `pass`, let it through", async () => {
    answer = () => new Response("", { status: 500 });
    const all = [
      live({}, { mode: "monitor" }),
      live({}, { action: "warn" }),
      live({ onFailure: "pass" }),
    ];
    for (const policy of all) {
      const { verdict, spansOf, unsearched } = await look(policy, "hi, Jane");
      expect(verdict).toBeUndefined();
      expect(spansOf(0)).toEqual([]);
      expect(unsearched).toEqual({ rules: ["names"], failure: "status" });
    }
    answer = () => Response.json({ spans: [[]] });
    const searched = await look(live(), "hi, Jane");
    expect([searched.verdict, searched.unsearched]).toEqual([undefined, undefined]);
  });

  it("more than it may be asked about is a failure, and nobody is asked", async () => {
    const long = await look(live(), "x".repeat(256_001));
    const many = await look(live(), ...Array.from({ length: 1_001 }, () => "x"));
    expect(long.unsearched).toEqual({ rules: ["names"], failure: "too_large" });
    expect([long.verdict?.code, many.verdict?.code]).toEqual(
      Array.from({ length: 2 }, () => "entities_unavailable"),
    );
    expect(seen).toEqual([]);
  });
});

const textsOf = (of: object) => {
  const holder = of as { text: string };
  const replace = (text: string): void => void (holder.text = text);
  return [{ channel: "user" as const, text: holder.text, replace }];
};

it("a kept prompt hides what was found, also by a rule that only watches", () => {
  const body = { text: "hi, Jane" };
  const kept = redactBody(live({}, { mode: "monitor" }), body, textsOf, [["Jane", "person"]]);
  expect(kept).toBe('{"text":"hi, [REDACTED:entity-person]"}');
});
