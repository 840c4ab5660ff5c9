import { expect, it } from "vitest";
import { nestingMax, tryParseJson } from "#events/parse-json.ts";

const nested = (levels: number, open: string, close: string): string =>
  `${open.repeat(levels)}1${close.repeat(levels)}`;

it("JSON is parsed, and what is not JSON is undefined", () => {
  expect(tryParseJson('{"a":[1,null]}')).toEqual({ a: [1, null] });
  expect(tryParseJson("null")).toBeNull();
  for (const text of ["", "{", "undefined", "NaN", "{a:1}"]) {
    expect(tryParseJson(text)).toBeUndefined();
  }
});

it.each([
  ["[", "]"],
  ['{"a":', "}"],
  ['{"__proto__":', "}"],
])("nesting of %s is taken up to the bound and refused past it", (open, close) => {
  expect(tryParseJson(nested(nestingMax, open, close))).toBeDefined();
  expect(tryParseJson(nested(nestingMax + 1, open, close))).toBeUndefined();
  expect(tryParseJson(nested(50_000, open, close))).toBeUndefined();
});
