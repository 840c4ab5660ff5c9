/** npm access token. */
import { tokenDetector } from "../kit/token.ts";

export const npmToken = tokenDetector({
  id: "npm-token",
  title: "npm access token",
  prefixes: ["npm_"],
  extra: "_",
  pattern: /^npm_[A-Za-z0-9]{36}(?!\w)/,
});
