/** Canonical JSON against the examples of RFC 8785. */
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { canonicalJson } from "#events/canonical.ts";

const seed = 8785;

test("the example of RFC 8785, section 3.2.2, comes out as printed there", () => {
  const input: unknown = JSON.parse(
    String.raw`{"numbers":[333333333.33333329,1E30,4.50,2e-3,0.000000000000000000000000001],"string":"\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/","literals":[null,true,false]}`,
  );
  expect(canonicalJson(input)).toBe(
    String.raw`{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\u000f\nA'B\"\\\\\"/"}`,
  );
});

test("keys are sorted by UTF-16 units, as in section 3.2.3", () => {
  const input = {
    "\u20ac": "Euro Sign",
    "\r": "Carriage Return",
    "\ufb33": "Hebrew Letter Dalet With Dagesh",
    "1": "One",
    "\ud83d\ude00": "Emoji: Grinning Face",
    "\u0080": "Control",
    "\u00f6": "Latin Small Letter O With Diaeresis",
  };
  const names = Object.values(JSON.parse(canonicalJson(input)) as Record<string, string>);
  // An object lists integer keys first; the text itself has the carriage return before "1".
  expect(canonicalJson(input).startsWith(String.raw`{"\r":"Carriage Return","1":"One",`)).toBe(
    true,
  );
  expect(names.slice(2)).toEqual([
    "Control",
    "Latin Small Letter O With Diaeresis",
    "Euro Sign",
    "Emoji: Grinning Face",
    "Hebrew Letter Dalet With Dagesh",
  ]);
});

test.each([
  ["0000000000000000", "0"],
  ["8000000000000000", "0"],
  ["0000000000000001", "5e-324"],
  ["8000000000000001", "-5e-324"],
  ["7fefffffffffffff", "1.7976931348623157e+308"],
  ["4340000000000000", "9007199254740992"],
  ["4430000000000000", "295147905179352830000"],
  ["44b52d02c7e14af5", "9.999999999999997e+22"],
  ["44b52d02c7e14af6", "1e+23"],
  ["444b1ae4d6e2ef4e", "999999999999999700000"],
  ["444b1ae4d6e2ef50", "1e+21"],
  ["3eb0c6f7a0b5ed8c", "9.999999999999997e-7"],
  ["3eb0c6f7a0b5ed8d", "0.000001"],
  ["41b3de4355555553", "333333333.3333332"],
  ["becbf647612f3696", "-0.0000033333333333333333"],
])("the number %s of appendix B is written %s", (hex, text) => {
  const number = new DataView(Uint8Array.from(Buffer.from(hex, "hex")).buffer).getFloat64(0);
  expect(canonicalJson(number)).toBe(text);
});

test("what JSON cannot hold is refused", () => {
  for (const value of [Number.NaN, Infinity, undefined, [undefined], () => 1, 1n, Symbol("s")]) {
    expect(() => canonicalJson(value)).toThrow(TypeError);
  }
});

test("the order in which keys were set does not show, and the text parses to the same value", () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const reversed = (item: unknown): unknown => {
        if (Array.isArray(item)) return item.map(reversed);
        if (typeof item !== "object" || item === null) return item;
        return Object.fromEntries(
          Object.entries(item)
            .reverse()
            .map(([key, inner]) => [key, reversed(inner)]),
        );
      };
      const text = canonicalJson(value);
      expect(canonicalJson(reversed(value))).toBe(text);
      expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)));
    }),
    { seed, numRuns: 300 },
  );
});
