/** Shopify token. */
import { tokenDetector } from "../kit/token.ts";

export const shopifyToken = tokenDetector({
  id: "shopify-token",
  title: "Shopify token",
  prefixes: ["shpat_", "shpca_", "shppa_", "shpss_"],
  extra: "_",
  pattern: /^shp(?:at|ca|pa|ss)_[A-Za-z0-9]{32,40}(?!\w)/,
});
