/** German identity card number: nine characters of the passport alphabet, by context. */
import { ALNUM } from "../kit/chars.ts";
import { wordDetector } from "../kit/word.ts";

export const deIdCard = wordDetector({
  id: "de-id-card",
  title: "German identity card number",
  groups: ["pii", "government-ids"],
  prefilter: { kind: "mixed", letters: [1, 2, 3, 4], reach: 9, solid: true },
  quick: (source, at) => source.run(at, ALNUM, at + 9) - at === 9,
  letters: "CFGHJKLMNPRTVWXYZ",
  lengths: [9, 10],
  maxLength: 10,
  valid: (word) => /^[A-Z]{1,4}[0-9]/.test(word) && /^[A-Z][0-9A-Z]{8}[0-9]?$/.test(word),
  words: ["personalausweis", "ausweis", "ausweisnummer", "id card"],
  alone: 0.2,
});
