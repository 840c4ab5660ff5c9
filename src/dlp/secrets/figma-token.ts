/** Figma access token. */
import { tokenDetector } from "../kit/token.ts";

export const figmaToken = tokenDetector({
  id: "figma-token",
  title: "Figma access token",
  prefixes: ["figd_", "figdr_"],
  extra: "_-",
  pattern: /^figdr?_[A-Za-z0-9_-]{38,60}(?![\w-])/,
});
