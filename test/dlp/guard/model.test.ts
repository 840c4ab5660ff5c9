import { describe, expect, it } from "vitest";
import { featureBits } from "#dlp/guard/features.ts";
import { packWeights, unpackModel, weightMax } from "#dlp/guard/model.ts";
import { packedModel } from "#dlp/guard/weights.ts";

describe("packed weights", () => {
  const weights = Int8Array.from(
    { length: 1 << featureBits },
    (_, at) => (at % (2 * weightMax + 1)) - weightMax,
  );

  it("are read as they were packed, every step of them", () => {
    const model = { featureBits, scale: 0.5, bias: -1, weights: packWeights(weights) };
    expect(unpackModel(model)).toEqual({ weights, scale: 0.5, bias: -1 });
    expect(model.weights).toMatch(/^[A-Za-z0-9+/]+=*$/);
  });

  it("that are shipped pack again to the same text", () => {
    expect(packWeights(unpackModel(packedModel).weights)).toBe(packedModel.weights);
  });

  it("of another size are refused with what to run", () => {
    expect(() => unpackModel({ ...packedModel, weights: "YYYY" })).toThrow("train-guard.ts");
    expect(() => unpackModel({ ...packedModel, featureBits: 8 })).toThrow("train-guard.ts");
  });
});
