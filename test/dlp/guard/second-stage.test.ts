import { describe, expect, it } from "vitest";
import {
  type SecondStage,
  decodeSecondStage,
  encodeSecondStage,
  secondStageCharsMax,
} from "#dlp/guard/second-stage.ts";

const llama: SecondStage = { kind: "llama-guard", failMode: "open" };
const json: SecondStage = {
  kind: "json",
  failMode: "closed",
  attackLabels: ["INJECTION"],
  threshold: 0.8,
};
const answered = (stage: SecondStage, body: unknown) =>
  decodeSecondStage(stage, { kind: "answered", body });

describe("Llama Guard", () => {
  it("is asked with one user message", () => {
    expect(encodeSecondStage(llama, "hello")).toEqual({
      messages: [{ role: "user", content: "hello" }],
      max_tokens: 64,
    });
  });

  it.each([
    ["its text", { response: "safe" }, false, []],
    ["its text with categories", { response: "\n\nunsafe\nS1,S14" }, true, ["S1", "S14"]],
    ["the REST envelope", { result: { response: "unsafe\nS2" }, success: true }, true, ["S2"]],
    ["its JSON form", { response: { safe: false, categories: ["S10"] } }, true, ["S10"]],
    ["a bare string", "safe\n", false, []],
  ])("is understood by %s", (_name, body, unsafe, categories) => {
    expect(answered(llama, body)).toEqual({ unsafe, categories, score: null, failed: false });
  });

  it.each([{ response: "I cannot judge that." }, { response: {} }, {}, null, 7, { response: "" }])(
    "an unreadable answer %j is a failure, not a yes",
    (body) => {
      expect(answered(llama, body)).toMatchObject({ unsafe: false, failed: true });
      expect(answered({ ...llama, failMode: "closed" }, body)).toMatchObject({
        unsafe: true,
        failed: true,
      });
    },
  );
});

describe("a JSON classifier", () => {
  it.each([
    ["one label", { label: "injection", score: 0.93 }, true, 0.93],
    [
      "a list of labels",
      [
        { label: "SAFE", score: 0.9 },
        { label: "INJECTION", score: 0.1 },
      ],
      false,
      0.1,
    ],
    ["a nested list", [[{ label: "INJECTION", score: 0.81 }]], true, 0.81],
    ["a score", { score: 0.8 }, true, 0.8],
    ["a verdict", { unsafe: false }, false, 0],
  ])("is understood by %s", (_name, body, unsafe, score) => {
    expect(answered(json, body)).toMatchObject({ unsafe, score, failed: false });
  });

  it("fails closed when told to, on silence and on nonsense", () => {
    expect(decodeSecondStage(json, { kind: "failed" })).toMatchObject({
      unsafe: true,
      failed: true,
    });
    expect(answered(json, { score: 7 })).toMatchObject({ unsafe: true, failed: true });
  });
});

describe("an overlong text", () => {
  it("is sent as its two ends", () => {
    const body = encodeSecondStage(json, `start${"x".repeat(50_000)}end`) as { text: string };
    expect(body.text.length).toBe(secondStageCharsMax + 1);
    expect(body.text.startsWith("start")).toBe(true);
    expect(body.text.endsWith("end")).toBe(true);
  });
});
