/** The circuit breaker against its own words. */
import { array, assert, boolean, integer, property, record } from "fast-check";
import { describe, expect, it } from "vitest";
import { closed, enter, fail, failuresMax, succeed, type Circuit } from "#edge/pipeline/breaker.ts";

const failed = (times: number, at = 0): Circuit => {
  let circuit = closed;
  for (let time = 0; time < times; time += 1) circuit = fail(circuit, at);
  return circuit;
};

describe("a circuit", () => {
  it("stays closed below its bound, and opens at it", () => {
    expect(enter(failed(failuresMax - 1), 0).may).toBe(true);
    expect(enter(failed(failuresMax), 0).may).toBe(false);
    expect(enter(failed(failuresMax), 5_000).may).toBe(true);
  });

  it("lets exactly one probe through, closes on its success, opens for longer on its failure", () => {
    const probing = enter(failed(failuresMax), 5_000).circuit;
    expect(enter(probing, 5_001).may).toBe(false);
    expect(succeed(probing)).toEqual(closed);
    const again = fail(probing, 6_000);
    expect(enter(again, 15_999).may).toBe(false);
    expect(enter(again, 16_000).may).toBe(true);
  });

  it("lets nobody through before its time, whatever happened", () => {
    const step = record({ ok: boolean(), after: integer({ min: 0, max: 90_000 }) });
    assert(
      property(array(step, { maxLength: 60 }), (steps) => {
        let circuit = closed;
        let at = 1;
        let row = 0;
        for (const { ok, after } of steps) {
          at += after;
          const entered = enter(circuit, at);
          // Fewer failures in a row than the bound never keep anybody out.
          if (row < failuresMax) expect(entered.may).toBe(true);
          if (at < circuit.openUntil) expect(entered.may).toBe(false);
          if (!entered.may) continue;
          circuit = ok ? succeed(entered.circuit) : fail(entered.circuit, at);
          row = ok ? 0 : row + 1;
          expect(circuit.openUntil - at).toBeLessThanOrEqual(60_000);
        }
      }),
      { numRuns: 200, seed: 7 },
    );
  });
});
