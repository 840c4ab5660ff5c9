/** Azure client secret. */
import { tokenDetector } from "../kit/token.ts";

export const azureClientSecret = tokenDetector({
  id: "azure-client-secret",
  title: "Azure client secret",
  groups: ["azure"],
  prefixes: ["Q~"],
  extra: "_-.~",
  pattern: /^[A-Za-z0-9_~.]{3}\dQ~[A-Za-z0-9_~.-]{31,34}(?![\w~-])/,
  back: 8,
  backMin: 4,
  maxLength: 48,
  backExtra: "_~.",
});
