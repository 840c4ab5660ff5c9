/** RE2 with the runtime's classes and scripts takes the characters that its own tables say. */
import { readFileSync } from "node:fs";
import path from "node:path";
import { expect, it } from "vitest";
import { loadMiniflare, root } from "../../scripts/from-wrangler.ts";
import { leanRe2 } from "../../scripts/lean-re2.ts";

const file = path.join(root, "node_modules/re2js/build/index.js");
const whole = readFileSync(file, "utf8");

/**
 * In workerd, because the Worker's Unicode counts: all tables of both, as rows of one step, with the
 * maps and names that differ.
 */
const compare = `import { UnicodeTables as whole } from "./whole.js";
import { UnicodeTables as lean } from "./lean.js";

const rowsOf = (table) => {
  const rows = [];
  for (let row = 0; row < table.length; row += 1) {
    for (let at = table.getLo(row), step = table.getStride(row); at <= table.getHi(row); at += step) {
      const [last] = rows.slice(-1);
      const to = step === 1 ? table.getHi(row) : at;
      if (last !== undefined && last[1] + 1 === at) last[1] = to;
      else rows.push([at, to]);
      at = to;
    }
  }
  return JSON.stringify(rows);
};
const namesOf = (map) => map.names?.split(" ") ?? Object.keys(map.initializer);

export default {
  fetch() {
    const differ = [];
    let compared = 0;
    for (const map of ["CATEGORIES", "SCRIPTS", "FOLD_CATEGORIES", "FOLD_SCRIPT"]) {
      if (String(namesOf(whole[map])) !== String(namesOf(lean[map]))) differ.push(map);
      for (const name of namesOf(whole[map])) {
        compared += 1;
        if (rowsOf(whole[map].get(name)) !== rowsOf(lean[map].get(name))) differ.push([map, name]);
      }
      if (lean[map].has("none") || lean[map].get("none") !== null) differ.push([map, "none"]);
    }
    // Below 256 the package knows by itself what is printed.
    const [was, is] = [whole.Print, lean.Print].map(rowsOf).map(JSON.parse);
    const above = (rows) => JSON.stringify(rows.filter(([, hi]) => hi > 255).map(([lo, hi]) => [Math.max(lo, 256), hi]));
    if (above(was) !== above(is)) differ.push("Print");
    return Response.json({ compared, differ });
  },
};`;

const module = (name: string, contents: string) => ({ type: "ESModule", path: name, contents });

it("in workerd every table has the same characters as the package's, and none is missing", async () => {
  const { Miniflare, NoOpLog, convertV4MiniflareOptions } = loadMiniflare();
  const tables = "\nexport { UnicodeTables };";
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      host: "127.0.0.1",
      port: 0,
      log: new NoOpLog(),
      cf: false,
      telemetry: { enabled: false },
      compatibilityDate: "2026-10-23",
      modules: [
        module("compare.js", compare),
        module("whole.js", whole + tables),
        module("lean.js", leanRe2(whole) + tables),
      ],
    }),
  );
  try {
    const answer = await fetch(await miniflare.ready);
    const { compared, differ } = (await answer.json()) as { compared: number; differ: unknown[] };
    expect(differ).toEqual([]);
    expect(compared).toBeGreaterThan(240);
  } finally {
    await miniflare.dispose();
  }
  expect(whole.length - leanRe2(whole).length).toBeGreaterThan(50_000);
});

interface Re2 {
  RE2JS: {
    CASE_INSENSITIVE: number;
    compile(
      source: string,
      flags: number,
    ): {
      programSize(): number;
      matcher(text: string): { find(from?: number): boolean; start(): number; end(): number };
    };
  };
}

/** What a pattern finds in a text, or why it is none: all that is asked of RE2 here. */
function told({ RE2JS }: Re2, source: string, text: string, flags: number): unknown {
  try {
    const compiled = RE2JS.compile(source, flags);
    const matcher = compiled.matcher(text);
    const found: [number, number][] = [];
    for (let at = 0; at <= text.length && matcher.find(at);) {
      found.push([matcher.start(), matcher.end()]);
      at = Math.max(matcher.end(), matcher.start() + 1);
    }
    return [compiled.programSize(), found, compiled.matcher("").find()];
  } catch (error) {
    return String(error);
  }
}

