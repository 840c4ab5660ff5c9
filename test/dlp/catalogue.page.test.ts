/** The reference page of detectors is generated, and up to date. */
import { readFileSync } from "node:fs";
import path from "node:path";

import { expect, it } from "vitest";

import { detectorsPage } from "../../scripts/eval/detectors-doc.ts";

it("docs/reference/detectors.md is what the catalogue says today", () => {
  const page = readFileSync(
    path.resolve(import.meta.dirname, "../../docs/reference/detectors.md"),
    "utf8",
  );
  expect(page).toBe(detectorsPage());
});
