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
 * Methods that nobody here asks for, and whose names are too common to be told by, or that are still
 * named by what never happens: texts are replaced and split by others, and no pattern is shown. One
 * that is named twice is there twice. What only they call goes after them.
 */
const unasked: Readonly<Record<string, string>> = {
  Utils: "isByteArray utf8ByteArrayToString",
  MatcherInputBase: "asBytes asCharSequence getEncoding isUTF16Encoding isUTF8Encoding length",
  Utf16MatcherInput: "asBytes getEncoding",
  MatcherInput: "utf8",
  MachineInput: "fromUTF8",
  Matcher:
    "appendReplacement appendReplacementFunc appendReplacementInternalJava appendReplacementInternalJs appendTail " +
    "getNamedGroups group lookingAt matchArray matches namedGroupsObject pattern replace replaceAll replaceFirst substring",
  Inst: "escapeRunes toString",
  Queue: "toString",
  Machine: "matchSet restoreLookbehinds saveLookbehinds spawnLookbehinds",
  Regexp: "appendTo toString",
  AhoCorasick: "searchUTF8",
  Prefilter: "automaton8",
  Prog: "toString",
  Compiler: "compileSet lookBehind",
  CharClass: "charClassToString toString",
  Parser: "parseNegLookBehind parsePosLookBehind",
  RE2:
    "allMatches dfa find findIndex initTest match match matchUTF8 replaceAll replaceAllFunc replaceFirst " +
    "reset toString",
  RE2JS:
    "equals exec flags initTest matchAll matches matches namedGroups pattern reset split test testExact toString",
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

/**
 * What is never so here, because a text is searched, from its beginning, for the leftmost match of a
 * pattern of RE2's own syntax: input that is bytes, an anchor, the longest match, a look behind.
 */
const never: readonly (readonly [written: RegExp, meant: string])[] = [
  [/\bUtils\.isByteArray\(input\)/g, "false"],
  [/\b(?:this\.matcherI|i)nput\.isUTF8Encoding\(\)/g, "false"],
  [/\b(?:this\.matcherI|i)nput\.isUTF16Encoding\(\)/g, "true"],
  [/\bglobalThis\.Text(?:En|De)coder\b/g, "true"],
  [/\banchor === RE2Flags\.ANCHOR_(?:START|BOTH)\b/g, "false"],
  [/\banchor === RE2Flags\.UNANCHORED\b/g, "true"],
  [/\(this\.flags & RE2Flags\.LOOKBEHIND\) !== 0/g, "false"],
  [/\b(?:this\.|c\.)?prog\.numLb > 0/g, "false"],
  [/\bthis\.prog\.numLb === 0/g, "true"],
  [/\bconst longest = (?:this\.)?re2\.longest\b/g, "const longest = false"],
  [/^\t+case Regexp\.Op\.[PN]LB: .*;\n/gm, ""],
  [/^\t+re2\.prefixUTF8 = .*;\n/gm, ""],
  [/^\tstatic Encoding = .*;\n/gm, ""],
];

/** Where names of numbers stand, how they are written there, and what they are asked for as. */
const numbers: readonly (readonly [from: string, to: string, row: RegExp, asked: string])[] = [
  ...["RE2Flags", "Unicode", "Utils", "Inst"].map(
    (name) =>
      [`var ${name} = class`, "\n};", /^\tstatic ([A-Z_0-9]+) = (-?\d+);$/gm, `${name}.`] as const,
  ),
  ["const PublicFlags = {", "\n}", /^\t([A-Z_]+): (\d+),?$/gm, "PublicFlags."],
  [
    "static CODES = Object.freeze({",
    "\n\t}",
    /^\t\t("[^]{1,4}?"|\S): (\d+),?$/gm,
    "Codepoint.CODES",
  ],
  ["static Type = {", "\n\t}", /^\t\t([A-Z]+): (\d+),?$/gm, "Prefilter.Type."],
];

/** Numbers in the place of members that are one, so that what depends on them alone is seen. */
function withNumbers(code: string): string {
  const named = new Map<string, string>();
  const rest = numbers.reduce(
    (text, [from, to, row, asked]) =>
      between(text, from, to, (part) => {
        const left = part.replaceAll(row, (_row, name: string, value: string) => {
          const key = asked.endsWith(".") ? name : `["${name.replaceAll(/^"|"$/g, "")}"]`;
          named.set(asked + key, value);
          return "";
        });
        if (left === part) throw new Error(`${from} has no numbers any more: look at it again.`);
        return left;
      }),
    code,
  );
  const whole = between(rest, "static Op = createEnum([", ");", (part) => {
    const names = part.matchAll(/"([A-Z_]+)"/g);
    for (const [at, [, name]] of [...names].entries()) named.set(`Regexp.Op.${name}`, String(at));
    return "static Op = (0";
  });
  const member = new RegExp(
    String.raw`\b(?:(?:RE2Flags|PublicFlags|Utils|Inst|Unicode|Regexp\.Op|Prefilter\.Type)\.[A-Z][A-Z_0-9]+\b|Codepoint\.CODES\b(?:\["[^]{1,4}?"\])?)`,
    "g",
  );
  return whole.replaceAll(member, (name) => {
    const isLeft = whole.includes(`static ${name.split(".")[1]} =`) && name.split(".").length === 2;
    const value = named.get(name) ?? (isLeft ? name : undefined);
    if (value === undefined) throw new Error(`${name} is no number any more: look at it again.`);
    return value;
  });
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
  const bytes = between(found, "var Utf8MatcherInput =", "var Utf16MatcherInput =", () => "");
  const input = between(bytes, "var MachineUTF8Input =", "var MachineUTF16Input =", () => "");
  const one = between(input, "var RE2Set =", "// src/Translate", () => "");
  const exported = between(one, "export {", "}", () => "export { RE2JS ");
  const less = never.reduce((text, [written, meant]) => {
    if (text.search(written) < 0)
      throw new Error(`${written} is nowhere any more: look at it again.`);
    return text.replaceAll(written, meant);
  }, exported);
  const asked = Object.entries(unasked).reduce((text, [name, methods]) => {
    return without(text, name, methods);
  }, less);
  return between(withNumbers(asked), "// src/TranslateRegExpString.js", "// src/index.js", () => {
    const refuse = `throw new Error("Translation is left out by scripts/lean-re2.ts");`;
    return `const TranslateRegExpString = { translate() { ${refuse} } };\n`;
  });
}

/** Leaves nineteen kibibytes out of RE2. */
export const withLeanRe2 = {
  name: "with-lean-re2",
  setup(build: Plugging): void {
    build.onLoad({ filter: /[\\/]re2js[\\/]build[\\/]index\.js$/ }, ({ path }) => ({
      contents: leanRe2(readFileSync(path, "utf8")),
    }));
  },
};
