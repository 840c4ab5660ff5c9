/** 1Password token. */
import { tokenDetector } from "../kit/token.ts";

export const onepasswordToken = tokenDetector({
  id: "onepassword-token",
  title: "1Password token",
  prefixes: ["ops_eyJ", "A3-"],
  extra: "_-+/=",
  pattern:
    /^(?:ops_eyJ[A-Za-z0-9+/=_-]{60,500}|A3-[A-Z0-9]{6}-(?:[A-Z0-9]{11}|[A-Z0-9]{6}-[A-Z0-9]{5})-[A-Z0-9]{5}-[A-Z0-9]{5}-[A-Z0-9]{5}(?![\w-]))/,
});
