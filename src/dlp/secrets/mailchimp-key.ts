/** Mailchimp API key. */
import { tokenDetector } from "../kit/token.ts";

export const mailchimpKey = tokenDetector({
  id: "mailchimp-key",
  title: "Mailchimp API key",
  prefixes: ["-us"],
  extra: "-",
  pattern: /^[a-z0-9]{32}-us\d{1,2}(?!\w)/,
  back: 40,
  backMin: 32,
  maxLength: 48,
});
