/** Mapbox token. */
import { tokenDetector } from "../kit/token.ts";

export const mapboxToken = tokenDetector({
  id: "mapbox-token",
  title: "Mapbox token",
  prefixes: ["pk.", "sk."],
  extra: "_-.",
  pattern: /^[ps]k\.[A-Za-z0-9]{60,140}\.[A-Za-z0-9_-]{20,24}(?![\w-])/,
});
