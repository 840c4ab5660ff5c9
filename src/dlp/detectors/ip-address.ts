/** Internet addresses, version 4 and 6. Version numbers and section numbers are not addresses. */
import { ALNUM, ALPHA, DIGIT, HEX, is } from "../kit/chars.ts";
import { contextWords, hasContext } from "../kit/context.ts";
import type { Detector } from "../kit/detector.ts";
import type { Source } from "../kit/source.ts";

const DOT = 46;
const COLON = 58;
const AGAINST = contextWords([
  "version",
  "v",
  "build",
  "section",
  "release",
  "chapter",
  "revision",
  "driver",
  "firmware",
]);

/** The end of four decimal octets at `at`, or -1. */
function octetsEnd(source: Source, at: number): number {
  let index = at;
  for (let octet = 0; octet < 4; octet += 1) {
    const end = source.run(index, DIGIT, index + 4);
    const value = Number(source.text.slice(index, end));
    if (end === index || end - index > 3 || value > 255) return -1;
    if (end - index > 1 && source.code(index) === 48) return -1;
    if (octet === 3) return end;
    if (source.code(end) !== DOT) return -1;
    index = end + 1;
  }
  return -1;
}

function version4(source: Source, at: number): number {
  const before = source.code(at - 1);
  if (before === DOT || before === 45 || before === 95) return -1;
  const end = octetsEnd(source, at);
  if (end < 0 || !source.closes(end)) return -1;
  if (source.code(end) === DOT && is(source.code(end + 1), ALNUM)) return -1;
  if (source.code(end) === 45 && is(source.code(end + 1), ALNUM & ~DIGIT)) return -1;
  return end;
}

/** The end of a version 6 address at `at`: up to eight groups of hex, one `::`, maybe octets. */
function version6(source: Source, at: number): number {
  let index = at;
  let groups = 0;
  let gap = false;
  if (source.code(at) === COLON) {
    if (source.code(at + 1) !== COLON) return -1;
    gap = true;
    index = at + 2;
  }
  let end = index;
  while (groups < 8) {
    const stop = source.run(index, HEX, index + 5);
    if (stop === index) break;
    if (source.code(stop) === DOT && (gap || groups === 6)) {
      const octets = octetsEnd(source, index);
      if (octets > 0) {
        groups += 2;
        end = octets;
        break;
      }
    }
    if (stop - index > 4) return -1;
    groups += 1;
    end = stop;
    if (source.code(stop) !== COLON) break;
    if (source.code(stop + 1) === COLON) {
      if (gap) return -1;
      gap = true;
      index = stop + 2;
      end = index;
    } else {
      index = stop + 1;
    }
  }
  if (gap ? groups < 1 || groups > 7 : groups !== 8) return -1;
  return source.closes(end) && source.code(end) !== COLON ? end : -1;
}

/** A first group of letters alone ("fe80" has a digit, "face" has none) reads as code, not address. */
function startsWithDigit(source: Source, at: number): boolean {
  if (source.code(at) === COLON) return true;
  const end = source.run(at, HEX, at + 4);
  return source.run(at, ALPHA, end) < end;
}

export const ipAddress: Detector = {
  id: "ip-address",
  title: "IP address",
  version: 1,
  groups: ["network", "pii"],
  evidence: "shape, context",
  prefilter: [
    { kind: "digits", first: [1, 2, 3, 4], follow: ".:abcdefABCDEF" },
    { kind: "mixed", letters: [1, 2, 3] },
    { kind: "anywhere", literals: ["::"] },
  ],
  maxLength: 45,
  validate(source, at) {
    const first = source.code(at);
    if (!source.opens(at) || source.code(at - 1) === COLON) return undefined;
    // Hex of any address ends at a colon or a full stop, and then goes on: most words do not.
    if (first !== COLON) {
      const stop = source.run(at, HEX, at + 5);
      const next = source.code(stop);
      if (next !== COLON && next !== DOT) return undefined;
      const after = source.code(stop + 1);
      if (!is(after, next === DOT ? DIGIT : HEX) && after !== COLON) return undefined;
    }
    if (is(first, DIGIT)) {
      const end = version4(source, at);
      if (end > 0) {
        const against = hasContext(source, at, AGAINST, 16);
        return { start: at, end, confidence: against ? 0.3 : 0.7, why: ["shape"] };
      }
    } else if (!is(first, HEX) && first !== COLON) {
      return undefined;
    }
    if (!startsWithDigit(source, at)) return undefined;
    const end = version6(source, at);
    if (end < 0 || end - at < 4) return undefined;
    return { start: at, end, confidence: 0.75, why: ["shape"] };
  },
};
