/** Facebook access token. */
import { tokenDetector } from "../kit/token.ts";

export const facebookToken = tokenDetector({
  id: "facebook-token",
  title: "Facebook access token",
  prefixes: ["EAA"],
  extra: "_-",
  pattern: /^EAA[MC][A-Za-z0-9]{80,}/,
});
