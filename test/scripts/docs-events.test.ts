/** docs/events.md is what the schemas say. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { catalogue } from "#events/catalogue.ts";
import { page, renderEvents } from "../../scripts/docs-events.ts";

test("docs/events.md is up to date: run `node scripts/docs-events.mjs` when it is not", () => {
  expect(readFileSync(page, "utf8")).toBe(renderEvents());
});

test("every event has a sentence that says when it happens", () => {
  const text = renderEvents();
  for (const { type, v } of catalogue) {
    const section = text.split(`### ${type}, version ${v}\n\n`)[1] ?? "";
    expect(section.split("\n")[0], type).toMatch(/^[A-Z].+\.$/);
  }
});
