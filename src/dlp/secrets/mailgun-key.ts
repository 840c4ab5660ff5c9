/** Mailgun API key. */
import { tokenDetector } from "../kit/token.ts";

export const mailgunKey = tokenDetector({
  id: "mailgun-key",
  title: "Mailgun API key",
  prefixes: ["key-", "pubkey-"],
  extra: "_-",
  pattern: /^(?:pub)?key-[a-f0-9]{32}(?!\w)/,
});
