/** Authress service client key. */
import { tokenDetector } from "../kit/token.ts";

export const authressKey = tokenDetector({
  id: "authress-key",
  title: "Authress service client key",
  prefixes: ["sc_", "ext_", "scauth_", "authress_"],
  extra: "_-.+/=",
  pattern:
    /^(?:sc|ext|scauth|authress)_[A-Za-z0-9]{5,30}\.[A-Za-z0-9]{4,6}\.(?:acc)[_-][A-Za-z0-9-]{10,32}\.[A-Za-z0-9+/_=-]{30,120}/,
  maxLength: 200,
});
