/** Usage against counts that are made from the stories, not from the events. */
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { MemoryViews } from "../support/describe-projection.ts";
import { histories, type Story } from "../support/histories.ts";
import { admitted, MORNING, SampleStream, settled } from "../support/sample-events.ts";

const options = { seed: 6_000_000, numRuns: 150 };

const answered = (one: Story) => one.fate === "settled" || one.fate === "corrected";

test("every count is the number of stories that ended so", () => {
  fc.assert(
    fc.property(histories, (members) => {
      const views = new MemoryViews();
      for (const { events } of members) views.take(events);
      const rows = views.rows("sums");
      const sum = (column: string) => rows.reduce((n, row) => n + Number(row[column]), 0);
      const stories = members.flatMap((history) => history.stories);
      const count = (test: (one: Story) => boolean) => stories.filter(test).length;
      const counted = stories
        .filter((one) => one.fate === "counted")
        .reduce((n, one) => n + one.count, 0);

      for (const outcome of ["completed", "failed", "aborted", "blocked", "cut"]) {
        expect(sum(outcome), outcome).toBe(
          count((one) => answered(one) && one.outcome === outcome),
        );
      }
      const refused = count((one) => one.fate === "refused") + counted;
      const [released, expired] = ["released", "expired"].map((fate) =>
        count((one) => one.fate === fate),
      ) as [number, number];
      expect(sum("refused")).toBe(refused);
      expect(sum("released")).toBe(released);
      expect(sum("expired")).toBe(expired);
      expect(sum("requests")).toBe(count(answered) + refused + released + expired);
      expect(sum("cacheHits")).toBe(count((one) => answered(one) && one.hit));
      const tokens = stories.filter(answered).reduce((n, one) => n + one.inputTokens, 0);
      expect(sum("inputTokens")).toBe(tokens);
      expect(sum("cacheMisses")).toBe(count((one) => answered(one) && !one.hit));
    }),
    options,
  );
});

test("what a second classifier had blocked counts as blocked by the guard, once", () => {
  const stream = new SampleStream();
  const views = new MemoryViews();
  const guard = { action: "block", score: 0.4, category: null };
  const end = settled({ outcome: "blocked", guard });
  views.take([stream.append(admitted(), MORNING), stream.append(end, MORNING + 1)]);
  const sum = (column: string) =>
    views.rows("sums").reduce((n, row) => n + Number(row[column] ?? 0), 0);
  expect([sum("guardBlocked"), sum("blocked"), sum("refused")]).toEqual([1, 1, 0]);
  const flagged = settled({ outcome: "completed", guard: { ...guard, action: "flag" } });
  const others = new MemoryViews();
  const other = new SampleStream();
  others.take([other.append(admitted(), MORNING), other.append(flagged, MORNING + 1)]);
  expect(others.rows("sums").every((row) => Number(row["guardBlocked"] ?? 0) === 0)).toBe(true);
});
