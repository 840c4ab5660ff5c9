/** United States individual taxpayer number: starts with 9, group in the issued ranges. */
import { twoOf } from "../kit/dates.ts";
import { numberDetector } from "../kit/number.ts";

export const usItin = numberDetector({
  id: "us-itin",
  title: "US individual taxpayer identification number",
  version: 2,
  groups: ["pii", "government-ids"],
  layouts: { "3-2-4": 0.6, "9": 0.2, "3-6": 0.2, "5-4": 0.2 },
  separators: " -.",
  valid({ values }) {
    const group = twoOf(values, 3);
    if (values[0] !== 9) return false;
    return (
      (group >= 50 && group <= 65) || (group >= 70 && group <= 99 && group !== 89 && group !== 93)
    );
  },
  words: ["itin", "taxpayer", "tax id", "individual taxpayer"],
});
