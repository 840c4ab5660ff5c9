/** Clojars deploy token. */
import { tokenDetector } from "../kit/token.ts";

export const clojarsToken = tokenDetector({
  id: "clojars-token",
  title: "Clojars deploy token",
  prefixes: ["CLOJARS_"],
  extra: "_",
  pattern: /^CLOJARS_[A-Za-z0-9]{60}(?!\w)/,
});
