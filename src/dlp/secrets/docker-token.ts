/** Docker access token. */
import { tokenDetector } from "../kit/token.ts";

export const dockerToken = tokenDetector({
  id: "docker-token",
  title: "Docker access token",
  prefixes: ["dckr_pat_", "dckr_oat_"],
  extra: "_-",
  pattern: /^dckr_[po]at_[A-Za-z0-9_-]{24,40}(?![\w-])/,
});
