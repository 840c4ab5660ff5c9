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

it("a package that is written differently is refused, and nothing left out by guess", () => {
  for (const [was, is] of [
    ["static CATEGORIES =", "static KINDS ="],
    ["static SCRIPTS = new LazyMap({", "static SCRIPTS = new Map({"],
    ["this._Print = new", "this._Print = old"],
  ] as const) {
    expect(() => leanRe2(whole.replace(was, is))).toThrow("look at it again");
  }
  const rows = whole.replaceAll(": () => new UnicodeRangeTable(", ": () => new RangeTable(");
  expect(() => leanRe2(rows)).toThrow("no tables any more");
});
