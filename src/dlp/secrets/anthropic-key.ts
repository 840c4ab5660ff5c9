/** Anthropic API key. */
import { tokenDetector } from "../kit/token.ts";

export const anthropicKey = tokenDetector({
  id: "anthropic-key",
  title: "Anthropic API key",
  groups: ["ai-keys"],
  prefixes: ["sk-ant-"],
  extra: "_-",
  pattern: /^sk-ant-[a-z]{2,8}\d{0,3}-[A-Za-z0-9_-]{20,}/,
});
