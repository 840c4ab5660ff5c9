/** Facebook app token. */
import { DIGIT } from "../kit/chars.ts";
import { tokenDetector } from "../kit/token.ts";

export const facebookAppToken = tokenDetector({
  id: "facebook-app-token",
  title: "Facebook app token",
  prefixes: ["|"],
  extra: "_-|",
  pattern: /^\d{15,16}\|[A-Za-z0-9_-]{27,40}(?![\w-])/,
  back: 18,
  backMin: 15,
  previous: DIGIT,
  maxLength: 72,
});
