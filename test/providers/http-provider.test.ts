import { describe, expect, it } from "vitest";
import { PROVIDERS } from "#providers/registry.ts";

describe("what else a provider can be asked", () => {
  const to = {
    baseUrl: "https://a",
    model: "m",
    stream: false,
    credential: "k",
    callerHeaders: new Headers(),
  };

  it("has a path of its own", () => {
    expect(PROVIDERS["openai"]?.request({ ...to, operation: "embeddings" }).url).toBe(
      "https://a/embeddings",
    );
    expect(PROVIDERS["anthropic"]?.request({ ...to, operation: "count-tokens" }).url).toBe(
      "https://a/v1/messages/count_tokens",
    );
  });

  it("is told, and anything else is an error of the asker", () => {
    expect(PROVIDERS["anthropic"]?.operations).toEqual(["chat", "count-tokens", "models"]);
    expect(() => PROVIDERS["anthropic"]?.request({ ...to, operation: "embeddings" })).toThrow(
      RangeError,
    );
  });
});
