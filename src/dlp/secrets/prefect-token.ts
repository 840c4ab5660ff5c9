/** Prefect API token. */
import { tokenDetector } from "../kit/token.ts";

export const prefectToken = tokenDetector({
  id: "prefect-token",
  title: "Prefect API token",
  prefixes: ["pnu_"],
  extra: "_",
  pattern: /^pnu_[A-Za-z0-9]{36}(?!\w)/,
});
