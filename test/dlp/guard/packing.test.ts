import * as fc from "fast-check";
import { expect, it } from "vitest";
import { packSteps, unpackSteps } from "#dlp/guard/packing.ts";

const stepsCount = 7;
const steps = fc.uint8Array({ min: 0, max: stepsCount - 1, minLength: 1, maxLength: 2_000 });

it("any steps come back as they were packed, and only as many as there were", () => {
  fc.assert(
    fc.property(steps, (given) => {
      const packed = packSteps(given, stepsCount);
      const read = new Uint8Array(given.length);
      expect(unpackSteps(packed, stepsCount, read)).toBe(true);
      expect(read).toEqual(given);
      expect(unpackSteps(packed.slice(0, 16), stepsCount, read)).toBe(false);
    }),
    { numRuns: 100 },
  );
});

it("steps of which one is common take what they tell, not whole bits each", () => {
  const given = Uint8Array.from({ length: 65_536 }, (_, at) => (at % 16 === 0 ? 1 + (at % 5) : 0));
  const told = (1 / 16) * Math.log2(16 * 5) + (15 / 16) * Math.log2(16 / 15);
  const bytes = (packSteps(given, stepsCount).length / 4) * 3;
  expect(bytes).toBeLessThan(((told * given.length) / 8) * 1.02);
});
