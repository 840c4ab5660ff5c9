/** Perplexity API key. */
import { tokenDetector } from "../kit/token.ts";

export const perplexityKey = tokenDetector({
  id: "perplexity-key",
  title: "Perplexity API key",
  groups: ["ai-keys"],
  prefixes: ["pplx-"],
  extra: "_-",
  pattern: /^pplx-[A-Za-z0-9]{40,64}(?!\w)/,
});
