/** MaxMind license key. */
import { tokenDetector } from "../kit/token.ts";

export const maxmindKey = tokenDetector({
  id: "maxmind-key",
  title: "MaxMind license key",
  prefixes: ["_mmk"],
  extra: "_",
  pattern: /^[A-Za-z0-9]{6}_[A-Za-z0-9]{29}_mmk(?!\w)/,
  back: 40,
  backMin: 36,
  maxLength: 48,
  backExtra: "_",
});
