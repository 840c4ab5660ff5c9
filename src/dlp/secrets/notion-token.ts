/** Notion integration token. */
import { tokenDetector } from "../kit/token.ts";

export const notionToken = tokenDetector({
  id: "notion-token",
  title: "Notion integration token",
  prefixes: ["ntn_"],
  extra: "_",
  pattern: /^ntn_\d{11}[A-Za-z0-9]{32,36}(?!\w)/,
});
