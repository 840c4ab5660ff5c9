/** Costs against a sum that is made from the stories, not from the events. */
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { MemoryViews } from "../support/describe-projection.ts";
import { histories, type History, type Story } from "../support/histories.ts";
import { admitted, MORNING, SampleStream, settled } from "../support/sample-events.ts";

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

/** What is booked under whom, of one request with these calls. */
function costsOf(attempts: readonly { costNanos: number }[], more: object): object {
  const costNanos = total(attempts.map((attempt) => attempt.costNanos));
  const stream = new SampleStream();
  const views = new MemoryViews();
  const end = settled({ attempts: attempts as never, costNanos, ...more });
  views.take([stream.append(admitted(), MORNING), stream.append(end, MORNING + 1)]);
  return Object.fromEntries(
    views.rows("sums").map((row) => [`${row["provider"]}/${row["model"]}`, row["costNanos"]]),
  );
}

test("what the guard asked is booked under its own name, whoever answers, or nobody", () => {
  const guard = { provider: "prompt-guard", model: "llama-guard", role: "guard" as const };
  const answer = { provider: "openai", model: "gpt-5-mini" };
  const called = { status: 200, latencyMs: 1 };
  const asked = { ...guard, ...called, costNanos: 30 };
  const served = { provider: "openai", servedModel: "gpt-5-mini" };
  expect(costsOf([asked, { ...answer, ...called, costNanos: 700 }], served)).toMatchObject({
    "prompt-guard/llama-guard": 30,
    "openai/gpt-5-mini": 700,
  });
  const blocked = { outcome: "blocked", provider: undefined, servedModel: undefined };
  expect(costsOf([asked], blocked)).toMatchObject({ "prompt-guard/llama-guard": 30 });
});
