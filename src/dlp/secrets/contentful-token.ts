/** Contentful management token. */
import { tokenDetector } from "../kit/token.ts";

export const contentfulToken = tokenDetector({
  id: "contentful-token",
  title: "Contentful management token",
  prefixes: ["CFPAT-"],
  extra: "_-",
  pattern: /^CFPAT-[A-Za-z0-9_-]{43}(?![\w-])/,
});
