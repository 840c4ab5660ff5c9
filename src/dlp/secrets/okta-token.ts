/** Okta API token. */
import { tokenDetector } from "../kit/token.ts";

export const oktaToken = tokenDetector({
  id: "okta-token",
  title: "Okta API token",
  prefixes: ["00"],
  extra: "_-",
  pattern: /^00[A-Za-z0-9_-]{40}(?![\w-])/,
  confidence: 0.4,
});
