/** What is left out of packages changes no pattern, and no schema. */
import { globSync, readFileSync } from "node:fs";
import path from "node:path";
import { expect, it } from "vitest";
import { root } from "../../scripts/from-wrangler.ts";
import { leanRe2, leanZodClassic, leanZodCore } from "../../scripts/lean-modules.ts";

const file = path.join(root, "node_modules/re2js/build/index.js");
const whole = readFileSync(file, "utf8");

interface Table {
  length: number;
  getLo(row: number): number;
  getHi(row: number): number;
  getStride(row: number): number;
}
type TableMap = { initializer: Record<string, () => Table> };
interface Tables {
  CATEGORIES: TableMap;
  SCRIPTS: TableMap;
  FOLD_CATEGORIES: TableMap;
  FOLD_SCRIPT: TableMap;
  Print: Table;
}

/** The package's tables of Unicode, which it does not export. */
async function tablesOf(code: string): Promise<Tables> {
  const url = `data:text/javascript,${encodeURIComponent(`${code}\nexport { UnicodeTables };`)}`;
  return ((await import(url)) as { UnicodeTables: Tables }).UnicodeTables;
}

/** Every character of a table, one bit each. */
function charactersOf(table: Table): Buffer {
  const bits = Buffer.alloc(0x110000);
  for (let row = 0; row < table.length; row += 1) {
    for (let at = table.getLo(row); at <= table.getHi(row); at += table.getStride(row))
      bits[at] = 1;
  }
  return bits;
}

it("tables that are made of others have the same characters as before, and no table is missing", async () => {
  const lean = leanRe2(whole);
  const [before, after] = await Promise.all([tablesOf(whole), tablesOf(lean)]);
  for (const map of ["CATEGORIES", "SCRIPTS", "FOLD_CATEGORIES", "FOLD_SCRIPT"] as const) {
    const [was, is] = [before[map].initializer, after[map].initializer];
    expect(Object.keys(is)).toEqual(Object.keys(was));
    const changed = Object.keys(was).filter((name) => String(was[name]) !== String(is[name]));
    expect(changed.length).toBeGreaterThan(0);
    for (const name of changed) {
      const [old, now] = [was[name]?.(), is[name]?.()].map((table) => charactersOf(table as Table));
      expect([map, name, now?.equals(old as Buffer)]).toEqual([map, name, true]);
    }
  }
  // Below 256 the package knows by itself what is printed.
  const [was, is] = [charactersOf(before.Print), charactersOf(after.Print)];
  expect(is.subarray(256).equals(was.subarray(256))).toBe(true);
  expect(whole.length - lean.length).toBeGreaterThan(20_000);
});

it("a package that is written differently is refused, and nothing left out by guess", () => {
  expect(() => leanRe2(whole.replace("static CATEGORIES =", "static KINDS ="))).toThrow(
    "look at it again",
  );
  expect(() => leanRe2(whole.replace("\t\tLC: () =>", "\t\tLD: () =>"))).toThrow(
    "no table LC any more",
  );
});

it("no schema asks a string for a format, which the Worker's strings do not have: z.url() is there", () => {
  const classic = readFileSync(path.join(root, "node_modules/zod/v4/classic/schemas.js"), "utf8");
  const table = classic.slice(classic.indexOf("export const ZodString ="));
  const names = [...table.slice(0, table.indexOf("\n});")).matchAll(/^ {4}(\w+)\(params\)/gm)].map(
    ([, name]) => name,
  );
  expect(names).toEqual(expect.arrayContaining(["email", "url", "datetime", "cidrv6"]));
  // Of `z` itself and of `z.iso` they may be asked.
  const asked = new RegExp(`(?<!\\bz|\\biso)\\.(?:${names.join("|")})\\(`);
  const files = globSync("{src,client/src}/**/*.ts", { cwd: root });
  const schemas = files.filter((file) =>
    /from "zod"/.test(readFileSync(path.join(root, file), "utf8")),
  );
  expect(schemas.length).toBeGreaterThan(50);
  expect(schemas.filter((file) => asked.test(readFileSync(path.join(root, file), "utf8")))).toEqual(
    [],
  );
});

it("zod's helpers come one by one, and nothing is said of JSON Schema for each kind of schema", () => {
  const classic = readFileSync(path.join(root, "node_modules/zod/v4/classic/schemas.js"), "utf8");
  const lean = leanZodClassic(classic);
  expect(classic.match(/core\.util\./g)).not.toBeNull();
  expect(lean.match(/core\.util\.|import \{ util \}|processJSONSchema/g)).toBeNull();
  expect(lean).toContain('import * as util from "../core/util.js";');
});

it("zod written differently is refused, too", () => {
  expect(() => leanZodCore("export const $ZodObject = 1;")).toThrow("look at it again");
  expect(() => leanZodClassic("export const string = 1;")).toThrow("look at it again");
  const strings = "export const ZodString = core.$constructor(() => {\n});";
  expect(() => leanZodClassic(strings)).toThrow("import { util }");
});
