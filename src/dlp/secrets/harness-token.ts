/** Harness API key. */
import { tokenDetector } from "../kit/token.ts";

export const harnessToken = tokenDetector({
  id: "harness-token",
  title: "Harness API key",
  prefixes: ["pat.", "sat."],
  extra: "_-.",
  pattern: /^[ps]at\.[A-Za-z0-9_-]{22}\.[A-Za-z0-9]{24}\.[A-Za-z0-9]{20}(?!\w)/,
});
