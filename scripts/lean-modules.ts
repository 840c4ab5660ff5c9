/**
 * What the Worker leaves out of the packages that it is made with: parts that nothing here calls, and
 * tables that others add up to. Each is told by its package's own file and names; when a newer package
 * is written differently, the build fails and says so.
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

/** Classes of characters that are others together, as the Unicode standard defines them (UAX 44, 24). */
const sums: Readonly<Record<string, string>> = {
  C: "Cc Cf Cn Co Cs",
  L: "Ll Lm Lo Lt Lu",
  LC: "Ll Lt Lu",
  M: "Mc Me Mn",
  N: "Nd Nl No",
  P: "Pc Pd Pe Pf Pi Po Ps",
  S: "Sc Sk Sm So",
  Z: "Zl Zp Zs",
  Unknown: "Cn Co Cs",
};

/** What every other class or script leaves over (UAX 44, 24): which names are asked for the others. */
const rests: Readonly<Record<string, string>> = {
  Cn: 'restOf(UnicodeTables.CATEGORIES, (name) => /^[A-Z][a-z]$/.test(name) && name !== "Cn")',
  Common: 'restOf(UnicodeTables.SCRIPTS, (name) => name !== "Common")',
};

/**
 * Tables made of others, in RE2's own form: rows of first, last and step. A sum has the characters of
 * each, a rest those of none; a fold has characters that differ by case alone from one of a table's,
 * and are not in it.
 */
const madeTables = `const rowsOf = (table) => Array.from({ length: table.length }, (_, i) => {
  const [lo, hi, step] = [table.getLo(i), table.getHi(i), table.getStride(i)];
  if (step === 1) return [[lo, hi]];
  return Array.from({ length: (hi - lo) / step + 1 }, (_, k) => [lo + k * step, lo + k * step]);
}).flat();
const joinedOf = (rows) => {
  const joined = [];
  for (const [lo, hi] of rows.sort(([a], [b]) => a - b)) {
    const last = joined.at(-1);
    if (last !== undefined && last[1] + 1 >= lo) last[1] = Math.max(last[1], hi);
    else joined.push([lo, hi]);
  }
  return joined;
};
const tableOf = (rows) => new UnicodeRangeTable(Uint32Array.from(rows.flatMap(([lo, hi]) => [lo, hi, 1])));
const sumOf = (names) =>
  tableOf(joinedOf(names.split(" ").flatMap((name) => rowsOf(UnicodeTables.CATEGORIES.get(name)))));
const restOf = (tables, isOther) => {
  const names = Object.keys(tables.initializer).filter(isOther);
  const taken = joinedOf(names.flatMap((name) => rowsOf(tables.get(name))));
  const starts = [0, ...taken.map(([, hi]) => hi + 1)];
  const ends = [...taken.map(([lo]) => lo - 1), Unicode.MAX_RUNE];
  return tableOf(starts.map((lo, i) => [lo, ends[i]]).filter(([lo, hi]) => lo <= hi));
};
const foldsOf = (tables, names) => new LazyMap(Object.fromEntries(names.split(" ").map((name) => [name, () => {
  const table = UnicodeTables[tables].get(name);
  const meets = (rune) => {
    for (let other = Unicode.simpleFold(rune); other !== rune; other = Unicode.simpleFold(other))
      if (Unicode.is(table, other)) return true;
    return false;
  };
  const runes = [...Array(128).keys(), ...UnicodeTables.CASE_ORBIT.keys()];
  const folds = runes.filter((rune) => !Unicode.is(table, rune) && meets(rune));
  return tableOf(joinedOf(folds.map((rune) => [rune, rune])));
}])));
`;

/** Code with a part between two marks changed; throws when the marks are not there. */
function between(code: string, from: string, to: string, change: (part: string) => string): string {
  const start = code.indexOf(from);
  const end = code.indexOf(to, start);
  if (start < 0 || end < 0)
    throw new Error(`There is no ${from} before ${to} any more: look at it again.`);
  return code.slice(0, start) + change(code.slice(start, end)) + code.slice(end);
}

/** Code with tables replaced by how they are made; throws when one of them is not written as it was. */
function made(code: string, tables: Readonly<Record<string, string>>): string {
  return Object.entries(tables).reduce((text, [name, how]) => {
    const row = new RegExp(`^(\\s*${name}: \\(\\) => )new UnicodeRangeTable\\(.*\\)(,?)$`, "m");
    if (!row.test(text)) throw new Error(`There is no table ${name} any more: look at it again.`);
    return text.replace(row, (_, start: string, end: string) => start + how + end);
  }, code);
}

/** The maps of folds, by the names of their tables. */
function folded(part: string): string {
  return part.replaceAll(/static FOLD_(\w+) = new LazyMap\(\{([^}]*)\}\)/g, (_, map, rows) => {
    const names = [...String(rows).matchAll(/^\s*(\w+): /gm)].map(([, name]) => name);
    return `static FOLD_${map} = foldsOf("${map === "SCRIPT" ? "SCRIPTS" : map}", "${names.join(" ")}")`;
  });
}

/** RE2's code without the translation of other patterns into its own, and with tables made of others. */
export function leanRe2(code: string): string {
  const adds = Object.entries(sums).map(([name, parts]) => [name, `sumOf("${parts}")`]);
  const tables = between(code, "static CATEGORIES =", "static FOLD_CATEGORIES =", (part) =>
    made(part, { ...Object.fromEntries(adds), ...rests }),
  );
  const folds = between(tables, "static FOLD_CATEGORIES =", "// src/Unicode.js", folded);
  const printed = between(
    folds,
    "this._Print = new",
    ";",
    () => `this._Print = sumOf("L M N P S")`,
  );
  const added = between(printed, "var UnicodeTables =", "static", (part) => madeTables + part);
  return between(added, "// src/TranslateRegExpString.js", "// src/index.js", () => {
    const refuse = `throw new Error("Translation is left out by scripts/lean-modules.ts");`;
    return `const TranslateRegExpString = { translate() { ${refuse} } };\n`;
  });
}

/** Leaves ten kibibytes out of RE2. */
export const withLeanRe2 = {
  name: "with-lean-re2",
  setup(build: Plugging): void {
    build.onLoad({ filter: /[\\/]re2js[\\/]build[\\/]index\.js$/ }, ({ path }) => ({
      contents: leanRe2(readFileSync(path, "utf8")),
    }));
  },
};
