/** What is left out of RE2 changes no pattern. */
import { readFileSync } from "node:fs";
import path from "node:path";
import { expect, it } from "vitest";
import { root } from "../../scripts/from-wrangler.ts";
import { leanRe2 } from "../../scripts/lean-modules.ts";

const file = path.join(root, "node_modules/re2js/build/index.js");
const whole = readFileSync(file, "utf8");

interface Table {
  length: number;
  getLo(row: number): number;
  getHi(row: number): number;
  getStride(row: number): number;
}
interface Tables {
  CATEGORIES: { initializer: Record<string, () => Table> };
  SCRIPTS: { initializer: Record<string, () => Table> };
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

it("tables that are sums of others have the same characters as before", async () => {
  const [before, after] = await Promise.all([tablesOf(whole), tablesOf(leanRe2(whole))]);
  const sums = Object.entries({
    ...before.CATEGORIES.initializer,
    Unknown: before.SCRIPTS.initializer["Unknown"],
  }).filter(([name]) => /^(?:[CLMNPSZ]|LC|Unknown)$/.test(name));
  expect(sums).toHaveLength(9);
  for (const [name, make] of sums) {
    const now = (after.CATEGORIES.initializer[name] ?? after.SCRIPTS.initializer[name])?.();
    expect(now).toBeDefined();
    expect([name, charactersOf(now as Table).equals(charactersOf(make?.() as Table))]).toEqual([
      name,
      true,
    ]);
  }
  // Below 256 the package knows by itself what is printed.
  const [was, is] = [charactersOf(before.Print), charactersOf(after.Print)];
  expect(is.subarray(256).equals(was.subarray(256))).toBe(true);
});

it("a package that is written differently is refused, and nothing left out by guess", () => {
  expect(() => leanRe2(whole.replace("static CATEGORIES =", "static KINDS ="))).toThrow(
    "look at it again",
  );
  expect(() => leanRe2(whole.replace("\t\tLC: () =>", "\t\tLD: () =>"))).toThrow("no table LC");
});
