/** Doppler token. */
import { tokenDetector } from "../kit/token.ts";

export const dopplerToken = tokenDetector({
  id: "doppler-token",
  title: "Doppler token",
  prefixes: ["dp."],
  extra: "_-.",
  pattern: /^dp\.(?:pt|ct|st|sa|scim|audit)\.(?:[a-z0-9_-]{2,35}\.)?[A-Za-z0-9]{40,44}(?!\w)/,
});
