/** Replicate API token. */
import { tokenDetector } from "../kit/token.ts";

export const replicateKey = tokenDetector({
  id: "replicate-key",
  title: "Replicate API token",
  groups: ["ai-keys"],
  prefixes: ["r8_"],
  extra: "_-",
  pattern: /^r8_[A-Za-z0-9]{32,44}(?!\w)/,
});
