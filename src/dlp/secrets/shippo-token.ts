/** Shippo API token. */
import { tokenDetector } from "../kit/token.ts";

export const shippoToken = tokenDetector({
  id: "shippo-token",
  title: "Shippo API token",
  prefixes: ["shippo_live_", "shippo_test_"],
  extra: "_",
  pattern: /^shippo_(?:live|test)_[a-fA-F0-9]{40}(?!\w)/,
});
