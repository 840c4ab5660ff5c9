/** EasyPost API key. */
import { tokenDetector } from "../kit/token.ts";

export const easypostKey = tokenDetector({
  id: "easypost-key",
  title: "EasyPost API key",
  prefixes: ["EZAK", "EZTK"],
  extra: "_",
  pattern: /^EZ[AT]K[A-Za-z0-9]{54}(?!\w)/,
});
