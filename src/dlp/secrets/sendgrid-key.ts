/** SendGrid API key. */
import { tokenDetector } from "../kit/token.ts";

export const sendgridKey = tokenDetector({
  id: "sendgrid-key",
  title: "SendGrid API key",
  prefixes: ["SG."],
  extra: "_-.=",
  pattern: /^SG\.[A-Za-z0-9_=.-]{55,72}(?![\w-])/,
});
