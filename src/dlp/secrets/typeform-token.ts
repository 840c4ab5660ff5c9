/** Typeform API token. */
import { tokenDetector } from "../kit/token.ts";

export const typeformToken = tokenDetector({
  id: "typeform-token",
  title: "Typeform API token",
  prefixes: ["tfp_"],
  extra: "_-.=",
  pattern: /^tfp_[A-Za-z0-9_.=-]{59}(?![\w-])/,
  maxLength: 100,
});
