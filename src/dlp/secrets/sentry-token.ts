/** Sentry token. */
import { tokenDetector } from "../kit/token.ts";

export const sentryToken = tokenDetector({
  id: "sentry-token",
  title: "Sentry token",
  prefixes: ["sntryu_", "sntrys_"],
  extra: "_+/=",
  pattern: /^(?:sntryu_[a-f0-9]{64}(?!\w)|sntrys_eyJ[A-Za-z0-9_+/=]{40,})/,
});
