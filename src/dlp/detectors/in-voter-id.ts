/** Indian voter id: three letters and seven digits, believed by context. */
import { wordDetector } from "../kit/word.ts";

export const inVoterId = wordDetector({
  id: "in-voter-id",
  title: "Indian voter id (EPIC)",
  groups: ["pii", "government-ids"],
  prefilter: { kind: "mixed", letters: [3], reach: 10, solid: true },
  lengths: [10],
  maxLength: 10,
  valid: (word) => /^[A-Z]{3}[0-9]{7}$/.test(word),
  words: ["voter", "epic", "election", "vote"],
  alone: 0.3,
});
