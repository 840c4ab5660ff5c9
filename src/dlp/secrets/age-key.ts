/** age secret key. */
import { tokenDetector } from "../kit/token.ts";

export const ageKey = tokenDetector({
  id: "age-key",
  title: "age secret key",
  prefixes: ["AGE-SECRET-KEY-1"],
  extra: "_-",
  pattern: /^AGE-SECRET-KEY-1[0-9A-Z]{58}(?!\w)/,
});
