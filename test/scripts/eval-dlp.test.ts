/** What `npm run eval:dlp` answers: fractions, also for part of the data, and one line when there is none. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it, vi } from "vitest";

import { run } from "../../scripts/eval/main.ts";

const directories: string[] = [];

function dataOf(files: Record<string, string>): string {
  const directory = mkdtempSync(join(tmpdir(), "tallygate-eval-"));
  directories.push(directory);
  for (const [name, text] of Object.entries(files)) writeFileSync(join(directory, name), text);
  return directory;
}

async function outcome(directory: string): Promise<{ code: number; out: string; err: string }> {
  const out = vi.spyOn(console, "log").mockImplementation(() => undefined);
  const err = vi.spyOn(console, "error").mockImplementation(() => undefined);
  const code = await run(["--data", directory, "--json"]);
  const said = { code, out: out.mock.calls.join("\n"), err: err.mock.calls.join("\n") };
  vi.restoreAllMocks();
  return said;
}

afterEach(() => {
  for (const directory of directories.splice(0)) rmSync(directory, { recursive: true });
});

describe("the evaluation", () => {
  it("prints exactly the promised fractions, whichever of the files are there", async () => {
    const text = "mail alice@example.com";
    const row = {
      id: "1",
      source: "own",
      text,
      spans: [{ start: 5, end: 22, type: "EMAIL_ADDRESS" }],
    };
    const { code, out } = await outcome(dataOf({ "pii.jsonl": `${JSON.stringify(row)}\n` }));
    expect(code).toBe(0);
    expect(JSON.parse(out)).toEqual({
      pii: {
        precision: 1,
        recall: 1,
        f1: 1,
        cleanTouched: 0,
        hardNegatives: 0,
        byType: { EMAIL_ADDRESS: 1 },
      },
      secrets: { precision: 0, recall: 0, prefixedRecall: 0, assignedRecall: 0, negatives: 0 },
      guard: { recallAt1pctFpr: 0, auc: 0, bySource: {} },
    });
  });

  it.each([
    ["a directory that is not there", () => "/nowhere/at/all", "there is no directory"],
    ["a directory without data", () => dataOf({ "notes.txt": "x" }), "has none of pii.jsonl"],
    ["a broken row", () => dataOf({ "pii.jsonl": "{" }), "pii.jsonl line 1 is no JSON object"],
  ])("refuses %s with one line", async (_, make, said) => {
    const { code, out, err } = await outcome(make());
    expect([code, out]).toEqual([2, ""]);
    expect(err).toContain(said);
    expect(err).not.toContain("\n");
  });
});
