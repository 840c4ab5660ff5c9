/** Fly.io token. */
import { tokenDetector } from "../kit/token.ts";

export const flyioToken = tokenDetector({
  id: "flyio-token",
  title: "Fly.io token",
  prefixes: ["fo1_", "fm1a_", "fm1r_", "fm2_"],
  extra: "_-+/=",
  pattern: /^f(?:o1|m1[ar]|m2)_[A-Za-z0-9_+/-]{43,}=*/,
});
