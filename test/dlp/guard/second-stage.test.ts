import { describe, expect, it } from "vitest";
import {
  type SecondStage,
  decodeSecondStage,
  encodeSecondStage,
  opinionOf,
  secondStageCharsMax,
} from "#dlp/guard/second-stage.ts";

const json: SecondStage = {
  kind: "json",
  field: "text",
  attackLabels: ["INJECTION"],
  threshold: 0.8,
};
const llama: SecondStage = { ...json, kind: "llama-guard" };
const answered = decodeSecondStage;

describe("Llama Guard", () => {
  it("is asked with one user message", () => {
    expect(encodeSecondStage(llama, "hello")).toEqual({
      messages: [{ role: "user", content: "hello" }],
      max_tokens: 64,
    });
  });

  it.each([
    ["its text", { response: "safe" }, "safe", []],
    ["its text with categories", { response: "\n\nunsafe\nS1,S14" }, "unsafe", ["S1", "S14"]],
    ["the REST envelope", { result: { response: "unsafe\nS2" }, success: true }, "unsafe", ["S2"]],
    ["its JSON form", { response: { safe: false, categories: ["S10"] } }, "unsafe", ["S10"]],
    ["a chat completion", { choices: [{ message: { content: "unsafe\nS9" } }] }, "unsafe", ["S9"]],
    ["a bare string", "safe\n", "safe", []],
  ])("is understood by %s", (_name, body, outcome, categories) => {
    expect(answered(llama, body)).toEqual({ outcome, categories, score: null });
  });

  it.each([{ response: "I cannot judge that." }, { response: {} }, {}, null, 7, { response: "" }])(
    "an unreadable answer %j is nobody's word, not a yes",
    (body) => {
      expect(answered(llama, body)).toBeNull();
    },
  );

  it("slips no words of a text into its categories", () => {
    const response = { safe: false, categories: ["S1", "the password is hunter2"] };
    expect(answered(llama, { response })?.categories).toEqual(["S1"]);
    expect(answered(llama, "unsafe\nS3, my card is 4111")?.categories).toEqual(["S3"]);
  });
});

describe("a JSON classifier", () => {
  it.each([
    ["one label", { label: "injection", score: 0.93 }, "unsafe", 0.93],
    [
      "a list of labels",
      [
        { label: "SAFE", score: 0.9 },
        { label: "INJECTION", score: 0.1 },
      ],
      "safe",
      0.1,
    ],
    ["a nested list", [[{ label: "INJECTION", score: 0.81 }]], "unsafe", 0.81],
    ["a score", { score: 0.8 }, "unsafe", 0.8],
    ["a verdict", { unsafe: false }, "safe", 0],
  ])("is understood by %s", (_name, body, outcome, score) => {
    expect(answered(json, body)).toMatchObject({ outcome, score });
  });

  it("is asked with the field and the model that it wants", () => {
    const hosted = { ...json, field: "inputs", model: "guard-86m" };
    expect(encodeSecondStage(hosted, "hello")).toEqual({ model: "guard-86m", inputs: "hello" });
  });

  it("names only labels that policy knows, once each", () => {
    const body = [
      { label: "injection", score: 0.9 },
      { label: "INJECTION", score: 0.95 },
      { label: "what the user wrote", score: 0.99 },
    ];
    expect(answered(json, body)?.categories).toEqual(["INJECTION"]);
  });

  it("that talks nonsense has said nothing", () => {
    for (const body of [{ score: 7 }, [], "yes", null]) expect(answered(json, body)).toBeNull();
  });
});

describe("an answer that failed", () => {
  it("counts as an attack when it fails closed, as nobody's word when open", () => {
    expect(opinionOf("failed", "closed")).toBe("unsafe");
    expect(opinionOf("failed", "open")).toBeUndefined();
    expect(opinionOf("safe", "closed")).toBe("safe");
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
