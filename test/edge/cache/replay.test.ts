/** What a kept stream is cut into: all of it, in order, at whole events. */
import { array, assert, constantFrom, property, string } from "fast-check";
import { expect, it } from "vitest";
import { replayStepsMax } from "#edge/cache/limits.ts";
import { stepsOf } from "#edge/cache/replay.ts";

it("is given again whole, at the ends of events, in a bounded number of steps", () => {
  const event = string({ maxLength: 5 }).map((text) => `data: ${text.replaceAll("\n", "")}`);
  const count = { maxLength: 3 * replayStepsMax };
  assert(
    property(array(event, count), constantFrom("", "data: cut off"), (events, rest) => {
      const body = events.map((each) => `${each}\n\n`).join("") + rest;
      const steps = stepsOf(body, "\n\n");
      expect(steps.join("")).toBe(body);
      expect(steps.length).toBeLessThanOrEqual(replayStepsMax);
      for (const step of steps.slice(0, -1)) expect(step.endsWith("\n\n")).toBe(true);
    }),
    { numRuns: 200 },
  );
});
