/** Linear API key. */
import { tokenDetector } from "../kit/token.ts";

export const linearKey = tokenDetector({
  id: "linear-key",
  title: "Linear API key",
  prefixes: ["lin_api_", "lin_oauth_"],
  extra: "_",
  pattern: /^lin_(?:api|oauth)_[A-Za-z0-9]{36,64}(?!\w)/,
});
