/** Google API key. */
import { tokenDetector } from "../kit/token.ts";

export const googleApiKey = tokenDetector({
  id: "google-api-key",
  title: "Google API key",
  groups: ["gcp"],
  prefixes: ["AIza", "GOCSPX-", "ya29."],
  extra: "_-.",
  pattern: /^(?:AIza[A-Za-z0-9_-]{35}(?![\w-])|GOCSPX-[A-Za-z0-9_-]{28}|ya29\.[A-Za-z0-9_-]{20,})/,
});
