/** Hardware addresses: six pairs of hex with one separator throughout, or three groups of four. */
import { HEX } from "../kit/chars.ts";
import type { Detector } from "../kit/detector.ts";
import type { Source } from "../kit/source.ts";

function pairsEnd(source: Source, at: number, size: number, count: number): number {
  let index = at;
  let separator = 0;
  for (let group = 0; group < count; group += 1) {
    const end = source.run(index, HEX, index + size + 1);
    if (end - index !== size) return -1;
    if (group === count - 1) return end;
    const next = source.code(end);
    if (group === 0) separator = next;
    const allowed = size === 2 ? next === 58 || next === 45 : next === 46;
    if (!allowed || next !== separator) return -1;
    index = end + 1;
  }
  return -1;
}

export const macAddress: Detector = {
  id: "mac-address",
  title: "MAC address",
  version: 1,
  groups: ["network", "pii"],
  evidence: "shape",
  prefilter: { kind: "anywhere", literals: [":", "-", "."], next: HEX, after: HEX, previous: HEX },
  maxLength: 17,
  validate(source, at) {
    // Anchored at the first separator, since the first pair may be letters or digits.
    const size = source.code(at) === 46 ? 4 : 2;
    const start = at - size;
    if (start < 0 || !source.opens(start)) return undefined;
    const before = source.code(start - 1);
    if (before === source.code(at)) return undefined;
    const end = pairsEnd(source, start, size, size === 2 ? 6 : 3);
    if (end < 0 || !source.closes(end)) return undefined;
    if (source.code(end) === source.code(at) && source.run(end + 1, HEX, end + 2) > end + 1)
      return undefined;
    const text = source.text.slice(start, end);
    if (/^(?:00[:-]){5}00$|^(?:ff[:-]){5}ff$/i.test(text)) return undefined;
    if (size === 4 && !/[0-9]/.test(text)) return undefined;
    return { start, end, confidence: 0.8, why: ["shape"] };
  },
};
