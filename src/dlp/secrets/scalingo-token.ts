/** Scalingo API token. */
import { tokenDetector } from "../kit/token.ts";

export const scalingoToken = tokenDetector({
  id: "scalingo-token",
  title: "Scalingo API token",
  prefixes: ["tk-us-"],
  extra: "_-",
  pattern: /^tk-us-[A-Za-z0-9_-]{48}(?![\w-])/,
});
