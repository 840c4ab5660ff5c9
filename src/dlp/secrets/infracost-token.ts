/** Infracost API token. */
import { tokenDetector } from "../kit/token.ts";

export const infracostToken = tokenDetector({
  id: "infracost-token",
  title: "Infracost API token",
  prefixes: ["ico-"],
  extra: "_-",
  pattern: /^ico-[A-Za-z0-9]{32}(?!\w)/,
});
