/** Duffel API token. */
import { tokenDetector } from "../kit/token.ts";

export const duffelToken = tokenDetector({
  id: "duffel-token",
  title: "Duffel API token",
  prefixes: ["duffel_"],
  extra: "_-=",
  pattern: /^duffel_(?:test|live)_[A-Za-z0-9_=-]{43}(?![\w-])/,
  maxLength: 100,
});
