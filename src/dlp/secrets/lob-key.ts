/** Lob API key. */
import { tokenDetector } from "../kit/token.ts";

export const lobKey = tokenDetector({
  id: "lob-key",
  title: "Lob API key",
  prefixes: ["live_", "test_"],
  extra: "_",
  pattern: /^(?:live|test)_(?:pub_)?[a-f0-9]{31,35}(?!\w)/,
});
