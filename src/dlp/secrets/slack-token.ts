/** Slack token. */
import { tokenDetector } from "../kit/token.ts";

export const slackToken = tokenDetector({
  id: "slack-token",
  title: "Slack token",
  prefixes: ["xox", "xapp-"],
  extra: "-.",
  pattern:
    /^(?:xox[a-z](?:.xox[bp])?-(?=[A-Z0-9a-z-]*\d)[A-Za-z0-9-]{8,}|xapp-\d-[A-Za-z0-9-]{20,})/,
});
