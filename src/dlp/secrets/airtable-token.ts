/** Airtable personal access token. */
import { tokenDetector } from "../kit/token.ts";

export const airtableToken = tokenDetector({
  id: "airtable-token",
  title: "Airtable personal access token",
  prefixes: ["pat"],
  extra: "_.",
  pattern: /^pat[A-Za-z0-9]{14}\.[a-f0-9]{64}(?!\w)/,
});
