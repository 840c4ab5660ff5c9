/** crates.io API token. */
import { tokenDetector } from "../kit/token.ts";

export const cratesioToken = tokenDetector({
  id: "cratesio-token",
  title: "crates.io API token",
  prefixes: ["cio"],
  extra: "_",
  pattern: /^cio[A-Za-z0-9]{32}(?!\w)/,
});
