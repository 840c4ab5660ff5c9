/** Medicare beneficiary identifier: eleven places, each with its own class of characters. */
import { ALPHA, DIGIT, is } from "../kit/chars.ts";
import { wordDetector } from "../kit/word.ts";

export const usMbi = wordDetector({
  id: "us-mbi",
  title: "US Medicare beneficiary identifier",
  version: 2,
  groups: ["pii", "medical"],
  prefilter: { kind: "digits", first: [1], second: [0], reach: 4, solid: true },
  quick: (source, at) => is(source.code(at), DIGIT) && is(source.code(at + 1), ALPHA),
  lengths: [11],
  maxLength: 13,
  separators: "- ",
  valid: (word, written) =>
    /^[1-9][AC-HJKMNP-RT-Y][0-9AC-HJKMNP-RT-Y][0-9][- ]?[AC-HJKMNP-RT-Y][0-9AC-HJKMNP-RT-Y][0-9][- ]?[AC-HJKMNP-RT-Y]{2}[0-9]{2}$/.test(
      written.toUpperCase(),
    ) && word.length === 11,
  words: ["mbi", "medicare", "beneficiary"],
  alone: 0.7,
});
