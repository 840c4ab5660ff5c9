/** Groq API key. */
import { tokenDetector } from "../kit/token.ts";

export const groqKey = tokenDetector({
  id: "groq-key",
  title: "Groq API key",
  groups: ["ai-keys"],
  prefixes: ["gsk_"],
  extra: "_",
  pattern: /^gsk_[A-Za-z0-9]{40,64}(?!\w)/,
});
