/** Square access token. */
import { tokenDetector } from "../kit/token.ts";

export const squareToken = tokenDetector({
  id: "square-token",
  title: "Square access token",
  prefixes: ["sq0atp-", "sq0csp-", "EAAA"],
  extra: "_-",
  pattern: /^(?:sq0[a-z]{3}-[A-Za-z0-9_-]{22,60}|EAAA[A-Za-z0-9_+-]{40,64}(?![\w-]))/,
});
