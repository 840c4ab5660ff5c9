/** House rules that no linter knows: each seen to bite on a planted break, then held over the project. */
import { existsSync, readFileSync, readdirSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import {
  countCodeLines,
  headers,
  links,
  mirror,
  names,
  pages,
  sizes,
  words,
} from "./support/tidy-rules.ts";
import type { TextFile } from "./support/tidy-rules.ts";

const root = path.resolve(import.meta.dirname, "..");
const file = (name: string, text = ""): TextFile => ({ path: name, text });

const notOurs = new Set(["node_modules", ".git", ".tallygate", ".wrangler", "dist", "coverage"]);

/** Every text file of the project, but for what is installed, built, machine-written or recorded. */
function project(folder = ""): TextFile[] {
  return readdirSync(path.join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const name = path.posix.join(folder, entry.name);
    if (entry.isDirectory()) return notOurs.has(entry.name) ? [] : project(name);
    const isText = /\.(ts|tsx|mjs|cjs|md|json|toml)$/.test(name) && name !== "package-lock.json";
    if (!isText || /^test\/(golden|fixtures)\//.test(name)) return [];
    return [file(name, readFileSync(path.join(root, name), "utf8"))];
  });
}

const files = project();

test("the rules see the project", () => {
  expect(files.some((each) => each.path === "src/edge/worker.ts")).toBe(true);
});

test("a source file without a header is seen; there is none", () => {
  expect(headers([file("src/a.ts", "const a = 1;\n"), file("test/b.ts", "b")])).toHaveLength(1);
  expect(headers([file("src/a.ts", "/** Why. */\n")])).toEqual([]);
  expect(headers(files)).toEqual([]);
});

test("a file of more than 300 lines of code is seen; there is none", () => {
  expect(countCodeLines("/** a\n * b\n */\n\n// c\nconst d = 1; // e\n/* f */\n")).toBe(1);
  expect(
    sizes([file("src/a.ts", "x;\n".repeat(301)), file("src/b.ts", "x;\n".repeat(300))]),
  ).toHaveLength(1);
  expect(sizes(files)).toEqual([]);
});

test("a banned word is seen with what to write instead; there is none", () => {
  const planted: [string, string][] = [
    ["src/dlp/a.ts", "// TODO later"],
    ["docs/a.md", "FIXME"],
    ["src/edge/a.ts", "const a = JSON.parse(text);"],
    ["src/actors/user/a.ts", "const a = JSON.parse(text);"],
    ["src/dlp/a.ts", 'import { a } from "../events/a.ts";'],
    ["src/actors/user/a.ts", 'import { a } from "../../policy/a.ts";'],
    ["src/edge/a.ts", "const [a, b] = body.tee();"],
    ["src/edge/a.ts", "await getServerByName(env.USERS, name)"],
    ["README.md", "a whitelist"],
    ["README.md", "the Blacklist"],
    ["scripts/a.ts", "// sanity check"],
    ["scripts/a.ts", "// utilise"],
  ];
  for (const [name, text] of planted)
    expect(words([file(name, `fine\n${text}\n`)])).toHaveLength(1);
  const fine = file("src/events/parse-json.ts", "return JSON.parse(text);\n");
  expect(words([fine, file("src/actors/a.ts", "const todo = parseJson(text);\n")])).toEqual([]);
  expect(words(files)).toEqual([]);
});

test("a file with a name that says nothing is seen; there is none", () => {
  const vague = [
    "src/a/utils.ts",
    "src/a/index.ts",
    "src/edge/http-helpers.ts",
    "src/a/camelCase.ts",
  ];
  expect(names(vague.map((name) => file(name)))).toHaveLength(vague.length);
  expect(names([file("src/edge/read-body.ts")])).toEqual([]);
  expect(names(files)).toEqual([]);
});

test("a test without a subject is seen; there is none", () => {
  const source = file("src/dlp/engine.ts");
  const stray = ["test/dlp/motor.test.ts", "test/engine.test.ts", "test/pld/motor.workerd.test.ts"];
  expect(mirror([source, ...stray.map((name) => file(name))])).toHaveLength(stray.length);
  const placed = [
    "test/dlp/engine.test.ts",
    "test/dlp/engine.workerd.test.ts",
    "test/dlp/engine.speed.test.ts",
    "test/dlp/crash.workerd.test.ts",
    "test/dlp.test.ts",
    "test/scenarios/a-day.test.ts",
    "test/scripts/start.test.ts",
    "test/rooms.test.ts",
  ];
  expect(mirror([source, ...placed.map((name) => file(name))])).toEqual([]);
  expect(mirror(files)).toEqual([]);
});

test("a link that leads nowhere is seen; there is none", () => {
  const page = file(
    "docs/a.md",
    "[a](b.md) [c](../c.md#x) [d](https://example.com) [e](#here) `[f](g)`\n",
  );
  expect(links([page], () => false)).toHaveLength(2);
  expect(links([page], (name) => ["docs/b.md", "c.md"].includes(name))).toEqual([]);
  expect(links(files, (name) => existsSync(path.join(root, name)))).toEqual([]);
});

test("a long README and a CHANGELOG without a place for what is next are seen", () => {
  expect(pages([])).toHaveLength(2);
  expect(
    pages([file("README.md", "a\n".repeat(121)), file("CHANGELOG.md", "## 1.0.0\n")]),
  ).toHaveLength(2);
  const good = [file("README.md", "a\n".repeat(120)), file("CHANGELOG.md", "## Unreleased\n")];
  expect(pages(good)).toEqual([]);
});
