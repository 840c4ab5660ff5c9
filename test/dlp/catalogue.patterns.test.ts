/** No pattern of the room can backtrack without an end. */
import { globSync, readFileSync } from "node:fs";
import { parseSync } from "@swc/core";
import { describe, expect, it, vi } from "vitest";

import { nestedRepeats } from "../support/nested-repeats.ts";
import { growsFaster, searchGrowsFaster } from "../support/pattern-steps.ts";

interface Pattern {
  source: string;
  flags: string;
}

/** Every regular expression literal of a program, wherever it stands. */
function literalsOf(node: unknown, found: Pattern[]): Pattern[] {
  if (typeof node !== "object" || node === null) return found;
  if ("type" in node && node.type === "RegExpLiteral" && "pattern" in node)
    found.push({ source: String(node.pattern), flags: "flags" in node ? String(node.flags) : "" });
  for (const value of Object.values(node)) literalsOf(value, found);
  return found;
}

/** Literals of all files of the room, and what its modules make with `new RegExp` when they load. */
async function patterns(): Promise<Pattern[]> {
  const found: Pattern[] = [];
  for (const file of globSync("src/dlp/**/*.ts"))
    literalsOf(parseSync(readFileSync(file, "utf8"), { syntax: "typescript" }), found);
  const literals = found.length;
  const Real = RegExp;
  vi.stubGlobal(
    "RegExp",
    class extends Real {
      constructor(source: string | RegExp, flags?: string) {
        super(source, flags);
        found.push({ source: this.source, flags: this.flags });
      }
    },
  );
  vi.resetModules();
  await import("#dlp/catalogue.ts");
  await import("#dlp/guard/score.ts");
  const loaded = found.length;
  // These are made when they are first asked for.
  (await import("#dlp/kit/link.ts")).isLink("number is: ");
  (await import("#dlp/kit/written-dates.ts")).writtenAfter(": 3 May 1990");
  expect(found.length).toBe(loaded + 3);
  vi.unstubAllGlobals();
  expect(literals).toBeGreaterThan(150);
  expect(found.length).toBeGreaterThan(literals);
  return [...new Map(found.map((one) => [`/${one.source}/${one.flags}`, one])).values()];
}

describe("a built-in pattern", () => {
  it("repeats nothing that repeats without an end", async () => {
    const bad = (await patterns()).flatMap(({ source }) =>
      nestedRepeats(source).map((part) => `${part} in ${source}`),
    );
    expect(bad).toEqual([]);
  });

  it("takes twice the steps for twice the text, whatever is repeated in it", async () => {
    const repeating = (await patterns()).filter(({ source }) => /[*+]|,\}/.test(source));
    expect(repeating.length).toBeGreaterThan(50);
    const bad = repeating.flatMap(({ source, flags }) =>
      growsFaster(source, flags).map((text) => `/${source}/${flags} on ${text}`),
    );
    expect(bad).toEqual([]);
  });

  it("takes no more than the square of a text when it is sought from every place of it", async () => {
    const repeating = (await patterns()).filter(({ source }) => /[*+]|,\}/.test(source));
    const bad = repeating.map(({ source, flags }) => [source, searchGrowsFaster(source, flags)]);
    expect(bad.filter(([, text]) => text !== undefined)).toEqual([]);
  });

  it.each(["a+a+b", "\\w*\\d*;", "(?:x|xx)+!", "\\s+[^,]+\\s+,"])(
    "such as %s is refused for the steps of its search",
    (source) => {
      expect(searchGrowsFaster(source, "")).toMatch(/steps$/);
    },
  );

  it.each(["a+b", "\\d+-\\d+$", "(?<=x)\\s+$", "\\w{1,40}\\d{1,40};"])(
    "such as %s is let through for the steps of its search",
    (source) => {
      expect(searchGrowsFaster(source, "")).toBeUndefined();
    },
  );

  it.each([
    "^\\d+\\d+$",
    "^\\w*\\d*$",
    "^x\\d+-?\\d+;",
    "^[a-z]+(?:[_-]?)[a-z0-9]+!$",
    "^(?:a|b)+(?:b|c)+$",
    "^.*=.*$",
    "^(?:\\s*,\\s*)+x",
    "^(a+)+$",
  ])("such as %s is refused for its steps", (source) => {
    expect(growsFaster(source, "")).not.toEqual([]);
  });

  it.each([
    "^\\d+-\\d+$",
    "^[a-z]+(?:[_-][a-z]+)*$",
    "^\\w{1,40}\\d{1,40}$",
    "^a*b+c*$",
    "(?<!\\d)\\d{1,2}$",
  ])("such as %s is let through for its steps", (source) => {
    expect(growsFaster(source, "")).toEqual([]);
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
