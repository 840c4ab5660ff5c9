/** What the gateway knows beside the schema has its word when a policy is published. */
import { expect, it } from "vitest";
import { knownFeatures } from "#actors/policy/known.ts";
import { validatePolicy } from "#policy/validate.ts";
import { samplePolicy } from "../../policy/sample.ts";

const rule = (id: string, what: object): object => ({
  id,
  directions: ["prompt"],
  action: "redact",
  ...what,
});

it("an own pattern that cannot be bounded is refused with its place and the reason", () => {
  const rules = [
    rule("fine", { pattern: { source: "PRJ-[0-9]{4}", checksum: "luhn", contextWords: ["x"] } }),
    rule("endless", { pattern: { source: "PRJ-[0-9]+" } }),
    rule("unknown", { detector: "no-such" }),
  ];
  const checked = validatePolicy({ ...samplePolicy(), dlp: { rules } }, knownFeatures(false));
  expect(checked.ok ? [] : checked.problems).toEqual([
    { path: "dlp.rules[1].pattern", message: expect.stringContaining("without end") as string },
    { path: "dlp.rules[2].detector", message: expect.stringContaining("no-such") as string },
  ]);
});
