/** Rules of every scope and `when` that come late count what they would have counted. */
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { called, first, late, Life, step } from "./late-rules.ts";

describe("rules that come late", () => {
  const lives = fc.tuple(
    fc.array(step, { maxLength: 40 }),
    fc.array(step, { minLength: 1, maxLength: 25 }),
  );

  test("of any scope and condition are exact, for those who ask first and for those who ask later", () => {
    const property = fc.property(lives, ([before, after]) => {
      const life = new Life();
      const policy = first();
      for (const one of before) life.step(one, policy, false);
      const second = late(life.at);
      for (const one of after) {
        life.step({ ...one, act: one.act === "admit" ? "settle" : one.act }, second, false);
        const asked = called(one.call);
        const left = life.admit(asked, one.amount, second);
        expect(left).toEqual(life.left(asked));
      }
      expect(life.run.run.replayed()).toEqual(life.run.state);
    });
    fc.assert(property, { numRuns: 250, verbose: 1 });
  });

  test("never count less where older records say neither tier nor session", () => {
    const property = fc.property(lives, ([before, after]) => {
      const life = new Life();
      const policy = first();
      for (const one of before) life.step(one, policy, one.which % 3 > 0);
      const second = late(life.at);
      for (const one of after) {
        life.at += one.after;
        const asked = called(one.call);
        const left = life.admit(asked, one.amount, second);
        const exact = life.left(asked);
        for (const [index, most] of exact.entries()) expect(left[index]).toBeLessThanOrEqual(most);
      }
    });
    fc.assert(property, { numRuns: 100, verbose: 1 });
  });
});
