/** Every built-in detector passes the conformance suite. */
import { expect, it } from "vitest";

import { DETECTORS, GROUPS, detectorIds } from "#dlp/catalogue.ts";

import { describeDetector } from "../support/describe-detector.ts";
import { EXAMPLES } from "./detectors/examples.ts";
import { SECRET_EXAMPLES } from "./detectors/secrets-examples.ts";

const ALL = { ...EXAMPLES, ...SECRET_EXAMPLES };

it("has examples for every detector, and no others", () => {
  expect(Object.keys(ALL).toSorted()).toEqual(DETECTORS.map((detector) => detector.id).toSorted());
});

it("has no two detectors or groups of one id, and no group without detectors", () => {
  const ids = detectorIds();
  expect(new Set(ids).size).toBe(ids.length);
  for (const group of GROUPS) {
    expect(DETECTORS.filter((detector) => detector.groups.includes(group.id))).not.toEqual([]);
  }
  for (const detector of DETECTORS) {
    for (const group of detector.groups) expect(GROUPS.map((entry) => entry.id)).toContain(group);
  }
});

for (const detector of DETECTORS) {
  describeDetector(detector, ALL[detector.id] ?? { hits: [], misses: [] });
}
