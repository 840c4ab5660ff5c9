/** The room check, checked: every rule is broken once in a copy, and has to be seen. */
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, expect, test } from "vitest";
import { checkRooms, judge } from "../scripts/rooms.ts";

const root = path.resolve(import.meta.dirname, "..");
const copies: string[] = [];
afterAll(() => {
  for (const copy of copies) rmSync(copy, { recursive: true, force: true });
});

/** A project with the real rules and package.json, and only `files` as its source. */
function plant(files: Record<string, string>): string {
  const copy = mkdtempSync(path.join(tmpdir(), "tallygate-rooms-"));
  copies.push(copy);
  for (const name of [".dependency-cruiser.cjs", "package.json", "tsconfig.json"]) {
    cpSync(path.join(root, name), path.join(copy, name));
  }
  const packages = { "node_modules/partyserver/index.js": "export class Server {}\n" };
  const whole: Record<string, string> = { ...packages, ...files };
  for (const [file, text] of Object.entries(whole)) {
    mkdirSync(path.dirname(path.join(copy, file)), { recursive: true });
    writeFileSync(path.join(copy, file), text);
  }
  return copy;
}

const value = "export const value = 1;\n";
const use = (from: string): string =>
  `import { value } from "${from}";\nexport const used = value;\n`;

const planted: [rule: string, files: Record<string, string>][] = [
  [
    "events-depends-on-nothing",
    { "src/events/a.ts": use("#policy/b.ts"), "src/policy/b.ts": value },
  ],
  [
    "leaf-rooms-know-only-events",
    { "src/dlp/a.ts": use("#policy/b.ts"), "src/policy/b.ts": value },
  ],
  ["projections-fold-events", { "src/projections/a.ts": use("#dlp/b.ts"), "src/dlp/b.ts": value }],
  [
    "projections-no-shells",
    {
      "src/projections/a.ts": use("#actors/user/user-actor.ts"),
      "src/actors/user/user-actor.ts": value,
    },
  ],
  [
    "deciders-are-pure",
    {
      "src/actors/user/decider.ts": use("./helper.ts"),
      "src/actors/user/helper.ts":
        'import { Server } from "partyserver";\nexport const value = Server;\n',
    },
  ],
  [
    "deciders-are-pure",
    {
      "src/actors/user/rate-decider.ts": use("./helper.ts"),
      "src/actors/user/helper.ts":
        'import { DurableObject } from "cloudflare:workers";\nexport const value = DurableObject;\n',
    },
  ],
  [
    "actors-do-not-import-actors",
    { "src/actors/user/a.ts": use("#actors/ledger/b.ts"), "src/actors/ledger/b.ts": value },
  ],
  ["nobody-imports-edge", { "src/actors/user/a.ts": use("#edge/b.ts"), "src/edge/b.ts": value }],
  [
    "partyserver-in-one-file",
    { "src/actors/user/a.ts": 'export { Server } from "partyserver";\n' },
  ],
  [
    "pure-rooms-reach-no-runtime",
    {
      "src/dlp/a.ts": use("./b.ts"),
      "src/dlp/b.ts": 'import { env } from "cloudflare:workers";\nexport const value = env;\n',
    },
  ],
  ["no-circular", { "src/dlp/a.ts": use("./b.ts"), "src/dlp/b.ts": use("./a.ts") }],
];

test.each(planted)("a break of %s is seen", async (rule, files) => {
  const { problems } = await checkRooms(plant(files));
  expect(problems.some((problem) => problem.startsWith(`${rule}: `))).toBe(true);
});

test("every rule of the configuration is broken here", () => {
  const { forbidden } = createRequire(import.meta.url)("../.dependency-cruiser.cjs") as {
    forbidden: { name: string }[];
  };
  expect(new Set(planted.map(([rule]) => rule))).toEqual(
    new Set(forbidden.map(({ name }) => name)),
  );
});

test("what the rooms allow is allowed", async () => {
  const files = {
    "src/events/a.ts": value,
    "src/policy/b.ts": use("#events/a.ts"),
    "src/actors/user/decider.ts": use("#policy/b.ts"),
    "src/actors/user/api.ts": "export interface Api {\n  n: number;\n}\n",
    "src/actors/ledger/a.ts":
      'import type { Api } from "#actors/user/api.ts";\nexport type A = Api;\n',
    "src/edge/worker.ts": use("#actors/ledger/a.ts"),
  };
  expect(await checkRooms(plant(files))).toEqual({ cruised: 6, problems: [] });
});

test("a run that saw no module, or fewer than there are, fails", async () => {
  const nothing = { modules: [], summary: { violations: [] } };
  expect(judge(nothing, ["src/a.ts"]).problems).toHaveLength(1);
  expect(judge(nothing, []).problems).toHaveLength(1);
  expect(judge({ ...nothing, modules: [{ source: "src/a.ts" }] }, ["src/a.ts"]).problems).toEqual(
    [],
  );
  const copy = plant({ "src/events/a.ts": value });
  // As when its parser is missing: dependency-cruiser sees no TypeScript, and is content.
  writeFileSync(
    path.join(copy, ".dependency-cruiser.cjs"),
    "module.exports = { forbidden: [], options: { exclude: { path: '[.]ts$' } } };\n",
  );
  expect((await checkRooms(copy)).problems[0]).toContain("cruised 0 of 1 source files");
});
