/** Intra42 client secret. */
import { tokenDetector } from "../kit/token.ts";

export const intra42Secret = tokenDetector({
  id: "intra42-secret",
  title: "Intra42 client secret",
  prefixes: ["s-s4t2"],
  extra: "_-",
  pattern: /^s-s4t2(?:ud|af)-[a-f0-9]{64}(?!\w)/,
});
