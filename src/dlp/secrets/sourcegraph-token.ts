/** Sourcegraph access token. */
import { tokenDetector } from "../kit/token.ts";

export const sourcegraphToken = tokenDetector({
  id: "sourcegraph-token",
  title: "Sourcegraph access token",
  prefixes: ["sgp_"],
  extra: "_",
  pattern: /^sgp_(?:(?:[a-fA-F0-9]{16}|local)_)?[a-fA-F0-9]{40}(?!\w)/,
});
