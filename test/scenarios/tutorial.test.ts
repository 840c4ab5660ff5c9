/**
 * Every fenced block of README and docs: a command is run as a reader would type it, code is typed,
 * data is parsed, and what is neither says why.
 */
import { execFile, spawnSync } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { promisify } from "node:util";
import { afterAll, describe, expect, it } from "vitest";
import { chat, auditEntry } from "../support/client.ts";
import { blocksOf, docPages, readPage, stepsOf, type Block } from "../support/doc-blocks.ts";
import { checkBlock } from "../support/doc-checks.ts";
import { startGateway, type TestGateway } from "../support/gateway.ts";

const root = path.resolve(import.meta.dirname, "../..");

/** README's blocks that are not run, by their first words: nothing may stand between its lines. */
const README_EXCUSES: Record<string, string> = {
  "RequestAdmitted  alice": "a picture of two events",
  "caller -> edge": "a picture",
  "npm test ": "this is one of those",
};

function blocks(page: string): Block[] {
  return blocksOf(page, readPage(page)).map((block) => {
    if (page !== "README.md") return block;
    const start = Object.keys(README_EXCUSES).find((words) => block.text.startsWith(words));
    return start === undefined ? block : { ...block, excuse: README_EXCUSES[start] };
  });
}

const pages = docPages().map((page) => ({ page, blocks: blocks(page) }));

/** The page's placeholders, filled with what `npm start` printed. */
function filled(text: string, { url, keys }: TestGateway): string {
  return text
    .replaceAll("http://127.0.0.1:8787", url)
    .replaceAll("tg_dev_...", keys.alice)
    .replaceAll(/<(admin|alice|auditor) key>/g, (_all, who: keyof typeof keys) => keys[who]);
}

describe("a fenced block", () => {
  const rest = pages
    .flatMap((page) => page.blocks)
    .filter(
      ({ excuse, language }) => excuse === undefined && !["sh", "text", "ts"].includes(language),
    );

  it.each(rest.map((block) => [`${block.page}:${block.line}`, block] as const))(
    "%s is what it says it is",
    (_where, block) => checkBlock(block),
  );

  it("of a language that nobody checks, without a reason, is seen", () => {
    const [bare, excused, list] = blocksOf(
      "p.md",
      "```\nx\n```\n\n<!-- not run: a picture -->\n\n```\ny\n```\n```json\n{a ]\n```\n",
    );
    expect(() => bare && checkBlock(bare)).toThrow("say why");
    expect(() => list && checkBlock(list)).toThrow();
    expect(excused?.excuse).toBe("a picture");
    const [wrong] = blocksOf("p.md", '```json\n"limits": [{ "name": 1 }]\n```\n');
    expect(() => wrong && checkBlock(wrong)).toThrow("name");
  });

  it("of text follows the command that shows it", () => {
    for (const { page, blocks: all } of pages) {
      const lost = all.filter(
        ({ language, excuse }) => language === "text" && excuse === undefined,
      );
      const shown = stepsOf(all).flatMap(({ shows }) => shows);
      for (const { text, line } of lost) {
        expect(shown, `${page}:${line}`).toEqual(expect.arrayContaining(text.trim().split("\n")));
      }
    }
  });

  it("of TypeScript has its types", () => {
    // Inside the project, for its packages, and where nobody looks for sources.
    const folder = path.join(root, ".tallygate/samples");
    const samples = pages
      .flatMap((page) => page.blocks)
      .filter(({ language, excuse }) => language === "ts" && excuse === undefined);
    expect(samples.length).toBeGreaterThan(1);
    try {
      mkdirSync(folder, { recursive: true });
      for (const [index, { text }] of samples.entries()) {
        // What an earlier sample of the page imports is there for a later one.
        const needs = text.includes("import ")
          ? ""
          : 'import { createGateway } from "tallygate/client";\n';
        writeFileSync(path.join(folder, `sample-${index}.ts`), `${needs}${text}`);
      }
      const compilerOptions = {
        noEmit: true,
        lib: ["es2024", "dom", "dom.iterable", "dom.asynciterable"],
        types: ["node"],
        paths: {
          "tallygate/client": ["../../client/src/client.ts"],
          "tallygate/client/allowlist": ["../../client/src/allowlist.ts"],
          "tallygate/client/worker": ["../../client/src/binding.ts"],
        },
      };
      const config = { extends: "../../tsconfig.json", compilerOptions, include: ["*.ts"] };
      writeFileSync(path.join(folder, "tsconfig.json"), JSON.stringify(config));
      const tsc = path.join(root, "node_modules/.bin/tsc");
      expect(spawnSync(tsc, ["-p", folder], { encoding: "utf8" }).stdout).toBe("");
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }, 240_000);
});

const mark = "--- next step ---";

async function runPage(all: readonly Block[], gateway: TestGateway): Promise<void> {
  const steps = stepsOf(all).map(({ command, shows }) => ({
    command: filled(command, gateway),
    shows: shows.map((line) => filled(line, gateway)),
  }));
  // The gateway of the first step runs already.
  const typed = steps.filter(({ command }) => !command.startsWith("npm start"));
  const script = typed.map(({ command }) => `${command}\necho; echo "${mark}"`).join("\n");
  const run = promisify(execFile)("bash", ["-euo", "pipefail", "-c", script], { cwd: root });
  const parts = (await run).stdout.split(mark);
  for (const [index, { shows }] of typed.entries()) {
    for (const line of shows) expect(parts[index]).toContain(line);
  }
}

const typed = pages.filter((page) => stepsOf(page.blocks).length > 0);
/** What changes rules or people changes what another page shows. */
const alters = ({ blocks: all }: (typeof pages)[number]): boolean =>
  stepsOf(all).some(({ command }) => /policy |erase|correct-price/.test(command));

describe("the commands of a page", () => {
  // Each has a gateway of its own and mostly waits for a policy to be in force: some at a time.
  const own = typed.filter((page) => alters(page));
  it.concurrent.each(own.map(({ page, blocks: all }) => [page, all] as const))(
    "%s do what it says",
    async (_page, all) => {
      const gateway = await startGateway();
      try {
        expect(stepsOf(all).flatMap(({ shows }) => shows)).not.toEqual([]);
        await runPage(all, gateway);
      } finally {
        await gateway.stop();
      }
    },
    300_000,
  );
});

describe("the commands of a page that changes nothing", () => {
  let shared: Promise<TestGateway> | undefined;
  afterAll(async () => (await shared)?.stop());

  const others = typed.filter((page) => !alters(page));
  it.each(others.map(({ page, blocks: all }) => [page, all] as const))(
    "%s do what it says, on a gateway that was used",
    async (_page, all) => {
      shared ??= startGateway().then(async (gateway) => {
        const answer = await chat(gateway, gateway.keys.alice, "hello");
        await auditEntry(gateway, answer.headers.get("x-request-id") ?? "");
        return gateway;
      });
      await runPage(all, await shared);
    },
    300_000,
  );
});
