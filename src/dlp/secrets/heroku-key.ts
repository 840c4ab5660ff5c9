/** Heroku API key. */
import { tokenDetector } from "../kit/token.ts";

export const herokuKey = tokenDetector({
  id: "heroku-key",
  title: "Heroku API key",
  prefixes: ["HRKU-"],
  extra: "_-",
  pattern: /^HRKU-AA[A-Za-z0-9_-]{58}(?![\w-])/,
});
