/** xAI API key. */
import { tokenDetector } from "../kit/token.ts";

export const xaiKey = tokenDetector({
  id: "xai-key",
  title: "xAI API key",
  groups: ["ai-keys"],
  prefixes: ["xai-"],
  extra: "_-",
  pattern: /^xai-[A-Za-z0-9]{60,100}(?!\w)/,
});
