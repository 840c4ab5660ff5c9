/** OpenRouter API key. */
import { tokenDetector } from "../kit/token.ts";

export const openrouterKey = tokenDetector({
  id: "openrouter-key",
  title: "OpenRouter API key",
  groups: ["ai-keys"],
  prefixes: ["sk-or-"],
  extra: "_-",
  pattern: /^sk-or-(?:v\d-)?[A-Za-z0-9]{32,}/,
});
