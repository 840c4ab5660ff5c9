/**
 * What the detectors do with texts they were not tuned on: made rows (`scripts/eval/made`) of a seed
 * that nobody looked at, with values that carry valid check digits, in seven languages and many formats.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { everyAction, lottery, streamDiffers } from "../../scripts/eval/verify.ts";
import { makeRows, writeMade } from "../../scripts/eval/made/rows.ts";
import {
  scorePii,
  scoreSecrets,
  type PiiScore,
  type SecretsScore,
} from "../../scripts/eval/spans.ts";

const SEED = 20_261_121;
const PER_TYPE = 40;

let directory = "";
let pii: PiiScore;
let secrets: SecretsScore;

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "tallygate-made-"));
  writeMade(directory, SEED, PER_TYPE);
  pii = scorePii(directory, []);
  secrets = scoreSecrets(directory, []);
});

afterAll(() => rmSync(directory, { recursive: true }));

describe("texts that no detector was tuned on", () => {
  it("are the same rows for the same seed, and others for another", () => {
    expect(makeRows(7, 2)).toEqual(makeRows(7, 2));
    expect(makeRows(7, 2)).not.toEqual(makeRows(8, 2));
  });

  it("leave a stream as they leave the whole, cut anywhere and into single characters, at every action", () => {
    const programs = everyAction();
    const draw = lottery(SEED);
    const { pii: ids, secrets: keys } = makeRows(SEED, 8);
    const texts = [...ids, ...keys].map(({ text }) => text);
    expect(texts.length).toBeGreaterThan(100);
    expect(texts.flatMap((text) => streamDiffers(programs, text, draw))).toEqual([]);
  });

  it("give up 97 % of their structured personal data, at 99 % precision", () => {
    expect(pii.recall).toBeGreaterThanOrEqual(0.97);
    expect(pii.precision).toBeGreaterThanOrEqual(0.99);
    expect(pii.hardNegatives).toBeLessThanOrEqual(0.02);
  });

  it("give up at least 85 % of every single type", () => {
    const weak = Object.entries(pii.byType).filter(([, tally]) => tally.recall < 0.85);
    expect(weak).toEqual([]);
    expect(Object.keys(pii.byType)).toHaveLength(28);
  });

  it("give up 98 % of prefixed and 95 % of assigned secrets, and no placeholder", () => {
    expect(secrets.prefixedRecall).toBeGreaterThanOrEqual(0.98);
    expect(secrets.assignedRecall).toBeGreaterThanOrEqual(0.95);
    expect(secrets.precision).toBeGreaterThanOrEqual(0.97);
    expect(secrets.negatives).toBe(0);
  });
});
