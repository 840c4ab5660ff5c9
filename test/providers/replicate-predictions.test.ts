import { describe, expect, it } from "vitest";
import { replicatePredictions } from "#providers/replicate-predictions/dialect.ts";
import { replicate } from "#providers/replicate.ts";
import { replicateFixtures } from "../fixtures/providers/replicate-predictions.ts";
import { describeUpstream } from "../support/describe-provider.ts";

describeUpstream(replicateFixtures);

it("a model of OpenAI's there takes its cap under OpenAI's own name", () => {
  const to = { model: "openai/gpt-5-mini", maxOutputTokens: 9, stream: true };
  expect(replicatePredictions.prepare({ input: { prompt: "Hi", max_tokens: 50 } }, to)).toEqual({
    input: { prompt: "Hi", max_completion_tokens: 9 },
    stream: true,
  });
});

it("a prediction that was canceled ends its stream as a failure", () => {
  const decoder = replicatePredictions.openDecoder();
  const data = '{"reason":"canceled"}';
  expect(decoder.push({ raw: data, event: "done", data })).toMatchObject([
    { type: "error", code: "canceled" },
  ]);
});

describe("a prediction leads", () => {
  const baseUrl = "https://api.replicate.com/v1";
  const own = "https://stream.replicate.com/v1/files/abc";
  const follow = (more: object, stream = false) =>
    replicate.follow?.({ status: "processing", ...more }, { baseUrl, stream });

  it("to its end, to itself, or to its stream", () => {
    expect(follow({ status: "succeeded" })).toEqual({ done: true });
    expect(follow({ urls: { get: `${baseUrl}/predictions/1` } })).toEqual({
      url: `${baseUrl}/predictions/1`,
    });
    expect(follow({ status: "starting", urls: { stream: own } }, true)).toEqual({ url: own });
    const urls = { get: `${baseUrl}/predictions/1`, cancel: `${baseUrl}/predictions/1/cancel` };
    expect(follow({ urls })).toEqual({ url: urls.get, cancel: urls.cancel });
    expect(follow({ urls: { ...urls, cancel: "http://169.254.169.254/" } })).toEqual({
      url: urls.get,
    });
  });

  it("to no failure, no model without streams, and no address of somebody else's", () => {
    expect(follow({ status: "failed", error: "out of memory" })).toEqual({
      error: "out of memory",
    });
    expect(follow({ urls: {} }, true)).toHaveProperty("error");
    for (const url of [
      "https://evil.example/x",
      "http://x.replicate.com/",
      "https://replicate.com.evil.example/",
      "//",
    ]) {
      expect(follow({ urls: { get: url } }), url).toHaveProperty("error");
    }
  });
});
