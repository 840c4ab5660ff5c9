/**
 * RE2 without its tables of Unicode's classes and scripts, which are a quarter of it: the runtime knows
 * them, too, and is asked when a pattern first names one. The package and the runtime are of one version
 * of Unicode; a test compares every character of every table in workerd, and fails when one of the two
 * is raised alone. When the package is written differently, the build fails and says so.
 */
import { readFileSync } from "node:fs";
import { between, type Plugging } from "./lean-modules.ts";

/**
 * Tables in RE2's own form, rows of first, last and step, and in maps by their names.
 *
 * A property has the characters that a pattern of the runtime's for it takes. Each is asked for but
 * the surrogates, the private use and the planes that are empty or kept for private use, which are
 * the same throughout but for the two last of a plane: `leaps` has their first, and where the next
 * begins. A fold has characters that differ by case alone from one of a table's, and are not in it.
 */
const madeTables = `const leaps = new Map([
  [0xd800, 0xe000], [0xe000, 0xf900], [0x40000, 0xe0000], [0xe1000, 0xf0000],
  [0xf0000, 0xffffe], [0xffffe, 0x100000], [0x100000, 0x10fffe], [0x10fffe, 0x110000],
]);
const rowsThat = (runes, isIn) => {
  const rows = [];
  for (const [lo, hi] of runes) {
    if (!isIn(lo)) continue;
    if (rows.at(-2) + 1 === lo) rows[rows.length - 2] = hi;
    else rows.push(lo, hi, 1);
  }
  return new UnicodeRangeTable(Uint32Array.from(rows));
};
function* everyRune() {
  for (let lo = 0, next; lo <= Unicode.MAX_RUNE; lo = next) yield [lo, (next = leaps.get(lo) ?? lo + 1) - 1];
}
class NamedTables {
  constructor(names, make) {
    this.names = names;
    this.make = make;
    this.cache = {};
  }
  has(name) {
    return this.names.split(" ").includes(name);
  }
  get(name) {
    return this.has(name) ? (this.cache[name] ??= this.make(name)) : null;
  }
}
const tableOf = (source) => {
  const pattern = new RegExp("^" + source, "u");
  return rowsThat(everyRune(), (rune) => pattern.test(String.fromCodePoint(rune)));
};
const propertiesOf = ({ kind, names }) => new NamedTables(names, (name) => tableOf("\\\\p{" + kind + name + "}"));
const foldsOf = ({ kind, names }) => new NamedTables(names, (name) => {
  const table = UnicodeTables[kind].get(name);
  const meets = (rune) => {
    for (let other = Unicode.simpleFold(rune); other !== rune; other = Unicode.simpleFold(other))
      if (Unicode.is(table, other)) return true;
    return false;
  };
  const runes = new Set([...Array(128).keys(), ...UnicodeTables.CASE_ORBIT.keys()]);
  return rowsThat(Array.from(runes, (rune) => [rune, rune]), (rune) => !Unicode.is(table, rune) && meets(rune));
});
`;

/** The names of the tables of a map. */
function namesOf(rows: string): string {
  const names = [...rows.matchAll(/^\s*(\w+): \(\) => new UnicodeRangeTable\(/gm)];
  if (names.length === 0) throw new Error("A map has no tables any more: look at it again.");
  return names.map(([, name]) => name).join(" ");
}

/** Every map of tables as how one of them is made, and the names that it has. */
function mapped(part: string): string {
  const made: Readonly<Record<string, readonly [how: string, kind: string]>> = {
    CATEGORIES: ["propertiesOf", ""],
    SCRIPTS: ["propertiesOf", "sc="],
    FOLD_CATEGORIES: ["foldsOf", "CATEGORIES"],
    FOLD_SCRIPT: ["foldsOf", "SCRIPTS"],
  };
  return Object.entries(made).reduce(
    (text, [map, [how, kind]]) =>
      between(text, `static ${map} = new LazyMap({`, "});", (rows) => {
        return `static ${map} = ${how}({ kind: "${kind}", names: "${namesOf(rows)}" `;
      }),
    part,
  );
}

/**
 * Methods that nobody here asks for, and whose names are too common to be told by: texts are replaced
 * and split by others, and no pattern is shown. What only they call goes after them.
 */
const unasked: Readonly<Record<string, string>> = {
  Matcher:
    "appendReplacement appendReplacementFunc appendReplacementInternalJava appendReplacementInternalJs appendTail " +
    "getNamedGroups lookingAt matchArray matches namedGroupsObject replace replaceAll replaceFirst",
  Inst: "escapeRunes toString",
  Machine: "matchSet",
  Regexp: "appendTo toString",
  CharClass: "charClassToString toString",
  RE2: "dfa replaceAll replaceAllFunc replaceFirst",
  RE2JS: "equals exec matchAll matches split test testExact toString",
};

/** A class without those of its methods. */
function without(code: string, name: string, methods: string): string {
  return between(code, `var ${name} = class`, "\n};", (whole) =>
    methods.split(" ").reduce((part, method) => {
      const written = new RegExp(
        `\\n\\t(?:static |get |\\*)?${method}\\([^\\n]*\\{\\n[^]*?\\n\\t\\}`,
      );
      if (!written.test(part))
        throw new Error(`${name} has no ${method} any more: look at it again.`);
      return part.replace(written, "");
    }, whole),
  );
}

/** RE2's code without the translation of other patterns into its own, and without its tables. */
export function leanRe2(code: string): string {
  const tables = between(code, "static CATEGORIES =", "// src/Unicode.js", mapped);
  const made = between(tables, "var UnicodeTables =", "static", (part) => madeTables + part);
  // Letters, marks, numbers, punctuation and symbols.
  const kinds = String.raw`"[\\p{L}\\p{M}\\p{N}\\p{P}\\p{S}]"`;
  const print = between(made, "this._Print = new", ";", () => `this._Print = tableOf(${kinds})`);
  // It says whether there is a match, not where, so `find` never asks it.
  const found = between(print, "// src/DFA.js", "// src/Backtracker.js", () => "");
  const asked = Object.entries(unasked).reduce((text, [name, methods]) => {
    return without(text, name, methods);
  }, found);
  return between(asked, "// src/TranslateRegExpString.js", "// src/index.js", () => {
    const refuse = `throw new Error("Translation is left out by scripts/lean-re2.ts");`;
    return `const TranslateRegExpString = { translate() { ${refuse} } };\n`;
  });
}

/** Leaves fifteen kibibytes out of RE2. */
export const withLeanRe2 = {
  name: "with-lean-re2",
  setup(build: Plugging): void {
    build.onLoad({ filter: /[\\/]re2js[\\/]build[\\/]index\.js$/ }, ({ path }) => ({
      contents: leanRe2(readFileSync(path, "utf8")),
    }));
  },
};
