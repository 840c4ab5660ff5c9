/** Indian permanent account number: the fourth letter names the kind of holder. */
import { ALNUM } from "../kit/chars.ts";
import { wordDetector } from "../kit/word.ts";

export const inPan = wordDetector({
  id: "in-pan",
  title: "Indian permanent account number",
  version: 2,
  groups: ["pii", "government-ids", "financial"],
  prefilter: { kind: "mixed", letters: [5], reach: 10, solid: true },
  quick: (source, at) => source.run(at, ALNUM, at + 10) - at === 10,
  lengths: [10],
  maxLength: 10,
  capitals: true,
  valid: (word) => /^[A-Z]{3}[ABCFGHJLPT][A-Z][0-9]{4}[A-Z]$/.test(word),
  words: ["pan", "permanent account", "income tax", "pan card"],
  alone: 0.6,
});
