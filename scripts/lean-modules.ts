/**
 * What the Worker leaves out of zod: parts that nothing here calls. Each is told by the package's own
 * file and names; when a newer package is written differently, the build fails and says so.
 */
import { readFileSync } from "node:fs";

export interface Plugging {
  onLoad(filter: { filter: RegExp }, load: (asked: { path: string }) => { contents: string }): void;
}

/**
 * Leaves out what zod carries to turn schemas into JSON Schema: scripts do that, the Worker does not,
 * and every schema would hold on to it.
 */
export const withoutJsonSchema = {
  name: "without-json-schema",
  setup(build: Plugging): void {
    const names = [
      "createToJSONSchemaMethod",
      "createStandardJSONSchemaMethod",
      "toJSONSchema",
      "JSONSchemaGenerator",
    ];
    const contents = [
      `const refuse = () => { throw new Error("JSON Schema is left out by scripts/lean-modules.ts"); };`,
      ...names.map(
        (name) => `export const ${name} = ${name.startsWith("create") ? "() => " : ""}refuse;`,
      ),
    ].join("\n");
    const filter =
      /[\\/]zod[\\/]v4[\\/]core[\\/](json-schema-processors|json-schema-generator|to-json-schema)\.js$/;
    build.onLoad({ filter }, () => ({ contents }));
  },
};

/** A constructor of zod's, as short as it can be: what it is made of, and nothing of its own. */
const shortened = (name: string, ...parts: readonly string[]): string =>
  [
    `export const ${name} = /*@__PURE__*/ core.$constructor("${name}", (inst, def) => {`,
    ...parts.map((part) => `    ${part}.init(inst, def);`),
  ].join("\n");

/** zod's code without what it would compile where that is allowed, which is not so in a Worker. */
export const leanZodCore = (code: string): string =>
  between(code, "export const $ZodObjectJIT =", "\n});", () =>
    shortened("$ZodObjectJIT", "$ZodObject"),
  );

/**
 * zod's code without formats as methods of strings, each of which is there as a schema of its own, and
 * without the assignments of what is left out of JSON Schema. A helper is asked for in its own
 * file: as a member of the index's it would bring all helpers along, as members of one object.
 */
export function leanZodClassic(code: string): string {
  const strings = between(code, "export const ZodString =", "\n});", () =>
    shortened("ZodString", "core.$ZodString", "_ZodString"),
  );
  const whole = 'import { util } from "../core/index.js";';
  const helpers = between(strings, whole, "\n", () => 'import * as util from "../core/util.js";');
  return helpers
    .replaceAll(/^ +inst\._zod\.processJSONSchema = .*;\n/gm, "")
    .replaceAll("core.util.", "util.");
}

/** Leaves out `z.string().url()` for `z.url()`, and code that makes code. */
export const withLeanZod = {
  name: "with-lean-zod",
  setup(build: Plugging): void {
    for (const [part, lean] of [
      ["core", leanZodCore],
      ["classic", leanZodClassic],
    ] as const) {
      const filter = new RegExp(`[\\\\/]zod[\\\\/]v4[\\\\/]${part}[\\\\/]schemas\\.js$`);
      build.onLoad({ filter }, ({ path }) => ({ contents: lean(readFileSync(path, "utf8")) }));
    }
  },
};

/** Code with a part between two marks changed; throws when the marks are not there. */
export function between(
  code: string,
  from: string,
  to: string,
  change: (part: string) => string,
): string {
  const start = code.indexOf(from);
  const end = code.indexOf(to, start);
  if (start < 0 || end < 0)
    throw new Error(`There is no ${from} before ${to} any more: look at it again.`);
  return code.slice(0, start) + change(code.slice(start, end)) + code.slice(end);
}
