/** Postman API key. */
import { tokenDetector } from "../kit/token.ts";

export const postmanKey = tokenDetector({
  id: "postman-key",
  title: "Postman API key",
  prefixes: ["PMAK-"],
  extra: "_-",
  pattern: /^PMAK-[a-f0-9]{24}-[a-f0-9]{34}(?!\w)/,
});
