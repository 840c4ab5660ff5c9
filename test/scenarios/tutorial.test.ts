/** Every command of the tutorial and the how-tos, as a reader would type them, on a fresh gateway. */
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import path from "node:path";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { startGateway, type TestGateway } from "../support/gateway.ts";

const root = path.resolve(import.meta.dirname, "../..");

const pages = [
  "docs/tutorial/first-hour.md",
  "docs/how-to/add-a-route.md",
  "docs/how-to/write-a-dlp-rule.md",
  "docs/how-to/rotate-keys.md",
  "docs/how-to/erase-a-person.md",
  "docs/how-to/correct-a-price.md",
  "docs/how-to/policy-in-git.md",
  "docs/how-to/choose-a-configuration.md",
  "docs/how-to/connect-claude-code-and-codex.md",
];

interface Step {
  command: string;
  /** Lines that its output holds. */
  shows: string[];
}

/** The commands of a page, each with what the page says it shows. */
function stepsOf(page: string): Step[] {
  const steps: Step[] = [];
  for (const [, kind, text = ""] of page.matchAll(/^```(sh|text)\n([\s\S]*?)^```$/gm)) {
    if (kind === "sh") steps.push({ command: text, shows: [] });
    else steps.at(-1)?.shows.push(...text.trim().split("\n"));
  }
  return steps;
}

/** The page's placeholders, filled with what `npm start` printed. */
function filled(text: string, { url, keys }: TestGateway): string {
  return text
    .replaceAll("http://127.0.0.1:8787", url)
    .replaceAll(/<(admin|alice|auditor) key>/g, (_all, who: keyof typeof keys) => keys[who]);
}

const mark = "--- next step ---";

it.each(pages)("%s does what it says", { timeout: 120_000 }, async (name) => {
  const page = readFileSync(path.join(root, name), "utf8");
  const gateway = await startGateway();
  try {
    // The gateway of the first step runs already.
    const steps = stepsOf(filled(page, gateway)).filter(({ command }) => command !== "npm start\n");
    expect(steps.length).toBeGreaterThan(2);
    expect(steps.flatMap(({ shows }) => shows).length).toBeGreaterThan(0);
    const script = steps.map(({ command }) => `${command}\necho; echo "${mark}"`).join("\n");
    const run = promisify(execFile)("bash", ["-euo", "pipefail", "-c", script], { cwd: root });
    const parts = (await run).stdout.split(mark);
    for (const [index, { shows }] of steps.entries()) {
      for (const line of shows) expect(parts[index]).toContain(line);
    }
  } finally {
    await gateway.stop();
  }
});
