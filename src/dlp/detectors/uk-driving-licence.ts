/** British driving licence: surname, coded date of birth, initials. */
import { ALNUM } from "../kit/chars.ts";
import { wordDetector } from "../kit/word.ts";

export const ukDrivingLicence = wordDetector({
  id: "uk-driving-licence",
  title: "UK driving licence number",
  groups: ["pii", "government-ids"],
  prefilter: { kind: "mixed", letters: [1, 2, 3, 4, 5], reach: 16, solid: true },
  quick: (source, at) => source.run(at, ALNUM, at + 16) - at === 16,
  lengths: [16, 18],
  maxLength: 18,
  valid: (word) =>
    /^[A-Z](?:[A-Z]{4}|[A-Z]{3}9|[A-Z]{2}99|[A-Z]999|9999)[0-9](?:[05][1-9]|[16][0-2])[0-3][0-9]{2}[A-Z][A-Z9][0-9A-Z][A-Z]{2}(?:[0-9]{2})?$/.test(
      word,
    ),
  words: ["licence", "driving", "driver"],
  alone: 0.75,
});
