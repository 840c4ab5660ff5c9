/** What a call is before it is made: where it goes, and with whose key. */
import { describe, expect, it } from "vitest";
import type { Env } from "#actors/kit/env.ts";
import { describeCall } from "#edge/pipeline/describe-call.ts";
import type { Candidate, Plan } from "#edge/pipeline/plan.ts";
import { ENDPOINTS } from "#edge/surface/endpoints.ts";

const plan = {
  body: { model: "m", messages: [{ role: "user", content: "hi" }] },
  request: { stream: false },
  policy: { dlp: { watches: () => false } },
} as unknown as Plan;

function described(link: Partial<Candidate>, env: Record<string, string> = {}) {
  const price = { inputNanosPerMtok: 0, outputNanosPerMtok: 0 };
  const candidate = { provider: "p", model: "m", price, maxOutputTokens: 9, ...link } as Candidate;
  const request = new Request("https://gateway.example/v1/chat/completions", { method: "POST" });
  return describeCall(env as unknown as Env, request, plan, ENDPOINTS["openai-chat"], candidate);
}

describe("an Ollama", () => {
  it("without an address is the one on this machine, and needs no key", () => {
    expect(described({ kind: "ollama" })).toMatchObject({
      sent: { url: "http://127.0.0.1:11434/api/chat" },
      credential: undefined,
    });
  });

  it("gets the key that is set, and is not asked without one that policy names", () => {
    expect(described({ kind: "ollama" }, { OLLAMA_API_KEY: "key-1" })).toMatchObject({
      sent: { init: { headers: { authorization: "Bearer key-1" } } },
    });
    expect(described({ kind: "ollama", secret: "OTHER_KEY" })).toMatchObject({
      error: { code: "provider_not_configured" },
    });
  });
});

it("a vendor is not asked without its key, a private address is", () => {
  expect(described({ kind: "openai" })).toMatchObject({
    error: { code: "provider_not_configured", message: expect.stringContaining("OPENAI_API_KEY") },
  });
  expect(described({ kind: "openai", baseUrl: "http://10.0.0.1/v1" })).toMatchObject({
    sent: { url: "http://10.0.0.1/v1/chat/completions" },
  });
});