const load = async (code: string): Promise<Re2> =>
  (await import(`data:text/javascript,${encodeURIComponent(code)}`)) as Re2;

it("patterns are what they were: their size, what they find, and why they are none", async () => {
  const [was, is] = await Promise.all([load(whole), load(leanRe2(whole))]);
  const good =
    String.raw`EMP-\d{6} \bX\d+\b (a|b)*c (?i)straße ^\s*\w+ [^a-z]{2,5} \p{L}+ \p{Lu}\p{Ll}{1,9} \pN+
    [[:alpha:]]+ (?s).+ (?m)^k\d$ x{2,64} (foo|bar|foobar) (?P<n>a+)b \PL \p{Greek} (?:a?){20}a{20} \Q.*\E [\x{1F600}-\x{1F64F}]
    (a+)+$ \d{3}-\d{2}-\d{4} ^$ k|K|ſ \A\w \w\z ..? (?U)a+ [\d.]+`.split(/\s+/);
  const bad =
    String.raw`( [ a{1001} (?=a) \1 [z-a] \p{Nope} *a a** (?P<1>a) \8 x{3,2} (?P<a>b)(?P<a>c) (?<=a)b (?<!a)b`.split(
      " ",
    );
  const texts = [
    "",
    "EMP-123456 X12 aabbc",
    "STRASSE straße ΑΒΓ αβγ kKſ",
    "k1\nk2\n😀 123-45-6789",
  ];
  texts.push("aaaaaaaaaaaaaaaaaaaaaaaaaaaaab", `${"x".repeat(300)} foobar Zürich .* 0.5`);
  for (const source of [...good, ...bad])
    for (const text of texts)
      for (const flags of [0, was.RE2JS.CASE_INSENSITIVE])
        expect([source, told(is, source, text, flags)]).toEqual([
          source,
          told(was, source, text, flags),
        ]);
  // Past what is searched by turning back: by all states at once.
  const long = `${". ".repeat(20_000)}EMP-123456 X12 STRASSE aab\nk1\n${"x".repeat(70)} foobar 😀`;
  for (const source of good.filter((one) => /[A-Zm]|x|foo|stra/.test(one) && !/[.[]/.test(one)))
    expect([source, told(is, source, long, 1)]).toEqual([source, told(was, source, long, 1)]);
  const refused = bad.filter((source) => typeof told(is, source, "", 0) === "string");
  expect(refused.length).toBeGreaterThan(9);
});

it("a package that is written differently is refused, and nothing left out by guess", () => {
  for (const [was, is] of [
    ["static CATEGORIES =", "static KINDS ="],
    ["static SCRIPTS = new LazyMap({", "static SCRIPTS = new Map({"],
    ["this._Print = new", "this._Print = old"],
    ["\tappendTail() {", "\tappendEnd() {"],
    ["var Utf8MatcherInput =", "var BytesInput ="],
    ["(this.flags & RE2Flags.LOOKBEHIND) !== 0", "this.looksBehind"],
    ["const PublicFlags = {", "const Flags = {"],
    ["static Op = createEnum([", "static Kinds = createEnum(["],
    ["export {", "export default {"],
  ] as const) {
    expect(() => leanRe2(whole.replace(was, is))).toThrow("look at it again");
  }
  for (const [was, is] of [
    ['\t\t"LEFT_PAREN",\n', ""],
    ["\t\tA: 65,\n", ""],
  ] as const) {
    expect(() => leanRe2(whole.replace(was, is))).toThrow("is no number any more");
  }
  const rows = whole.replaceAll(": () => new UnicodeRangeTable(", ": () => new RangeTable(");
  expect(() => leanRe2(rows)).toThrow("no tables any more");
});
