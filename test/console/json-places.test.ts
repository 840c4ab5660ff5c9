/** Where problems are in the policy's text. */
import { expect, test } from "vitest";
import * as fc from "fast-check";
import { jsonFault, jsonPlaces } from "../../console/src/logic/json-places.ts";

const text = `{
  "tiers": {
    "standard": {
      "candidates": [
        { "provider": "openai", "serves": ["gpt-*"] },
        {
          "provider": "nobody"
        }
      ]
    }
  },
  "prices": { "openai/gpt-4.1": { "inputUsdPerMtok": 1 },
    "a \\"b\\" {": 2 }
}`;

test("a problem is on the line of what caused it, or of what is nearest around it", () => {
  const { lineOf } = jsonPlaces(text);
  const lines: [string, number][] = [
    ["", 0],
    ["tiers.standard", 2],
    ["tiers.standard.candidates[0].serves[0]", 4],
    ["tiers.standard.candidates[1].provider", 6],
    ["tiers.standard.downgradeTo", 2],
    ["prices.openai/gpt-4.1.inputUsdPerMtok", 11],
    ["elsewhere[3]", 0],
  ];
  for (const [path, line] of lines) expect(lineOf(path), path).toBe(line);
});

test("what is no JSON has a line, and what is has none", () => {
  expect(jsonFault(text)).toBeUndefined();
  expect(jsonFault('{\n  "a": 1,\n}')?.line).toBe(2);
  expect(jsonFault('{\n  "a": ')?.line).toBe(1);
});

test("reading places ends for any text", () => {
  const chars = fc.constantFrom("{", "}", "[", "]", '"', ",", ":", "\\", " ", "\n", "a", "1");
  fc.assert(
    fc.property(fc.array(chars, { maxLength: 60 }), (parts) => {
      expect(jsonPlaces(parts.join("")).lineOf("a[0].b")).toBeGreaterThanOrEqual(0);
    }),
    { seed: 13, numRuns: 500 },
  );
});
