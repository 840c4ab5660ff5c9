/** Costs against a sum that is made from the stories, not from the events. */
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { MemoryViews } from "../support/describe-projection.ts";
import { histories, type History, type Story } from "../support/histories.ts";

const options = { seed: 5_000_000, numRuns: 150 };

function viewsOf(members: readonly History[]): MemoryViews {
  const views = new MemoryViews();
  for (const { events } of members) views.take(events);
  return views;
}

/** What a story costs in the end. */
function truth(one: Story): number {
  if (one.fate === "expired") return one.chargedNanos;
  const paid = one.fate === "settled" || one.fate === "corrected";
  return paid ? one.costNanos + (one.first ?? 0) : 0;
}

const total = (numbers: readonly number[]): number => numbers.reduce((sum, n) => sum + n, 0);

test("every member's costs are the sum of what their requests cost", () => {
  fc.assert(
    fc.property(histories, (members) => {
      const rows = viewsOf(members).rows("sums");
      for (const { member, stories } of members) {
        const own = rows.filter((row) => row["user"] === member);
        expect(total(own.map((row) => Number(row["costNanos"])))).toBe(total(stories.map(truth)));
      }
    }),
    options,
  );
});

test("a cost is booked to the hour of admission, and to the model that answered", () => {
  fc.assert(
    fc.property(histories, (members) => {
      const rows = viewsOf(members).rows("sums");
      const models = ["gpt-5-mini", "claude-5", "gemini-3"];
      for (let hour = 0; hour <= 30; hour += 1) {
        for (const [index, model] of models.entries()) {
          const stories = members.flatMap((history) => history.stories);
          const here = stories.filter((one) => one.hour === hour);
          const expected = total(
            here.map((one) => {
              if (one.fate === "expired") return one.asked === index ? one.chargedNanos : 0;
              if (one.fate !== "settled" && one.fate !== "corrected") return 0;
              const earlier = model === "gpt-5-mini" ? (one.first ?? 0) : 0;
              return earlier + (one.served === index ? one.costNanos : 0);
            }),
          );
          const found = rows.filter(
            (row) => row["model"] === model && row["hour"] === 1_795_251_600 / 3600 + hour,
          );
          expect(total(found.map((row) => Number(row["costNanos"])))).toBe(expected);
        }
      }
    }),
    { ...options, numRuns: 40 },
  );
});

test("an expiry that was corrected leaves nothing under the model that was asked for", () => {
  fc.assert(
    fc.property(histories, (members) => {
      const all = members.flatMap((history) => history.stories);
      const expired = all.filter((one) => one.fate === "expired" && one.chargedNanos > 0);
      const unknown = viewsOf(members)
        .rows("sums")
        .filter((row) => row["provider"] === "");
      expect(total(unknown.map((row) => Number(row["charged"])))).toBe(expired.length);
    }),
    options,
  );
});
