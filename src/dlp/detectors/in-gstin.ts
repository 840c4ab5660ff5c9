/** Indian goods and services tax number: state code, PAN, entity, Z, check character. */
import { ALPHA, is } from "../kit/chars.ts";
import { wordDetector } from "../kit/word.ts";

export const inGstin = wordDetector({
  id: "in-gstin",
  title: "Indian GST identification number",
  groups: ["financial"],
  prefilter: { kind: "digits", first: [2], second: [0], reach: 15, solid: true },
  quick: (source, at) => is(source.code(at + 2), ALPHA),
  lengths: [15],
  maxLength: 15,
  valid: (word) => /^[0-3][0-9][A-Z]{5}[0-9]{4}[A-Z][0-9A-Z]Z[0-9A-Z]$/.test(word),
  words: ["gst", "gstin"],
  alone: 0.7,
});
