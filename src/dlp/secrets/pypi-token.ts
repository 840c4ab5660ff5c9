/** PyPI upload token. */
import { tokenDetector } from "../kit/token.ts";

export const pypiToken = tokenDetector({
  id: "pypi-token",
  title: "PyPI upload token",
  prefixes: ["pypi-"],
  extra: "_-",
  pattern: /^pypi-AgE[A-Za-z0-9_-]{50,}/,
});
