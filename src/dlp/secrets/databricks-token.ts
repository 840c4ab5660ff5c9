/** Databricks token. */
import { tokenDetector } from "../kit/token.ts";

export const databricksToken = tokenDetector({
  id: "databricks-token",
  title: "Databricks token",
  prefixes: ["dapi"],
  extra: "_-",
  pattern: /^dapi[a-f0-9]{32}(?:-\d)?(?!\w)/,
});
