/** Octopus Deploy API key. */
import { tokenDetector } from "../kit/token.ts";

export const octopusKey = tokenDetector({
  id: "octopus-key",
  title: "Octopus Deploy API key",
  prefixes: ["API-"],
  extra: "_-",
  pattern: /^API-[A-Z0-9]{26}(?!\w)/,
});
