/** Adobe client secret. */
import { tokenDetector } from "../kit/token.ts";

export const adobeSecret = tokenDetector({
  id: "adobe-secret",
  title: "Adobe client secret",
  prefixes: ["p8e-"],
  extra: "_-",
  pattern: /^p8e-[A-Za-z0-9]{32}(?!\w)/,
});
