/** How long the archive is kept: what a policy may say. */
import { expect, test } from "vitest";
import { RetentionSection } from "#policy/retention.ts";

test("a month that restored actors ask for is always kept", () => {
  expect(RetentionSection.safeParse({ archiveDays: 34 }).success).toBe(false);
  expect(RetentionSection.parse({ archiveDays: 35 })).toEqual({
    archiveDays: 35,
    legalHold: false,
  });
});

test("a hold stands by itself, and nothing else is said", () => {
  expect(RetentionSection.parse({ legalHold: true })).toEqual({ legalHold: true });
  expect(RetentionSection.safeParse({ archiveDays: 90, days: 3 }).success).toBe(false);
});
