import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compileIpRanges, isIpRange } from "#policy/ip-range.ts";

it.each([
  ["10.0.0.0/8", "10.255.0.1", true],
  ["10.0.0.0/8", "11.0.0.1", false],
  ["203.0.113.7", "203.0.113.7", true],
  ["203.0.113.7", "203.0.113.8", false],
  ["192.0.2.128/25", "192.0.2.200", true],
  ["192.0.2.128/25", "192.0.2.127", false],
  ["0.0.0.0/0", "8.8.8.8", true],
  ["0.0.0.0/0", "2001:db8::1", false],
  ["2001:db8::/32", "2001:db8:ffff::1", true],
  ["2001:db8::/32", "2001:db9::1", false],
  ["2001:db8::/33", "2001:db8:8000::", false],
  ["::1", "0:0:0:0:0:0:0:1", true],
  ["::/0", "2001:DB8::1", true],
  ["10.0.0.0/8", "::ffff:10.1.2.3", true],
  ["::ffff:10.0.0.0/104", "10.1.2.3", true],
  ["::ffff:10.0.0.0/104", "11.1.2.3", false],
  ["10.0.0.0/8", "10.1.2.3, 11.1.1.1", false],
  ["10.0.0.0/8", "", false],
])("%s and %s: %s", (range, address, within) => {
  expect(compileIpRanges([range])(address)).toBe(within);
});

it.each([
  "",
  "10.0.0",
  "10.0.0.256",
  "010.0.0.1",
  "10.0.0.0/33",
  "10.0.0.0/",
  "10.0.0.0/8/8",
  "10.0.0.0/-1",
  "::/129",
  ":::",
  "1::2::3",
  "1:2:3:4:5:6:7",
  "1:2:3:4:5:6:7:8::",
  "12345::",
  "g::",
  "fe80::1%eth0",
  "localhost",
])("%j is no range, and in a list it holds nothing", (text) => {
  expect(isIpRange(text)).toBe(false);
  expect(compileIpRanges([text])("10.0.0.1")).toBe(false);
});

const numberOf = (parts: readonly number[]) => parts.reduce((sum, part) => sum * 256 + part, 0);

describe("a range", () => {
  const word = fc.nat(255);
  it("holds an address exactly when their first bits agree, counted as one number", () => {
    const four = fc.tuple(word, word, word, word);
    fc.assert(
      fc.property(four, four, fc.nat(32), (base, asked, bits) => {
        const size = 2 ** (32 - bits);
        const same = Math.floor(numberOf(base) / size) === Math.floor(numberOf(asked) / size);
        expect(compileIpRanges([`${base.join(".")}/${bits}`])(asked.join("."))).toBe(same);
      }),
      { seed: 4632, numRuns: 300 },
    );
  });
});
