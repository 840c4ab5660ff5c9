/** No pattern of the room can backtrack without an end. */
import { globSync, readFileSync } from "node:fs";
import { parseSync } from "@swc/core";
import { describe, expect, it, vi } from "vitest";

import { nestedRepeats } from "../support/nested-repeats.ts";

/** Every regular expression literal of a program, wherever it stands. */
function literalsOf(node: unknown, found: string[]): string[] {
  if (typeof node !== "object" || node === null) return found;
  if ("type" in node && node.type === "RegExpLiteral" && "pattern" in node)
    found.push(String(node.pattern));
  for (const value of Object.values(node)) literalsOf(value, found);
  return found;
}

/** Literals of all files of the room, and what its modules make with `new RegExp` when they load. */
async function patterns(): Promise<string[]> {
  const found: string[] = [];
  for (const file of globSync("src/dlp/**/*.ts"))
    literalsOf(parseSync(readFileSync(file, "utf8"), { syntax: "typescript" }), found);
  const literals = found.length;
  const Real = RegExp;
  vi.stubGlobal(
    "RegExp",
    class extends Real {
      constructor(source: string | RegExp, flags?: string) {
        super(source, flags);
        found.push(this.source);
      }
    },
  );
  vi.resetModules();
  await import("#dlp/catalogue.ts");
  await import("#dlp/guard/score.ts");
  vi.unstubAllGlobals();
  expect(literals).toBeGreaterThan(150);
  expect(found.length).toBeGreaterThan(literals);
  return [...new Set(found)];
}

describe("a built-in pattern", () => {
  it("repeats nothing that repeats without an end", async () => {
    const bad = (await patterns()).flatMap((source) =>
      nestedRepeats(source).map((part) => `${part} in ${source}`),
    );
    expect(bad).toEqual([]);
  });

  it.each([
    "(a+)+$",
    "^(?:[a-z]+_?)*$",
    "(?:x|\\w+)+!",
    "(?:[_-]?[a-z]+)+$",
    "(?:[A-Za-z][a-z]+)+$",
    "(?:.*,){2,}x",
    "((a{2,})b?)*",
  ])("such as %s is refused", (source) => {
    expect(nestedRepeats(source)).not.toEqual([]);
  });

  it.each([
    "^[a-z]+(?:[_-][a-z]+)*$",
    "(?:[A-Z][a-z]+)+",
    "a+b+c",
    "(?:a+){2,5}",
    "[(+)+]+",
    "(?:ab|cd)+",
  ])("such as %s is let through", (source) => {
    expect(nestedRepeats(source)).toEqual([]);
  });
});
