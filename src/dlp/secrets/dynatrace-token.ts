/** Dynatrace token. */
import { tokenDetector } from "../kit/token.ts";

export const dynatraceToken = tokenDetector({
  id: "dynatrace-token",
  title: "Dynatrace token",
  prefixes: ["dt0"],
  extra: ".",
  pattern: /^dt0[a-z]\d\d\.[A-Za-z0-9]{24}\.[A-Za-z0-9]{64}(?!\w)/,
});
