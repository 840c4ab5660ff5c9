/** ReadMe API key. */
import { tokenDetector } from "../kit/token.ts";

export const readmeKey = tokenDetector({
  id: "readme-key",
  title: "ReadMe API key",
  prefixes: ["rdme_"],
  extra: "_",
  pattern: /^rdme_[a-z0-9]{70}(?!\w)/,
});
