/** Brevo (Sendinblue) API key. */
import { tokenDetector } from "../kit/token.ts";

export const sendinblueKey = tokenDetector({
  id: "sendinblue-key",
  title: "Brevo (Sendinblue) API key",
  prefixes: ["xkeysib-"],
  extra: "_-",
  pattern: /^xkeysib-[a-f0-9]{64}-[A-Za-z0-9]{16}(?!\w)/,
});
