/** JSON web tokens (RFC 7519): three base64url parts, the first a JSON object. */
import { tokenDetector } from "../kit/token.ts";

export const jwt = tokenDetector({
  id: "jwt",
  title: "JSON web token",
  prefixes: ["eyJ"],
  extra: "_-.",
  pattern: /^eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]*/,
  maxLength: 4096,
});
