/** Twilio API key. */
import { tokenDetector } from "../kit/token.ts";

export const twilioKey = tokenDetector({
  id: "twilio-key",
  title: "Twilio API key",
  prefixes: ["SK"],
  extra: "_",
  pattern: /^SK[0-9a-fA-F]{32}(?!\w)/,
});
