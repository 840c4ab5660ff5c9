/** LangSmith API key. */
import { tokenDetector } from "../kit/token.ts";

export const langchainKey = tokenDetector({
  id: "langchain-key",
  title: "LangSmith API key",
  groups: ["ai-keys"],
  prefixes: ["lsv2_", "lsk_"],
  extra: "_-",
  pattern: /^(?:lsv2_(?:pt|sk)_|lsk_)[A-Za-z0-9_]{24,}/,
});
