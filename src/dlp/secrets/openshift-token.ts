/** OpenShift user token. */
import { tokenDetector } from "../kit/token.ts";

export const openshiftToken = tokenDetector({
  id: "openshift-token",
  title: "OpenShift user token",
  prefixes: ["sha256~"],
  extra: "_-~",
  pattern: /^sha256~[A-Za-z0-9_-]{43}(?![\w-])/,
});
