/** What is left out of zod changes no schema. */
import { globSync, readFileSync } from "node:fs";
import path from "node:path";
import { expect, it } from "vitest";
import { root } from "../../scripts/from-wrangler.ts";
import { leanZodClassic, leanZodCore } from "../../scripts/lean-modules.ts";

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
