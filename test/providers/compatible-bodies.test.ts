/** What is changed for hosts that take OpenAI's words otherwise, and what is left to refuse. */
import { describe, expect, it } from "vitest";
import { forCerebras, forGroq, forMistral } from "#providers/compatible-bodies.ts";
import { PROVIDERS } from "#providers/registry.ts";

const message = { role: "user", content: "hi" };

describe("Mistral", () => {
  it("gets its own names, and none of the fields that it answers 422 to", () => {
    const body = {
      model: "m",
      messages: [
        { ...message, name: "ann" },
        { role: "assistant", content: "a", reasoning_content: "r", refusal: null },
        { role: "tool", content: "18", tool_call_id: "t", name: "weather" },
      ],
      max_completion_tokens: 9,
      seed: 7,
      stream: true,
      stream_options: { include_usage: true },
      user: "u",
      store: false,
      temperature: 0.5,
    };
    expect(forMistral(body)).toEqual({
      model: "m",
      messages: [
        message,
        { role: "assistant", content: "a" },
        { role: "tool", content: "18", tool_call_id: "t", name: "weather" },
      ],
      max_tokens: 9,
      random_seed: 7,
      stream: true,
      temperature: 0.5,
    });
  });

  it("keeps a seed under its own name, as its SDK sends it", () => {
    expect(forMistral({ messages: [message], random_seed: 7 })).toMatchObject({ random_seed: 7 });
  });

  it("keeps a cap of the old name, and refuses itself what would change an answer", () => {
    const body = { model: "m", messages: [message], max_tokens: 5, logit_bias: { "1": 2 } };
    expect(forMistral(body)).toEqual(body);
  });
});

it("Groq gets no names of messages", () => {
  expect(forGroq({ messages: [{ ...message, name: "ann" }], n: 1 })).toEqual({
    messages: [message],
    n: 1,
  });
});

it("Cerebras gets no penalty that does nothing, and refuses itself one that does", () => {
  const body = { messages: [message], frequency_penalty: 0, service_tier: "auto" };
  expect(forCerebras(body)).toEqual({ messages: [message] });
  expect(forCerebras({ presence_penalty: 1 })).toEqual({ presence_penalty: 1 });
});

it("each is what its provider changes last, and changes no body in place", () => {
  const rows = { mistral: forMistral, groq: forGroq, cerebras: forCerebras };
  for (const [id, change] of Object.entries(rows)) {
    expect(PROVIDERS[id]?.body).toBe(change);
    const body = { messages: [{ ...message, name: "ann" }], seed: 1, frequency_penalty: 0 };
    const before = structuredClone(body);
    change(body);
    expect(body).toEqual(before);
  }
});
