/** Dropbox short-lived token. */
import { tokenDetector } from "../kit/token.ts";

export const dropboxToken = tokenDetector({
  id: "dropbox-token",
  title: "Dropbox short-lived token",
  prefixes: ["sl."],
  extra: "_-=.",
  pattern: /^sl\.(?:u\.)?[A-Za-z0-9_=-]{100,400}(?![\w-])/,
});
