/** Atlassian API token. */
import { tokenDetector } from "../kit/token.ts";

export const atlassianToken = tokenDetector({
  id: "atlassian-token",
  title: "Atlassian API token",
  prefixes: ["ATATT3", "ATCTT3", "ATBB"],
  extra: "_-=",
  pattern: /^(?:AT[AC]TT3[A-Za-z0-9_=-]{150,250}|ATBB[A-Za-z0-9]{32}(?!\w))/,
});
